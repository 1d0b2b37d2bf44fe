/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_REPORT_REPORT_CONTENT_H
#define VDIB_TESTS_REPORT_REPORT_CONTENT_H
/* Hand-made reports of the three kinds of task. */

#include <math.h>

#include "support.h"

#include "core/alloc.h"
#include "core/random.h"
#include "core/raster.h"
#include "data/blobs.h"
#include "data/digits.h"
#include "report/report.h"

enum { MADE_SIDE = VDIB_DIGIT_SIDE, MADE_PIXELS = MADE_SIDE * MADE_SIDE, MADE_CLASSES = 10, MADE_STEPS = 30 };

static inline float made_uniform(uint32_t number, uint32_t neuron) {
    const vdib__key key = {.seed = 11, .purpose = VDIB_PURPOSE_STIMULUS};
    return vdib__random_uniform(&key, number, neuron);
}

static inline void made_curve(vdib__report_curve *curve, size_t count, double every, double lift, bool density) {
    assert_ok(VDIB_RESERVE(&curve->points, &curve->capacity, count));
    curve->count = count;
    for (size_t i = 0; i < count; i++) {
        double examples = every * (double)(i + 1), fall = 1 / (1 + examples / 1500);
        double noise = 0.03 * (made_uniform(900, (uint32_t)i) - 0.5);
        vdib__report_point *point = &curve->points[i];
        point->examples = examples;
        point->values[vdib__report_curve_of("loss")] = 0.08 + 0.5 * fall * (1 + noise) + lift;
        point->values[vdib__report_curve_of("distortion_nats")] = 62 + 390 * fall * (1 + noise) + 784 * lift;
        point->values[vdib__report_curve_of("rate_bits")] = 900 - 500 * fall * (1 + noise);
        point->values[vdib__report_curve_of("spike_density")] = density ? 0.09 + 0.2 * fall : NAN;
    }
}

static inline vdib_evaluation made_evaluation(vdib__report_task task) {
    static const vdib__task_kind kinds[] = {[VDIB_REPORT_IMAGES] = VDIB__TASK_IMAGES,
                                            [VDIB_REPORT_CLASSES] = VDIB__TASK_CLASSES,
                                            [VDIB_REPORT_UNITS] = VDIB__TASK_STEPS};
    bool images = task == VDIB_REPORT_IMAGES, units = task == VDIB_REPORT_UNITS;
    vdib_evaluation evaluation = {NULL};
    assert_ok(vdib__findings_create(kinds[task], (vdib__findings **)&evaluation.findings));
    VDIB_FINDINGS(evaluation)->seed = 1;
    VDIB_FINDINGS(evaluation)->examples = units ? 20 : 500;
    VDIB_FINDINGS(evaluation)->steps = units ? 19900 : 0;
    if (images) {
        VDIB_FINDINGS(evaluation)->judge_accuracy = 0.912;
        VDIB_FINDINGS(evaluation)->judge_accuracy_original = 0.986;
        VDIB_FINDINGS(evaluation)->psnr = 17.3;
        VDIB_FINDINGS(evaluation)->ssim = 0.812;
    } else {
        VDIB_FINDINGS(evaluation)->accuracy = units ? 0.0631 : 0.874;
    }
    if (units) {
        VDIB_FINDINGS(evaluation)->accuracy_standard_error = 0.0021;
        VDIB_FINDINGS(evaluation)->mse_standard_error = 0.0012;
        VDIB_FINDINGS(evaluation)->constant_accuracy = 0.0302;
        VDIB_FINDINGS(evaluation)->constant_mse = 0.151;
    }
    VDIB_FINDINGS(evaluation)->mse = 0.0214;
    VDIB_FINDINGS(evaluation)->distortion_nats = 93.17;
    VDIB_FINDINGS(evaluation)->distortion_nats_per_output = 0.1188;
    VDIB_FINDINGS(evaluation)->rate_bits = 841.2;
    VDIB_FINDINGS(evaluation)->rate_bits_sampled = 843.9;
    VDIB_FINDINGS(evaluation)->spikes_per_example = 712.4;
    VDIB_FINDINGS(evaluation)->spike_density = 0.0928;
    VDIB_FINDINGS(evaluation)->input_spikes_per_example = 4312.7;
    VDIB_FINDINGS(evaluation)->synaptic_operations = 3714455;
    VDIB_FINDINGS(evaluation)->seconds = 1.2;
    VDIB_FINDINGS(evaluation)->examples_per_second = 416.3;
    if (!units)
        assert_ok(vdib__findings_confuse(VDIB_FINDINGS(evaluation), MADE_CLASSES));
    for (uint32_t i = 0; i < VDIB_FINDINGS(evaluation)->classes; i++)
        for (uint32_t j = 0; j < MADE_CLASSES; j++)
            VDIB_FINDINGS(evaluation)->confusion[i * MADE_CLASSES + j] = i == j                     ? 45 - 3 * (i % 4)
                                                                         : (i * 3 + j * 5) % 7 == 0 ? 2 + i % 3
                                                                                                    : 0;
    return evaluation;
}

static inline void made_example(vdib__report_task task, size_t i, vdib__report_example *example) {
    float pixels[MADE_PIXELS], blurred[MADE_PIXELS];
    example->index = 7 * i;
    example->label = vdib__digit_draw(3, i * MADE_CLASSES + i * MADE_CLASSES / 24, pixels);
    example->said = i % 9 == 4 ? (example->label + 5) % MADE_CLASSES : example->label;
    example->named = true;
    example->spikes = 650 + 13 * i;
    for (size_t p = 0; p < MADE_PIXELS; p++)
        blurred[p] = 0.25F * pixels[p] + 0.2F * (p > 0 ? pixels[p - 1] : 0) + 0.2F * (p > 28 ? pixels[p - 28] : 0) +
                     0.2F * (p + 1 < MADE_PIXELS ? pixels[p + 1] : 0) +
                     0.15F * (p + 28 < MADE_PIXELS ? pixels[p + 28] : 0);
    assert_ok(vdib__report_picture_values(blurred, MADE_SIDE, MADE_SIDE, &example->output));
    assert_ok(vdib__report_picture_values(pixels, MADE_SIDE, MADE_SIDE, &example->target));
    for (size_t p = 0; p < MADE_PIXELS; p++)
        blurred[p] = fabsf(pixels[p] - (p > 28 ? pixels[p - 29] : 0)) * made_uniform(800, (uint32_t)(p + i));
    assert_ok(vdib__report_picture_values(blurred, MADE_SIDE, MADE_SIDE, &example->input));
    if (task != VDIB_REPORT_CLASSES)
        return;
    example->classes = MADE_CLASSES;
    assert_ok(VDIB_NEW(&example->probabilities, MADE_CLASSES));
    for (size_t c = 0; c < MADE_CLASSES; c++)
        example->probabilities[c] = c == example->said ? 0.71F : c == example->label ? 0.2F : 0.01F * (float)(c % 4);
}

static inline void made_raster(const char *name, size_t channels, size_t steps, float density,
                               vdib__report_raster *made) {
    vdib_raster *raster = NULL;
    uint8_t *dense = calloc(channels, steps);
    assert_non_null(dense);
    for (size_t t = 0; t < steps; t++)
        for (size_t c = 0; c < channels; c++)
            dense[t * channels + c] =
                made_uniform((uint32_t)t, (uint32_t)c) < density * (1 + sinf((float)c * 0.11F) * sinf((float)t * 0.3F));
    assert_ok(vdib_raster_create(channels, steps, &raster));
    assert_ok(vdib_raster_from_dense(raster, dense));
    snprintf(made->name, sizeof made->name, "%s", name);
    assert_ok(vdib__report_picture_raster(raster, 0, steps, made));
    vdib_raster_destroy(raster);
    free(dense);
}

static inline void made_strip(vdib__report_strip *strip) {
    strip->first = 5;
    strip->count = VDIB_REPORT_STEPS;
    for (uint32_t t = 0; t < VDIB_REPORT_STEPS; t++) {
        uint32_t a = (uint32_t)(10 + 6 * sin(0.11 * t)) % VDIB_BLOB_UNITS;
        uint32_t b = (uint32_t)(10 + 8 * cos(0.07 * t + 1)) % VDIB_BLOB_UNITS;
        strip->truth[t] = vdib__blobs_class(a, b);
        strip->said[t] = made_uniform(700, t) < 0.6F ? strip->truth[t] : vdib__blobs_class(a, (b + 1 + t % 5) % 20);
    }
}

/* A film of three frames of the trial. */
static inline void made_film(const vdib__report_content *content, vdib__report_film *film) {
    enum { FRAMES = 3 };
    bool images = content->task == VDIB_REPORT_IMAGES, units = content->task == VDIB_REPORT_UNITS;
    film->frames = FRAMES;
    film->named = !units;
    assert_ok(VDIB_NEW(&film->ends, FRAMES));
    assert_ok(VDIB_NEW(&film->spikes, FRAMES));
    assert_ok(VDIB_NEW(&film->said, FRAMES));
    for (size_t f = 0; f < FRAMES; f++) {
        film->ends[f] = MADE_STEPS / FRAMES * (f + 1);
        film->spikes[f] = f * f;
        film->said[f] = (uint32_t)(f % MADE_CLASSES);
    }
    if (units) {
        assert_ok(VDIB_NEW(&film->truth, FRAMES));
        film->truth[1] = vdib__blobs_class(4, 9);
        return;
    }
    film->outputs = images ? MADE_PIXELS : MADE_CLASSES;
    assert_ok(VDIB_NEW(&film->values, FRAMES * film->outputs));
    film->values[film->outputs] = 0.625F;
    for (int k = 0; k < (images ? 2 : 1); k++) {
        vdib__report_sheet *sheet = k == 0 ? &film->input : &film->output;
        sheet->height = sheet->width = MADE_SIDE;
        sheet->picture.height = MADE_SIDE;
        sheet->picture.width = FRAMES * MADE_SIDE;
        assert_ok(VDIB_NEW(&sheet->picture.pixels, FRAMES * MADE_PIXELS));
    }
}

static inline void made_trials(vdib__report_content *content) {
    bool units = content->task == VDIB_REPORT_UNITS;
    content->trial_count = units ? 1 : VDIB_REPORT_TRIALS;
    for (size_t i = 0; i < content->trial_count; i++) {
        vdib__report_trial *trial = &content->trials[i];
        trial->index = 12 * i;
        trial->label = (uint32_t)(3 * i);
        trial->count = units ? 2 : 3;
        size_t steps = units ? VDIB_REPORT_STEPS : MADE_STEPS;
        made_raster("Input", units ? 20 : 2312, steps, units ? 0.1F : 0.03F, &trial->rasters[0]);
        if (!units)
            made_raster("Hidden", 800, steps, 0.06F, &trial->rasters[1]);
        made_film(content, &trial->film);
        made_raster("Readout", units ? 10 : 256, steps, units ? 0.2F : 0.09F, &trial->rasters[trial->count - 1]);
    }
}

/* A report of a task with everything in it; to be given to vdib__report_clear and vdib__free. */
static inline vdib__report_content *made_content(vdib__report_task task) {
    static const char configuration[] = "experiment: \"<b>made & 'quoted'</b>\"\nseed: 1\ndata:\n  steps: 30\n";
    vdib__report_content *content = NULL;
    assert_ok(VDIB_NEW(&content, 1));
    content->task = task;
    content->labelled = true;
    snprintf(content->title, sizeof content->title, "<b>made & 'quoted'</b>");
    content->step_ms = task == VDIB_REPORT_UNITS ? 0 : 10;
    content->beta = 0.001;
    content->prior_rate = 0.1;
    content->evaluation = made_evaluation(task);
    made_curve(&content->training, 50, 200, 0, true);
    made_curve(&content->validation, 5, 2000, 0.01, false);
    content->example_count = task == VDIB_REPORT_UNITS ? 0 : VDIB_REPORT_EXAMPLES;
    for (size_t i = 0; i < content->example_count; i++)
        made_example(task, i, &content->examples[i]);
    made_trials(content);
    if (task == VDIB_REPORT_UNITS)
        made_strip(&content->strip);
    assert_ok(vdib__report_fact_add(content, "Data", "%s", "drawn digits <i>"));
    assert_ok(vdib__report_fact_add(content, "Machine type", "%s", "any"));
    assert_ok(vdib__strdup(configuration, &content->configuration));
    return content;
}

#endif
