/* SPDX-License-Identifier: MIT */
/* What the record of a run's folder says of it. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "run/run_files.h"
#include "vdib/vdib.h"

enum { INFO_TEXTS = 8 };

static void texts_of(const vdib_run_info *info, char *texts[INFO_TEXTS]) {
    char *const all[INFO_TEXTS] = {info->data, info->images,  info->dataset,     info->kernel,
                                   info->blas, info->machine, info->initialised, info->split};
    memcpy(texts, all, sizeof all);
}

/* Texts that a caller of an earlier version has no place for are freed here. */
static vdib_status hand_out(const vdib_run_info *made, vdib_run_info *info) {
    vdib_run_info held;
    char *texts[INFO_TEXTS], *kept[INFO_TEXTS];
    VDIB_SIZED_WRITE(vdib_run_info, made, info);
    VDIB_TRY(VDIB_SIZED_READ(vdib_run_info, info, &held));
    texts_of(made, texts);
    texts_of(&held, kept);
    for (size_t i = 0; i < INFO_TEXTS; i++)
        if (kept[i] == NULL)
            vdib__free(texts[i]);
    return VDIB_OK;
}

vdib_status vdib_run_describe(const char *folder, vdib_run_info *info) {
    vdib__run_record record;
    VDIB_REQUIRE(folder, info);
    VDIB_TRY(VDIB_SIZED_CHECK(vdib_run_info, info));
    VDIB_TRY(vdib__run_record_load(folder, &record));
    const vdib_run_info made = {.size = sizeof(vdib_run_info),
                                .data = record.data,
                                .images = record.images,
                                .dataset = record.dataset,
                                .kernel = record.kernel,
                                .blas = record.blas,
                                .machine = record.machine,
                                .examples = record.examples,
                                .seconds = record.seconds,
                                .finished = record.finished,
                                .initialised = record.initialised,
                                .split = record.split};
    record.data = record.images = record.dataset = record.kernel = record.blas = record.machine = NULL; /* handed on */
    record.initialised = record.split = NULL;
    vdib__run_record_clear(&record);
    return hand_out(&made, info);
}

void vdib_run_info_clear(vdib_run_info *info) {
    vdib_run_info whole;
    if (info == NULL || VDIB_SIZED_READ(vdib_run_info, info, &whole) != VDIB_OK)
        return;
    char *texts[INFO_TEXTS];
    texts_of(&whole, texts);
    for (size_t i = 0; i < INFO_TEXTS; i++)
        vdib__free(texts[i]);
    whole = (vdib_run_info){.size = sizeof(vdib_run_info)};
    VDIB_SIZED_WRITE(vdib_run_info, &whole, info);
}
