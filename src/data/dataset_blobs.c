/* SPDX-License-Identifier: MIT */
/* Sequences of drifting blobs as a data set: endless in training, some fixed ones to validate and test on. */

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/raster.h"
#include "data/blobs.h"
#include "data/dataset_parts.h"

enum { SEQUENCES = 20 };

static size_t sequences(const vdib_dataset *dataset, vdib_split split) {
    if (split == VDIB_SPLIT_TRAIN)
        return 0; /* endless */
    size_t asked = dataset->parameters.test_examples;
    return split == VDIB_SPLIT_TEST && asked != 0 ? asked : SEQUENCES;
}

/* Training sequences are keyed as the caller says; validation and test sequences are the same in every run. */
static vdib_status fetch(const vdib_dataset *dataset, vdib_split split, size_t index, uint64_t seed, vdib__stage stage,
                         uint64_t presentation, vdib_example *example) {
    const vdib__dataset_parameters *p = &dataset->parameters;
    bool train = split == VDIB_SPLIT_TRAIN;
    size_t size = vdib_dataset_size(dataset, split), steps = p->warmup_steps + (train ? p->steps : p->test_steps);
    if (!train && index >= size)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "sequence %zu of a split that has %zu", index, size);
    vdib__key key = {.seed = train ? seed : 0,
                     .purpose = VDIB_PURPOSE_STIMULUS,
                     .stage = train ? stage : VDIB_STAGE_EVALUATION,
                     .example = train ? presentation : index,
                     .sample = (uint8_t)split};
    vdib__example *whole = (vdib__example *)example;
    VDIB_TRY(VDIB_RESERVE(&whole->step_labels, &whole->step_capacity, steps));
    VDIB_TRY(vdib__raster_reshape(example->raster, VDIB_BLOB_UNITS, steps));
    VDIB_TRY(vdib__blobs_fill(&key, p->delta, steps, example->raster, whole->step_labels));
    example->step_labels = whole->step_labels;
    example->target = example->image = NULL;
    example->label = 0;
    example->index = index;
    return VDIB_OK;
}

static vdib_status make(vdib_dataset *dataset, const char *data) {
    if (data != NULL && strncmp(data, "builtin:", 8) != 0)
        return vdib__fail(
            VDIB_ERROR_DATA,
            "%s: the experiment makes its own stimulus (drifting blobs) and reads no data; leave the data "
            "out",
            data);
    vdib__dataset_parameters *p = &dataset->parameters;
    if (p->test_steps == 0)
        p->test_steps = p->steps;
    dataset->geometry = (vdib_geometry){.size = sizeof(vdib_geometry),
                                        .input_channels = 1,
                                        .input_height = 1,
                                        .input_width = VDIB_BLOB_UNITS,
                                        .steps = p->warmup_steps + p->steps,
                                        .classes = VDIB_BLOB_CLASSES};
    snprintf(dataset->summary, sizeof dataset->summary, "drifting blobs, units at t %+d", p->delta);
    return VDIB_OK;
}

static const vdib__need units[] = {{.key = "data.target", .any = "units"}, {0}};

const vdib__input vdib__input_blobs = {
    .choice = {.name = "blobs",
               .help = "the spikes of units that two drifting blobs pass, made as they are needed",
               .tags = "stepwise",
               .needs = units},
    .open = make,
    .fetch = fetch,
    .size = sequences,
};
