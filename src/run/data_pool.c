/* SPDX-License-Identifier: MIT */
#include "run/data_pool.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"

struct vdib__shared_data {
    vdib__data_pool *pool;
    vdib__shared_data *next;
    char *key; /* everything that the data depend on, as text */
    vdib_dataset *dataset;
    size_t users;
};

struct vdib__data_pool {
    pthread_mutex_t lock;
    vdib__shared_data *first;
};

vdib_status vdib__data_pool_create(vdib__data_pool **pool) {
    VDIB_TRY(VDIB_NEW(pool, 1));
    (void)pthread_mutex_init(&(*pool)->lock, NULL);
    return VDIB_OK;
}

static void free_shared(vdib__shared_data *shared) {
    vdib_dataset_destroy(shared->dataset);
    vdib__free(shared->key);
    vdib__free(shared);
}

static void close_unused(vdib__data_pool *pool) {
    for (vdib__shared_data **at = &pool->first; *at != NULL;) {
        vdib__shared_data *shared = *at;
        if (shared->users > 0) {
            at = &shared->next;
            continue;
        }
        *at = shared->next;
        free_shared(shared);
    }
}

void vdib__data_pool_destroy(vdib__data_pool *pool) {
    if (pool == NULL)
        return;
    close_unused(pool);
    (void)pthread_mutex_destroy(&pool->lock);
    vdib__free(pool);
}

/* Keys that no data depend on. What is not listed here counts: a key too many opens data twice, one too few trains on
 * wrong ones. */
static bool is_apart(const char *key) {
    static const char *const apart[] = {"seed",         "experiment",   "neuron.",        "encoder.",
                                        "readout.",     "decoder.type", "decoder.coding", "decoder.hidden",
                                        "decoder.head", "objective.",   "learning.",      "training."};
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++) {
        size_t length = strlen(apart[i]);
        if (apart[i][length - 1] == '.' ? strncmp(key, apart[i], length) == 0 : strcmp(key, apart[i]) == 0)
            return true;
    }
    return false;
}

/* Paths and keys, a line each. */
static vdib_status describe(const vdib_config *config, const vdib_run_options *options, char **text) {
    enum { ROOM = 16 };
    size_t count = 0, size = 0, used = 0;
    const char *data = options->data != NULL ? options->data : "",
               *images = options->images != NULL ? options->images : "";
    const vdib__config_key *keys = vdib__config_keys(&count);
    char value[VDIB_CONFIG_VALUE], *made = NULL;
    VDIB_TRY(VDIB_RESERVE(&made, &size, strlen(data) + strlen(images) + ROOM));
    used = (size_t)snprintf(made, size, "%s\n%s\n", data, images);
    for (size_t i = 0; i < count; i++) {
        if (is_apart(keys[i].name))
            continue;
        vdib__config_format(config, &keys[i], value);
        vdib_status status = VDIB_RESERVE(&made, &size, used + strlen(keys[i].name) + strlen(value) + ROOM);
        if (status != VDIB_OK) {
            vdib__free(made);
            return status;
        }
        used += (size_t)snprintf(made + used, size - used, "%s=%s\n", keys[i].name, value);
    }
    *text = made;
    return VDIB_OK;
}

static vdib__shared_data *find(const vdib__data_pool *pool, const char *key) {
    vdib__shared_data *at = pool->first;
    while (at != NULL && strcmp(at->key, key) != 0)
        at = at->next;
    return at;
}

/* Opens the data of a key, which is taken over. */
static vdib_status open_data(vdib__data_pool *pool, char *key, const vdib_config *config,
                             const vdib_run_options *options, vdib__shared_data **shared) {
    const vdib_dataset_options opening = {.size = sizeof opening,
                                          .images = options->images,
                                          .threads = options->threads,
                                          .cancelled = options->cancelled,
                                          .user = options->user};
    vdib__shared_data *made = NULL;
    close_unused(pool);
    vdib_status status = VDIB_NEW(&made, 1);
    if (status == VDIB_OK)
        status = vdib_dataset_open_with(options->data, config, &opening, &made->dataset);
    if (status != VDIB_OK) {
        vdib__free(made);
        vdib__free(key);
        return status;
    }
    made->pool = pool;
    made->key = key;
    made->next = pool->first;
    pool->first = *shared = made;
    return VDIB_OK;
}

vdib_status vdib__data_pool_take(vdib__data_pool *pool, const vdib_config *config, const vdib_run_options *options,
                                 vdib__shared_data **shared) {
    char *key = NULL;
    VDIB_TRY(describe(config, options, &key));
    (void)pthread_mutex_lock(&pool->lock);
    vdib_status status = VDIB_OK;
    vdib__shared_data *found = find(pool, key);
    if (found != NULL)
        vdib__free(key);
    else
        status = open_data(pool, key, config, options, &found);
    if (status == VDIB_OK) {
        found->users++;
        *shared = found;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return status;
}

void vdib__shared_data_release(vdib__shared_data *shared) {
    if (shared == NULL)
        return;
    (void)pthread_mutex_lock(&shared->pool->lock);
    shared->users--;
    (void)pthread_mutex_unlock(&shared->pool->lock);
}

const vdib_dataset *vdib__shared_dataset(const vdib__shared_data *shared) {
    return shared->dataset;
}

size_t vdib__data_pool_open(vdib__data_pool *pool) {
    size_t count = 0;
    (void)pthread_mutex_lock(&pool->lock);
    for (const vdib__shared_data *at = pool->first; at != NULL; at = at->next)
        count++;
    (void)pthread_mutex_unlock(&pool->lock);
    return count;
}
