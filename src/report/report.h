/* SPDX-License-Identifier: MIT */
#ifndef VDIB_REPORT_REPORT_H
#define VDIB_REPORT_REPORT_H
/* The report of a run: what is in it (collected by collect.c, metrics.c, facts.c) and how it becomes one HTML file
 * without outside references (page.c and what it calls). */

#include <stdio.h>

#include "data/dataset.h"
#include "encoder/encoder.h"
#include "eval/evaluation.h"
#include "model/model.h"

enum {
    VDIB_REPORT_EXAMPLES = 24,
    VDIB_REPORT_TRIALS = 3,
    VDIB_REPORT_RASTERS = VDIB_ENCODER_LAYERS + 2, /* input, hidden layers, readout */
    VDIB_REPORT_STEPS = 200,                       /* shown of a step-by-step task */
    VDIB_REPORT_FACTS = 64,
    VDIB_REPORT_CURVES = 8, /* most learning curves */
    VDIB_REPORT_NAME = 32
};

/* What is decoded: images, classes, or the blobs' units step by step. */
typedef enum vdib__report_task { VDIB_REPORT_IMAGES, VDIB_REPORT_CLASSES, VDIB_REPORT_UNITS } vdib__report_task;

/* One byte a pixel, three in colour, rows from the top; no pixels if a size is 0. */
typedef struct vdib__report_picture {
    size_t height, width;
    bool colour;
    uint8_t *pixels; /* (height, width), (height, width, 3) in colour */
} vdib__report_picture;

/* Values that are shown as black and as white; high no larger than low: 0 and 1. */
typedef struct vdib__report_range {
    float low, high;
} vdib__report_range;

/* One line of metrics.jsonl: values[k] is the k-th of vdib__report_curve_figures(), NaN if the line does not hold it.
 */
typedef struct vdib__report_point {
    double examples;
    double values[VDIB_REPORT_CURVES];
} vdib__report_point;

typedef struct vdib__report_curve {
    vdib__report_point *points; /* (count), in the order of the file */
    size_t count, capacity;
} vdib__report_curve;

typedef struct vdib__report_example {
    size_t index; /* in the test split */
    uint32_t label;
    bool named;    /* somebody says a class: the judge of a reconstruction, or the decoder */
    uint32_t said; /* that class */
    size_t spikes; /* readout */
    vdib__report_picture input;
    vdib__report_picture target, output; /* images */
    float *probabilities;                /* (classes) class tasks, else NULL */
    size_t classes;
} vdib__report_example;

/* Spikes as opacities: a row is `group` neighbouring channels, from the top. */
typedef struct vdib__report_raster {
    char name[VDIB_REPORT_NAME];
    size_t channels, steps, spikes, group;
    vdib__report_picture ink;
} vdib__report_raster;

/* Frames of one size side by side and below each other, in reading order; no frames if a size is 0. */
typedef struct vdib__report_sheet {
    size_t height, width; /* of a frame */
    vdib__report_picture picture;
} vdib__report_sheet;

/* A trial as it goes on (film.c). */
typedef struct vdib__report_film {
    size_t frames;            /* 0: there is no film */
    size_t *ends;             /* (frames) data steps that have passed, rising */
    size_t *spikes;           /* (frames) readout spikes so far */
    bool named;               /* somebody says a class of every frame */
    uint32_t *said;           /* (frames) that class; of a step-by-step task the decoded pair of units */
    uint32_t *truth;          /* (frames) step-by-step tasks: the true pair, else NULL */
    size_t outputs;           /* 0: nothing is decoded from a part of the spikes */
    float *values;            /* (frames, outputs) pixels or probabilities */
    vdib__report_range range; /* of the pixels on the sheet */
    vdib__report_sheet input, output;
} vdib__report_film;

typedef struct vdib__report_trial {
    size_t index;
    uint32_t label;
    size_t first; /* data step at the left of the rasters */
    size_t count;
    vdib__report_raster rasters[VDIB_REPORT_RASTERS];
    vdib__report_film film;
} vdib__report_trial;

/* True against decoded classes of consecutive steps of the first test sequence. */
typedef struct vdib__report_strip {
    size_t first, count; /* steps */
    uint32_t truth[VDIB_REPORT_STEPS], said[VDIB_REPORT_STEPS];
} vdib__report_strip;

typedef struct vdib__report_fact {
    const char *name; /* static */
    char *text;
} vdib__report_fact;

/* Everything in a report. Owns what it points to (vdib__report_clear). */
typedef struct vdib__report_content {
    vdib__report_task task;
    char title[VDIB_CONFIG_TEXT];
    bool latency;      /* input pictures show when a pixel spikes instead of how often */
    bool labelled;     /* examples have classes: two or more of them */
    bool sends_spikes; /* examples have a number of readout spikes */
    double step_ms;    /* length of a time step; 0 if steps have none */
    double beta, prior_rate;
    vdib_evaluation evaluation; /* owned */
    vdib__report_curve training, validation;
    vdib__report_range range; /* of targets and what is decoded: of the targets, where these go beyond 0 to 1 */
    size_t example_count, trial_count, fact_count;
    vdib__report_example examples[VDIB_REPORT_EXAMPLES];
    vdib__report_trial trials[VDIB_REPORT_TRIALS];
    vdib__report_strip strip; /* count 0 unless step by step */
    vdib__report_fact facts[VDIB_REPORT_FACTS];
    size_t unread_lines; /* of metrics.jsonl: damaged, or the last one broken off */
    char *configuration; /* YAML text, NULL if there is none */
} vdib__report_content;

void vdib__report_clear(vdib__report_content *content);

/* ---- collecting ---- */

/* Examples, rasters and strip: runs the model on a few test examples, spread over the classes, with the draws of
 * vdib_evaluate. options as there, not NULL. (collect.c) */
vdib_status vdib__report_collect(const vdib_model *model, const vdib_dataset *dataset,
                                 const vdib_evaluation_options *options, vdib__report_content *content);

/* The parts of one example that was run as `trial`; T steps from data step `first` on. (pictures.c) */
vdib_status vdib__report_picture_input(const vdib_example *example, const vdib_geometry *geometry, bool latency,
                                       vdib__report_picture *picture);
vdib_status vdib__report_picture_values(const float *values, size_t height, size_t width,
                                        vdib__report_picture *picture);
/* Values of a target (target_channels, target_height, target_width). */
vdib_status vdib__report_picture_target(const float *values, const vdib_geometry *geometry,
                                        const vdib__report_range *range, vdib__report_picture *picture);
vdib_status vdib__report_picture_raster(const vdib_raster *spikes, size_t first, size_t steps,
                                        vdib__report_raster *raster);
vdib_status vdib__report_picture_trial(const vdib__encoder *encoder, const vdib__trial *trial, size_t first,
                                       size_t steps, vdib__report_trial *report);

/* The figures that are curves: a chart each. Returns how many; figures[k] receives the k-th of the table of figures.
 * (metrics.c) */
size_t vdib__report_curve_figures(const vdib__figure *figures[VDIB_REPORT_CURVES]);

/* The number k of the curve of this figure, which must be a curve. (metrics.c) */
size_t vdib__report_curve_of(const char *name);

/* The curves of a metrics.jsonl. A missing file gives none; a last line that breaks off is left out. (metrics.c) */
vdib_status vdib__report_metrics(const char *path, vdib__report_content *content);

/* What was run on what. (facts.c) */
vdib_status vdib__report_facts(const char *folder, const vdib_model *model, const vdib_dataset *dataset,
                               vdib__report_content *content);
vdib_status vdib__report_fact_add(vdib__report_content *content, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- rendering ---- */

/* Writes the page to a stream. A full disk is no failure here: ask ferror() of the stream afterwards. */
vdib_status vdib__report_render(const vdib__report_content *content, FILE *page);

#endif
