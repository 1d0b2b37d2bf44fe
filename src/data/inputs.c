/* SPDX-License-Identifier: MIT */
/* The tables of inputs and targets. Inputs that code images stand in coding.c, the blobs in dataset_blobs.c. */
#include "data/blobs.h"
#include "data/dataset_parts.h"

const vdib__input vdib__input_events = {
    .choice = {.name = "events",
               .help = "recordings of an event sensor, or images filmed by the built-in camera",
               .tags = "recordings"}};

static const vdib__choice *const inputs[] = {&vdib__input_events.choice, &vdib__input_rate.choice,
                                             &vdib__input_latency.choice, &vdib__input_blobs.choice};
const vdib__choices vdib__inputs = VDIB_CHOICES(inputs);

/* ---- targets ---- */

static const vdib__preference bernoulli[] = {{.key = "decoder.head", .values = "bernoulli"}, {0}};
static const vdib__preference categorical[] = {{.key = "decoder.head", .values = "categorical"}, {0}};
static const vdib__preference gaussian[] = {{.key = "decoder.head", .values = "gaussian"}, {0}};
static const vdib__need recorded[] = {
    {.key = "data.input", .any = "recordings", .remedy = "files and frames go with recordings"}, {0}};
static const vdib__need stepwise[] = {
    {.key = "data.input", .any = "stepwise", .remedy = "choose image, class-image or class for recordings and images"},
    {0}};

const vdib__target vdib__target_image = {
    .choice = {.name = "image", .help = "the image that the example shows", .tags = "values", .prefers = bernoulli},
    .own_image = true,
    .files = true,
    .assign = vdib__assign_own_images};
const vdib__target vdib__target_class_image = {.choice = {.name = "class-image",
                                                          .help = "the first training image of the example's class",
                                                          .tags = "values",
                                                          .prefers = bernoulli},
                                               .assign = vdib__assign_class_images};
const vdib__target vdib__target_class = {
    .choice = {.name = "class", .help = "the example's class", .tags = "classes", .prefers = categorical}};
const vdib__target vdib__target_units = {.choice = {.name = "units",
                                                    .help = "the pair of blob units that spike data.delta steps later",
                                                    .tags = "classes",
                                                    .needs = stepwise,
                                                    .prefers = categorical},
                                         .by_step = true,
                                         .classes = VDIB_BLOB_CLASSES,
                                         .units = VDIB_BLOB_UNITS,
                                         .units_of = vdib__blobs_units,
                                         .class_of = vdib__blobs_class_of};

const vdib__target vdib__target_arrays = {
    .choice = {.name = "values",
               .help = "numbers from an NPY file for each recording: a vector, or an image",
               .tags = "values",
               .needs = recorded,
               .prefers = gaussian},
    .files = true,
    .range = VDIB_RANGE_ANY};
const vdib__target vdib__target_frames = {
    .choice = {.name = "frames",
               .help = "the frame in the recording that is nearest in time to the end of the example",
               .tags = "values",
               .needs = recorded,
               .prefers = bernoulli},
    .own_image = true,
    .frames = true};

_Static_assert((int)VDIB_BLOB_UNITS <= (int)VDIB_TARGET_UNITS, "units of a class");

static const vdib__choice *const targets[] = {&vdib__target_image.choice,  &vdib__target_class_image.choice,
                                              &vdib__target_class.choice,  &vdib__target_units.choice,
                                              &vdib__target_arrays.choice, &vdib__target_frames.choice};
const vdib__choices vdib__targets = VDIB_CHOICES(targets);
