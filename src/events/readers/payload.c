/* SPDX-License-Identifier: MIT */
#include "events/readers/payload.h"

#include <string.h>

#include "core/error.h"

/* Some of the stretch, from[0..count), to to[0..capacity). */
static vdib__outcome unpack_some(vdib__payload *p, const uint8_t *from, size_t count, size_t *used, uint8_t *to,
                                 size_t capacity, size_t *made) {
    *used = *made = 0;
    if (p->packing != NULL && !p->inside && !p->packing->begins(from, count))
        return count < VDIB_PACKING_MAGIC && count < p->left ? VDIB_OUTCOME_MORE : VDIB_OUTCOME_DAMAGED;
    p->inside = true;
    if (p->packing != NULL)
        return p->packing->step(&p->codec, from, count, used, to, capacity, made);
    *used = *made = count < capacity ? count : capacity;
    if (*made > 0)
        memcpy(to, from, *made);
    return *used == p->left ? VDIB_OUTCOME_END : VDIB_OUTCOME_MORE;
}

/* The source of `inner`. What is wrong ends it, and is left in `cut` and `damaged`. */
static vdib_status read_payload(void *state, uint8_t *to, size_t capacity, size_t *count, const char **fault) {
    vdib__payload *p = state;
    *count = 0;
    *fault = NULL;
    while (*count == 0 && !p->ended) {
        const uint8_t *at = NULL;
        size_t ready = 0, used = 0, wanted = p->left < VDIB_BYTES_WINDOW ? (size_t)p->left : VDIB_BYTES_WINDOW;
        VDIB_TRY(vdib__bytes_look(p->outer, wanted, &at, &ready));
        vdib__outcome outcome = unpack_some(p, at, ready, &used, to, capacity, count);
        vdib__bytes_take(p->outer, used);
        p->left -= used;
        bool stuck = outcome == VDIB_OUTCOME_MORE && used == 0 && *count == 0;
        p->ended = outcome != VDIB_OUTCOME_MORE || stuck;
        p->cut = stuck && ready < wanted;
        p->damaged = p->ended && !p->cut && (outcome != VDIB_OUTCOME_END || p->left > 0);
    }
    return VDIB_OK;
}

/* The payload is its owner's. */
static void close_nothing(void *state) {
    (void)state;
}

vdib_status vdib__payload_open(const vdib__packing *packing, vdib__bytes *outer, vdib__payload *payload) {
    vdib__byte_source source = {.state = payload, .read = read_payload, .close = close_nothing};
    vdib__payload made = {.packing = packing, .outer = outer, .ended = true};
    if (packing != NULL && packing->begin == NULL)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %llu: %s", outer->path, (unsigned long long)outer->offset,
                          packing->wide);
    if (packing != NULL && !packing->begin(&made.codec, outer->size))
        return vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory", outer->path);
    vdib_status status = vdib__bytes_from(source, outer->path, outer->name, &made.inner);
    if (status != VDIB_OK) {
        if (packing != NULL)
            packing->end(&made.codec);
        return status;
    }
    *payload = made;
    return VDIB_OK;
}

vdib_status vdib__payload_begin(vdib__payload *payload, uint64_t packed) {
    payload->left = packed;
    payload->ended = payload->cut = payload->damaged = payload->inside = false;
    vdib__bytes_restart(&payload->inner);
    if (payload->packing != NULL && payload->begun && !payload->packing->again(&payload->codec))
        return vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory", payload->outer->path);
    payload->begun = true;
    return VDIB_OK;
}

vdib_status vdib__payload_end(vdib__payload *payload) {
    uint64_t left = payload->left;
    payload->left = 0;
    payload->ended = true;
    return vdib__bytes_skip(payload->outer, left);
}

void vdib__payload_close(vdib__payload *payload) {
    if (payload->packing != NULL)
        payload->packing->end(&payload->codec);
    vdib__bytes_close(&payload->inner);
    *payload = (vdib__payload){.packing = NULL};
}
