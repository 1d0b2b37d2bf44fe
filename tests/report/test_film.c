/* SPDX-License-Identifier: MIT */
/* The player's frames: what they show is what the library decodes from a raster that ends there. */
#include "support.h"

#include <math.h>

#include "core/alloc.h"
#include "core/raster.h"
#include "model/model.h"
#include "report/film.h"
#include "vdib/vdib.h"

enum { SIDE = 6, STEPS = 13, WINDOW = 9, CLASSES = 4, OUT = 5 };

/* A film of one example, and what made it. */
typedef struct made {
    vdib_model *model;
    vdib_raster *input, *readout;
    vdib__batch *batch;
    vdib__report_film film;
} made;

static vdib_raster *input_of(size_t channels, size_t steps) {
    vdib_raster *raster = NULL;
    uint8_t *dense = calloc(channels, steps);
    assert_non_null(dense);
    for (size_t i = 0; i < channels * steps; i++)
        dense[i] = i * 2654435761U % 97 < 12;
    assert_ok(vdib_raster_create(channels, steps, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    free(dense);
    return raster;
}

static void make(const vdib_geometry *geometry, const char *target, size_t steps, made *m) {
    const char *const settings[] = {"encoder.layers=[30]", "encoder.readouts=16", "readout.filter_steps=4",
                                    "decoder.window=9",    "decoder=linear",      target};
    vdib_config *config = NULL;
    const uint64_t index = 3;
    assert_ok(vdib_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vdib_config_set(config, settings[i]));
    assert_ok(vdib_model_create(config, geometry, &m->model));
    m->input = input_of(geometry->input_channels * geometry->input_height * geometry->input_width, steps);
    const vdib_raster *inputs[] = {m->input};
    assert_ok(vdib__batch_create(m->model, 1, 1, steps, 1, &m->batch));
    assert_ok(vdib__batch_forward(m->model, 1, m->batch, inputs, 5, VDIB_STAGE_EVALUATION, &index, 1));
    assert_ok(vdib__film_trial(m->model, 1, m->batch, 0, &m->film));
    assert_ok(vdib_model_encode(m->model, m->input, 5, index, &m->readout));
    vdib_config_destroy(config);
}

static void unmake(made *m) {
    vdib__film_clear(&m->film);
    vdib__batch_destroy(m->batch);
    vdib_raster_destroy(m->readout);
    vdib_raster_destroy(m->input);
    vdib_model_destroy(m->model);
}

static vdib_geometry images(void) {
    return (vdib_geometry){.size = sizeof(vdib_geometry),
                           .input_channels = 2,
                           .input_height = SIDE,
                           .input_width = SIDE + 1,
                           .steps = STEPS,
                           .classes = CLASSES,
                           .target_height = OUT,
                           .target_width = OUT};
}

/* The readout without the steps from `end` on. */
static vdib_raster *until(const vdib_raster *readout, size_t end) {
    uint8_t *dense = calloc(readout->channels, readout->steps);
    vdib_raster *cut = NULL;
    assert_non_null(dense);
    for (size_t t = 0; t < end; t++)
        for (size_t i = readout->offsets[t]; i < readout->offsets[t + 1]; i++)
            dense[t * readout->channels + readout->indices[i]] = 1;
    assert_ok(vdib_raster_create(readout->channels, readout->steps, &cut));
    assert_ok(vdib_raster_from_dense(cut, dense));
    free(dense);
    return cut;
}

static void assert_decoded(const made *m) {
    float want[OUT * OUT];
    size_t differing = 0;
    assert_int_equal(m->film.frames, STEPS);
    for (size_t f = 0; f < m->film.frames; f++) {
        vdib_raster *cut = until(m->readout, m->film.ends[f]);
        assert_int_equal(m->film.ends[f], f + 1);
        assert_int_equal(m->film.spikes[f], vdib_raster_spikes(cut));
        assert_ok(vdib_model_decode(m->model, cut, want));
        assert_close(m->film.values + f * m->film.outputs, want, m->film.outputs, 1e-6);
        differing += f > 0 && memcmp(m->film.values + f * m->film.outputs, m->film.values + (f - 1) * m->film.outputs,
                                     m->film.outputs * sizeof *want) != 0;
        vdib_raster_destroy(cut);
    }
    assert_true(differing > WINDOW / 2); /* the test sees something */
}

static void frames_are_decoded_from_what_has_arrived(void **state) {
    (void)state;
    const vdib_geometry geometry = images();
    made m = {0};
    make(&geometry, "data.target=image", STEPS, &m);
    assert_int_equal(m.film.outputs, OUT * OUT);
    assert_decoded(&m);
    assert_false(m.film.named); /* nobody has judged */
    const vdib__report_sheet *sheet = &m.film.output;
    assert_int_equal(sheet->picture.width, 10 * OUT);
    assert_int_equal(sheet->picture.height, 2 * OUT);
    for (size_t f = 0; f < STEPS; f++)
        for (size_t i = 0; i < OUT * OUT; i++) {
            size_t at = (f / 10 * OUT + i / OUT) * 10 * OUT + f % 10 * OUT + i % OUT;
            assert_int_equal(sheet->picture.pixels[at], lround(255.0 * (double)m.film.values[f * OUT * OUT + i]));
        }
    unmake(&m);
}

static void classes_are_said_at_every_frame(void **state) {
    (void)state;
    vdib_geometry geometry = images();
    geometry.target_height = geometry.target_width = 0;
    made m = {0};
    make(&geometry, "data.target=class", STEPS, &m);
    assert_int_equal(m.film.outputs, CLASSES);
    assert_decoded(&m);
    assert_true(m.film.named);
    for (size_t f = 0; f < STEPS; f++)
        for (size_t c = 0; c < CLASSES; c++)
            assert_true(m.film.values[f * CLASSES + c] <= m.film.values[f * CLASSES + m.film.said[f]]);
    assert_null(m.film.output.picture.pixels);
    unmake(&m);
}

/* A pixel is dark where nothing has come, orange after OFF, blue after ON, and fades. */
static void the_input_is_seen_as_it_comes(void **state) {
    (void)state;
    const vdib_geometry geometry = images();
    made m = {0};
    size_t pixels = (size_t)SIDE * (SIDE + 1), seen[2] = {0}, dark = 0;
    make(&geometry, "data.target=image", STEPS, &m);
    const vdib__report_sheet *sheet = &m.film.input;
    assert_true(sheet->picture.colour);
    for (size_t i = 0; i < pixels; i++) { /* of the first frame */
        const uint8_t *colour = sheet->picture.pixels + 3 * (i / (SIDE + 1) * sheet->picture.width + i % (SIDE + 1));
        bool off = false, on = false;
        for (size_t s = 0; s < m.input->offsets[1]; s++) {
            off = off || m.input->indices[s] == i;
            on = on || m.input->indices[s] == i + pixels;
        }
        if (off && !on)
            assert_true(++seen[0] > 0 && colour[0] > colour[2] && colour[0] > 100);
        else if (on && !off)
            assert_true(++seen[1] > 0 && colour[2] > colour[0] && colour[2] > 100);
        else if (!on && !off)
            assert_true(++dark > 0 && colour[0] < 30 && colour[1] < 30 && colour[2] < 30);
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && dark > 0);
    unmake(&m);
}

/* No more frames than there is room for, and the last one is the whole; inputs without rows have no picture. */
static void long_and_large_examples_have_fewer_frames(void **state) {
    (void)state;
    vdib_geometry geometry = images();
    geometry.steps = 120;
    made m = {0};
    make(&geometry, "data.target=image", 120, &m);
    assert_int_equal(m.film.frames, VDIB_FILM_FRAMES);
    assert_int_equal(m.film.ends[0], 2);
    assert_int_equal(m.film.ends[VDIB_FILM_FRAMES - 1], 120);
    unmake(&m);
    m = (made){0};
    geometry.input_height = 1;
    geometry.input_width = VDIB_FILM_PIXELS / 4;
    make(&geometry, "data.target=image", 120, &m);
    assert_int_equal(m.film.frames, 4);
    assert_int_equal(m.film.ends[0], 30);
    assert_null(m.film.input.picture.pixels);
    unmake(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_decoded_from_what_has_arrived),
        cmocka_unit_test(classes_are_said_at_every_frame),
        cmocka_unit_test(the_input_is_seen_as_it_comes),
        cmocka_unit_test(long_and_large_examples_have_fewer_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
