/* SPDX-License-Identifier: MIT */
/* The numbers of an evaluation with their units and what they mean. */
#include <math.h>

#include "report/html.h"

/* One row of the table. */
typedef struct figure {
    const char *name;
    double value, error; /* error: one standard error, NaN if there is none */
    const char *unit;
    const char *meaning;
} figure;

enum { MOST_FIGURES = 24 };

typedef struct figures {
    size_t count;
    figure rows[MOST_FIGURES];
} figures;

static void add(figures *f, const char *name, double value, const char *unit, const char *meaning) {
    if (isfinite(value) && f->count < MOST_FIGURES)
        f->rows[f->count++] = (figure){name, value, NAN, unit, meaning};
}

static void add_with_error(figures *f, const char *name, double value, double error, const char *unit,
                           const char *meaning) {
    size_t before = f->count;
    add(f, name, value, unit, meaning);
    if (f->count > before)
        f->rows[before].error = error;
}

static void add_quality(figures *f, const vdib_evaluation *e, vdib__report_task task) {
    bool steps = task == VDIB_REPORT_UNITS;
    add(f, "Judge accuracy", e->judge_accuracy, "fraction",
        "reconstructions that the judge, a LeNet-5 trained on the natural images, gives their true class");
    add(f, "Judge accuracy on originals", e->judge_accuracy_original, "fraction",
        "the same judge on the natural images themselves: what perfect reconstructions would score");
    add_with_error(f, "Accuracy", e->accuracy, e->accuracy_standard_error, "fraction",
                   steps ? "scored steps whose most probable class is the true pair of units"
                         : "examples whose most probable class is the true one");
    add(f, "Accuracy of a constant answer", e->constant_accuracy, "fraction", "always the pair that is most frequent");
    add_with_error(f, "MSE", e->mse, e->mse_standard_error, steps ? "per unit" : "per output",
                   steps ? "mean squared error of the decoded 20 units, those of the most probable class"
                         : "mean squared error, target range 0 to 1");
    add(f, "MSE of a constant answer", e->constant_mse, "per unit", "the same predictor's");
    add(f, "PSNR", e->psnr, "dB", "peak signal-to-noise ratio, mean over the images");
    add(f, "SSIM", e->ssim, "at most 1",
        "structural similarity (Wang et al. 2004), 7 \xC3\x97 7 window, mean over the images");
}

static void add_information(figures *f, const vdib_evaluation *e, vdib__report_task task) {
    bool steps = task == VDIB_REPORT_UNITS;
    add(f, "Distortion", e->distortion_nats, steps ? "nats per step" : "nats per example",
        "\xE2\x88\x92log q(r | y): what the readout spikes leave open about the target");
    if (task == VDIB_REPORT_IMAGES)
        add(f, "Distortion per output", e->distortion_nats_per_output, "nats", "the same over the number of outputs");
    add(f, "Rate", e->rate_bits, steps ? "bits per step" : "bits per example",
        "sum over steps and neurons of KL(p || r\xE2\x82\x80) given the past: bounds the information from input to spikes");
    add(f, "Rate, sampled", e->rate_bits_sampled, steps ? "bits per step" : "bits per example",
        "the same quantity estimated from the drawn spikes");
}

static void add_cost(figures *f, const vdib_evaluation *e) {
    add(f, "Readout spikes", e->spikes_per_example, "per example", "what would be sent to the decoder");
    add(f, "Spike density", e->spike_density, "fraction", "readout spikes per neuron and time step");
    add(f, "Input spikes", e->input_spikes_per_example, "per example", "what the sensor gives");
    add(f, "Synaptic operations", e->synaptic_operations, "per example",
        "encoder: for every spike that enters a layer, the neurons it reaches");
    add(f, "Examples", (double)e->examples, "", "of the test split");
    if (e->steps > 0)
        add(f, "Scored steps", (double)e->steps, "", "of all test sequences");
    add(f, "Speed", e->examples_per_second, "examples/s",
        "encoding and decoding on the machine that wrote this report");
}

static void put_row(FILE *page, const figure *row) {
    fprintf(page, "<tr><th scope=\"row\">%s</th><td class=\"number\">", row->name);
    vdib__html_number(page, row->value);
    if (isfinite(row->error)) {
        fprintf(page, " <span class=\"error\">\xC2\xB1 %.2g</span>", row->error);
    }
    fprintf(page, " <span class=\"unit\">%s</span></td><td>%s</td></tr>\n", row->unit, row->meaning);
}

void vdib__html_figures(FILE *page, const vdib__report_content *content) {
    figures f = {0};
    add_quality(&f, &content->evaluation, content->task);
    add_information(&f, &content->evaluation, content->task);
    add_cost(&f, &content->evaluation);
    fprintf(page,
            "<div class=\"wide\"><table class=\"figures\">\n<caption>Test data, %s</caption>\n<thead><tr>"
            "<th scope=\"col\">Figure</th><th scope=\"col\" class=\"number\">Value</th>"
            "<th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n",
            content->task == VDIB_REPORT_UNITS ? "means \xC2\xB1 one standard error over sequences"
                                               : "means over examples");
    for (size_t i = 0; i < f.count; i++)
        put_row(page, &f.rows[i]);
    fputs("</tbody></table></div>\n", page);
}

/* The figures that say most about the task, in the order of the page's top. */
static void choose_tiles(const vdib__report_content *content, figures *f) {
    const vdib_evaluation *e = &content->evaluation;
    if (content->task == VDIB_REPORT_IMAGES) {
        add(f, "Judge accuracy", e->judge_accuracy, "of reconstructions", "");
        add(f, "SSIM", e->ssim, "mean over images", "");
        add(f, "MSE", e->mse, "per pixel", "");
    } else {
        add(f, "Accuracy", e->accuracy, content->task == VDIB_REPORT_UNITS ? "of 210 pairs" : "of examples", "");
        add(f, "MSE", e->mse, content->task == VDIB_REPORT_UNITS ? "per unit" : "of probabilities", "");
        add(f, "Distortion", e->distortion_nats,
            content->task == VDIB_REPORT_UNITS ? "nats per step" : "nats per example", "");
    }
    add(f, "Rate", e->rate_bits, content->task == VDIB_REPORT_UNITS ? "bits per step" : "bits per example", "");
    add(f, "Spike density", e->spike_density, "per neuron and step", "");
}

void vdib__html_tiles(FILE *page, const vdib__report_content *content) {
    figures f = {0};
    choose_tiles(content, &f);
    fputs("<dl class=\"tiles\">\n", page);
    for (size_t i = 0; i < f.count; i++) {
        fprintf(page, "<div><dt>%s</dt><dd>", f.rows[i].name);
        vdib__html_number(page, f.rows[i].value);
        fprintf(page, " <span>%s</span></dd></div>\n", f.rows[i].unit);
    }
    fputs("</dl>\n", page);
}
