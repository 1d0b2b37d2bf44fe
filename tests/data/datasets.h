/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_DATA_DATASETS_H
#define VDIB_TESTS_DATA_DATASETS_H
/* Opening data sets in tests. */

#include "files.h"

#include "data/dataset.h"

/* Parameters of small data sets: 10 steps of 1 ms, 2 polarities, 1 thread. */
static inline vdib__dataset_parameters parameters_of(const char *data, const char *images, const vdib__input *input,
                                                     const vdib__target *target) {
    return (vdib__dataset_parameters){.data = data,
                                      .images = images,
                                      .input = input,
                                      .target = target,
                                      .steps = 10,
                                      .step_us = 1000,
                                      .polarities = 2,
                                      .threads = 1};
}

static inline vdib_dataset *open_dataset(vdib__dataset_parameters parameters) {
    vdib_dataset *dataset = NULL;
    assert_ok(vdib__dataset_open(&parameters, &dataset));
    assert_non_null(dataset);
    return dataset;
}

/* Opening fails with one line that contains `part`. */
static inline void refuse_dataset(vdib__dataset_parameters parameters, vdib_status status, const char *part) {
    vdib_dataset *dataset = NULL;
    assert_fails(status, vdib__dataset_open(&parameters, &dataset), part);
    assert_null(strchr(vdib_last_message(), '\n'));
    assert_null(dataset);
}

static inline vdib_example *new_example(const vdib_dataset *dataset) {
    vdib_example *example = NULL;
    assert_ok(vdib_example_create(dataset, &example));
    return example;
}

static inline void assert_image_shape(const vdib_example *example, size_t channels, size_t height, size_t width) {
    assert_int_equal(example->image_channels, channels);
    assert_int_equal(example->image_height, height);
    assert_int_equal(example->image_width, width);
}

static inline bool same_rasters(const vdib_raster *a, const vdib_raster *b) {
    if (vdib_raster_steps(a) != vdib_raster_steps(b) || vdib_raster_channels(a) != vdib_raster_channels(b))
        return false;
    for (size_t t = 0; t < vdib_raster_steps(a); t++) {
        const uint32_t *first = NULL, *second = NULL;
        size_t count = vdib_raster_at(a, t, &first);
        if (count != vdib_raster_at(b, t, &second) || (count > 0 && memcmp(first, second, count * sizeof *first) != 0))
            return false;
    }
    return true;
}

/* Whether the notes contain a text. */
static inline bool notes_say(const vdib_dataset *dataset, const char *part) {
    char *notes = NULL;
    assert_ok(vdib_dataset_notes(dataset, &notes));
    bool found = strstr(notes, part) != NULL;
    vdib__free(notes);
    return found;
}

#endif
