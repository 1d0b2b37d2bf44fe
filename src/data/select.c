/* SPDX-License-Identifier: MIT */
#include "data/select.h"

#include <stdbool.h>

#include "core/alloc.h"
#include "core/error.h"

/* quotas (classes): how many of each class of sizes (classes) are chosen; as many in all as `limit`, which is no more
 * than there are. */
static void share(const size_t *sizes, size_t classes, size_t limit, size_t *quotas) {
    for (;;) {
        size_t open = 0;
        for (size_t c = 0; c < classes; c++)
            open += quotas[c] < sizes[c];
        if (open == 0 || limit == 0)
            return;
        size_t each = limit / open;
        for (size_t c = 0; c < classes && limit > 0; c++) {
            size_t left = sizes[c] - quotas[c], wanted = each > 0 ? each : left > 0;
            size_t taken = left < wanted ? left : wanted;
            quotas[c] += taken;
            limit -= taken;
        }
    }
}

vdib_status vdib__select_evenly(const uint32_t *labels, size_t count, size_t limit, size_t *chosen) {
    enum { MOST = 1 << 24 };
    size_t classes = 0, *sizes = NULL, made = 0;
    for (size_t i = 0; i < count; i++)
        classes = labels[i] >= classes ? (size_t)labels[i] + 1 : classes;
    if (classes > MOST) { /* numbers rather than classes: evenly over the examples */
        for (size_t i = 0; i < limit && i < count; i++)
            chosen[i] = limit < count ? (size_t)((double)i * (double)count / (double)limit) : i;
        return VDIB_OK;
    }
    VDIB_TRY(VDIB_NEW(&sizes, 2 * classes));
    size_t *quotas = sizes + classes;
    for (size_t i = 0; i < count; i++)
        sizes[labels[i]]++;
    share(sizes, classes, limit < count ? limit : count, quotas);
    for (size_t i = 0; i < count; i++)
        if (quotas[labels[i]] > 0) {
            quotas[labels[i]]--;
            chosen[made++] = i;
        }
    vdib__free(sizes);
    return VDIB_OK;
}
