/* SPDX-License-Identifier: MIT */
#include "eval/judge.h"

#include "core/alloc.h"
#include "core/cache.h"
#include "core/error.h"
#include "core/file.h"
#include "core/threads.h"
#include "eval/metrics.h"

static vdib_status build_network(vdib__judge *judge) {
    vdib__chain *chain = &judge->chain;
    vdib__tensor_table *table = &judge->table;
    const vdib__tensor_role role = VDIB_TENSOR_DECODER;
    vdib__chain_begin(chain, judge->channels, judge->height, judge->width);
    VDIB_TRY(vdib__chain_conv(chain, table, role, "judge.conv1", true, 6, 5, 1, 2));
    VDIB_TRY(vdib__chain_relu(chain));
    VDIB_TRY(vdib__chain_max_pool(chain, 2));
    VDIB_TRY(vdib__chain_conv(chain, table, role, "judge.conv2", true, 16, 5, 1, 0));
    VDIB_TRY(vdib__chain_relu(chain));
    VDIB_TRY(vdib__chain_max_pool(chain, 2));
    VDIB_TRY(vdib__chain_affine(chain, table, role, "judge.fc1", 120));
    VDIB_TRY(vdib__chain_relu(chain));
    VDIB_TRY(vdib__chain_affine(chain, table, role, "judge.fc2", 84));
    VDIB_TRY(vdib__chain_relu(chain));
    VDIB_TRY(vdib__chain_affine(chain, table, role, "judge.fc3", judge->classes));
    vdib__tensor_layout(table);
    VDIB_TRY(VDIB_NEW(&judge->parameters, table->total));
    vdib__tensor_initialise(table, 0, judge->parameters);
    if (judge->height != judge->image_height || judge->width != judge->image_width)
        VDIB_TRY(VDIB_NEW(&judge->fitted, VDIB_JUDGE_BATCH * chain->inputs));
    return vdib__chain_workspace_create(chain, VDIB_JUDGE_BATCH, vdib__threads(0), &judge->workspace);
}

size_t vdib__judge_count(const vdib__images *images) {
    return images->chosen != NULL ? images->chosen_count : images->count;
}

static vdib_status check_images(const vdib__images *images) {
    if (vdib__judge_count(images) == 0)
        return vdib__fail(VDIB_ERROR_DATA,
                          "judge: there are no natural images to train it on; name some with --images");
    return VDIB_OK;
}

vdib_status vdib__judge_create(const vdib__images *images, vdib__judge **judge) {
    VDIB_TRY(check_images(images));
    vdib__judge *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib__judge_fit_shape(made, images->channels != 0 ? images->channels : 1, images->height, images->width);
    for (size_t i = 0; i < images->count; i++)
        if (images->labels[i] >= made->classes)
            made->classes = (size_t)images->labels[i] + 1;
    vdib_status status = build_network(made);
    if (status != VDIB_OK) {
        vdib__judge_destroy(made);
        return status;
    }
    *judge = made;
    return VDIB_OK;
}

void vdib__judge_destroy(vdib__judge *judge) {
    if (judge == NULL)
        return;
    vdib__chain_workspace_destroy(judge->workspace);
    vdib__free(judge->fitted);
    vdib__free(judge->parameters);
    vdib__tensor_table_free(&judge->table);
    vdib__free(judge);
}

/* Trains on images as the network reads them. */
static vdib_status train_on(vdib__judge *judge, const vdib__images *images, int threads) {
    vdib__images fitted = *images;
    if (judge->fitted == NULL)
        return vdib__judge_train(judge, images, threads);
    fitted.height = judge->height;
    fitted.width = judge->width;
    fitted.pixels = NULL;
    VDIB_TRY(VDIB_NEW(&fitted.pixels, fitted.count * vdib__images_values(&fitted)));
    vdib__judge_fit(judge, images->pixels, images->count, fitted.pixels);
    vdib_status status = vdib__judge_train(judge, &fitted, threads);
    vdib__free(fitted.pixels);
    return status;
}

static vdib_status train_anew(vdib__judge *judge, const vdib__images *images, int threads, const char *path) {
    vdib__tensor_initialise(&judge->table, 0, judge->parameters);
    vdib__images all;
    VDIB_TRY(vdib__images_complete(images, threads, &all));
    vdib_status status = train_on(judge, &all, threads);
    if (all.pixels != images->pixels)
        vdib__free(all.pixels);
    VDIB_TRY(status);
    if (path != NULL)
        (void)vdib__judge_save(judge, path); /* the cache only saves time: without it the judge is trained again */
    return VDIB_OK;
}

/* From the cache folder, else trained and put there. */
static vdib_status learn(vdib__judge *judge, const vdib__images *images, int threads) {
    char *path = NULL;
    VDIB_TRY(vdib__judge_path(images, &path));
    vdib_status status = VDIB_OK;
    if (path == NULL || !vdib__is_file(path) || vdib__judge_load(judge, path) != VDIB_OK)
        status = train_anew(judge, images, threads, path);
    if (status == VDIB_OK && path != NULL)
        vdib__cache_used(path);
    vdib__free(path);
    return status;
}

/* The weights of rank 0 become those of all ranks. */
static vdib_status share(vdib__judge *judge, vdib__ranks *ranks) {
    size_t bytes = judge->table.total * sizeof *judge->parameters;
    if (ranks == NULL)
        return VDIB_OK;
    if (vdib__ranks_own(ranks) == 0)
        vdib__ranks_put(ranks, judge->parameters, bytes);
    VDIB_TRY(vdib__ranks_gather(ranks));
    return vdib__ranks_own(ranks) == 0 ? VDIB_OK : vdib__ranks_take(ranks, 0, judge->parameters, bytes);
}

vdib_status vdib__judge_open(const vdib__images *images, int threads, vdib__judge **judge) {
    return vdib__judge_open_unless(images, threads, NULL, NULL, NULL, judge);
}

vdib_status vdib__judge_open_unless(const vdib__images *images, int threads, vdib_cancelled *cancelled, void *user,
                                    vdib__ranks *ranks, vdib__judge **judge) {
    vdib__judge *made = NULL;
    VDIB_TRY(vdib__judge_create(images, &made));
    made->cancelled = cancelled;
    made->user = user;
    vdib_status status = vdib__ranks_own(ranks) == 0 ? learn(made, images, threads) : VDIB_OK;
    if (status == VDIB_OK)
        status = share(made, ranks);
    if (status != VDIB_OK) {
        vdib__judge_destroy(made);
        return status;
    }
    made->cancelled = NULL; /* the caller's: it need not outlive this call */
    made->user = NULL;
    *judge = made;
    return VDIB_OK;
}

vdib_status vdib__judge_label(vdib__judge *judge, int threads, const float *images, size_t count, uint32_t *labels) {
    size_t pixels = judge->channels * judge->image_height * judge->image_width;
    for (size_t first = 0; first < count; first += VDIB_JUDGE_BATCH) {
        size_t batch = count - first < VDIB_JUDGE_BATCH ? count - first : VDIB_JUDGE_BATCH;
        const float *logits = NULL, *read = images + first * pixels; /* (batch, classes) */
        if (judge->fitted != NULL) {
            vdib__judge_fit(judge, read, batch, judge->fitted);
            read = judge->fitted;
        }
        VDIB_TRY(vdib__chain_forward(&judge->chain, &judge->table, judge->parameters, threads, judge->workspace, read,
                                     batch, &logits));
        for (size_t i = 0; i < batch; i++)
            labels[first + i] = vdib__most_probable(logits + i * judge->classes, judge->classes);
    }
    return VDIB_OK;
}
