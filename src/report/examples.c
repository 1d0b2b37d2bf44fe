/* SPDX-License-Identifier: MIT */
/* What went in and what came out: triples of images, or class probabilities; and rasters of a few examples. */
#include "core/error.h"
#include "core/text.h"
#include "report/film.h"
#include "report/html.h"

enum { ALT = 160 };

static vdib_status put_pixels(FILE *page, const vdib__report_content *content, const vdib__report_picture *picture,
                              const char *what, const vdib__report_example *example) {
    char alt[ALT];
    int length = snprintf(alt, sizeof alt, "%s of test example %zu", what, example->index);
    if (content->labelled)
        snprintf(alt + length, sizeof alt - (size_t)length, ", class %u", (unsigned)example->label);
    const vdib__html_image image = {
        .kind = picture->colour ? VDIB_PNG_RGB : VDIB_PNG_GRAY, .class = "pixels", .alt = alt};
    return vdib__html_picture(page, picture, &image);
}

static void put_bars(FILE *page, const vdib__report_content *content, const vdib__report_example *example) {
    char label[ALT];
    snprintf(label, sizeof label, "test example %zu, class %u: class %u with probability %.2f", example->index,
             (unsigned)example->label, (unsigned)example->said, (double)example->probabilities[example->said]);
    const vdib__html_bars bars = {.probabilities = example->probabilities,
                                  .classes = example->classes,
                                  .truth = example->label,
                                  .label = label,
                                  .few = true};
    vdib__html_put_bars(page, &content->evaluation, &bars);
}

static vdib_status put_pictures(FILE *page, const vdib__report_content *content, const vdib__report_example *example) {
    const char *input = content->latency ? "Spike times" : "Summed events";
    VDIB_TRY(put_pixels(page, content, &example->input, input, example));
    if (content->task == VDIB_REPORT_CLASSES) {
        put_bars(page, content, example);
        return VDIB_OK;
    }
    VDIB_TRY(put_pixels(page, content, &example->target, "Target", example));
    return put_pixels(page, content, &example->output, "Reconstruction", example);
}

static void put_caption(FILE *page, const vdib__report_content *content, const vdib__report_example *example) {
    bool right = example->said == example->label;
    fputs("<figcaption>", page);
    if (content->labelled) {
        fputs("<span>class ", page);
        vdib__html_class(page, &content->evaluation, example->label);
        fputs("</span>", page);
    }
    if (example->named) {
        fprintf(page, "<span class=\"%s\">%s ", right ? "right" : "wrong",
                content->task == VDIB_REPORT_CLASSES ? "decoded" : "judged");
        vdib__html_class(page, &content->evaluation, example->said);
        fprintf(page, " %s</span>", right ? "\xE2\x9C\x93" : "\xE2\x9C\x97");
    }
    if (content->sends_spikes)
        fprintf(page, "<span>%zu spike%s</span>", example->spikes, vdib__s(example->spikes));
    fputs("</figcaption>", page);
}

/* Which values are black and white, where that is not plain. */
static void put_range(FILE *page, const vdib__report_content *content) {
    const vdib__report_range *range = &content->range;
    if (range->high > range->low && (range->low != 0 || range->high != 1))
        vdib__print(
            page,
            "<p>Black is %.4g, white %.4g: the smallest and the largest value of these targets; what is decoded "
            "beyond them is drawn as these.</p>\n",
            (double)range->low, (double)range->high);
}

vdib_status vdib__html_examples(FILE *page, const vdib__report_content *content) {
    char bars[160];
    snprintf(
        bars, sizeof bars,
        "the decoder's class probabilities (the true class in colour; of more than %d classes the %d most probable "
        "and the true one)",
        VDIB_HTML_MOST_BARS, VDIB_HTML_PROBABLE_BARS);
    put_range(page, content);
    fprintf(page, "<p>Test examples%s. From left to right: %s, %s.</p>\n<div class=\"%s\">\n",
            content->labelled ? ", spread over the classes" : "",
            content->latency ? "the input's spike times (bright: early)"
                             : "the input's events summed over time and polarity",
            content->task == VDIB_REPORT_CLASSES ? bars
            : content->sends_spikes              ? "the target, the reconstruction from the readout spikes"
                                                 : "the target, the reconstruction",
            content->task == VDIB_REPORT_CLASSES ? "examples pairs" : "examples triples");
    for (size_t i = 0; i < content->example_count; i++) {
        fputs("<figure><div>", page);
        VDIB_TRY(put_pictures(page, content, &content->examples[i]));
        fputs("</div>", page);
        put_caption(page, content, &content->examples[i]);
        fputs("</figure>\n", page);
    }
    fputs("</div>\n", page);
    return VDIB_OK;
}

/* Pixels on the page: whole multiples of the rows, about 130 to 260 of them. */
static size_t raster_height(const vdib__report_raster *raster) {
    size_t rows = raster->ink.height, scale = rows >= 130 ? 1 : (129 + rows) / rows;
    return rows * scale;
}

static vdib_status put_raster(FILE *page, const vdib__report_raster *raster, const vdib__report_trial *trial) {
    char alt[ALT];
    snprintf(alt, sizeof alt, "%s spikes of test example %zu over %zu step%s: %zu spike%s of %zu", raster->name,
             trial->index, raster->steps, vdib__s(raster->steps), raster->spikes, vdib__s(raster->spikes),
             raster->channels);
    fprintf(page, "<h4>%s <span>", raster->name);
    vdib__html_number(page, (double)raster->channels);
    fputs(raster == trial->rasters ? " channels, " : " neurons, ", page);
    vdib__html_number(page, (double)raster->spikes);
    fputs(" spikes", page);
    if (raster->group > 1)
        fprintf(page, ", %zu a row", raster->group);
    fputs("</span></h4><div class=\"past\">", page);
    const vdib__html_image image = {.kind = VDIB_PNG_MASK, .class = "ink", .height = raster_height(raster), .alt = alt};
    VDIB_TRY(vdib__html_picture(page, &raster->ink, &image));
    fputs("</div>", page);
    return VDIB_OK;
}

/* The ends of the rasters' time. */
static void put_time_axis(FILE *page, const vdib__report_trial *trial, double step_ms) {
    double unit = step_ms > 0 ? step_ms : 1;
    fputs("<p class=\"time\"><span>", page);
    vdib__html_number(page, unit * (double)trial->first);
    fprintf(page, "</span><span>%s</span><span>", step_ms > 0 ? "time, ms" : "time steps");
    vdib__html_number(page, unit * (double)(trial->first + trial->rasters[0].steps));
    fputs("</span></p>", page);
}

static void put_example_title(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial) {
    fprintf(page, "<h3>Example %zu", trial->index);
    if (content->labelled) {
        fputs(", class ", page);
        vdib__html_class(page, &content->evaluation, trial->label);
    }
    fputs("</h3>\n", page);
}

vdib_status vdib__html_rasters(FILE *page, const vdib__report_content *content) {
    fputs(
        "<p>Every dot is a spike; time runs to the right, channels and neurons from top to bottom. Where a row stands "
        "for several, darker means that more of them spike.",
        page);
    if (content->trials[0].film.frames > 0)
        fprintf(
            page, " Play shows %s; the slider, its arrow keys and the rasters go to a moment.",
            content->task == VDIB_REPORT_UNITS
                ? "step after step what is true and what is decoded"
                : "how the input comes in and what the decoder makes of the spikes that have arrived, zeros standing "
                  "for the rest");
    fputs("</p>\n<div class=\"trials\">\n", page);
    for (size_t i = 0; i < content->trial_count; i++) {
        const vdib__report_trial *trial = &content->trials[i];
        fputs("<section class=\"trial\"", page);
        vdib__film_attributes(page, content, trial);
        fputs(">", page);
        if (content->task == VDIB_REPORT_UNITS)
            fprintf(page, "<h3>Test sequence %zu</h3>\n", trial->index);
        else
            put_example_title(page, content, trial);
        VDIB_TRY(vdib__film_player(page, content, trial));
        for (size_t r = 0; r < trial->count; r++)
            VDIB_TRY(put_raster(page, &trial->rasters[r], trial));
        put_time_axis(page, trial, content->step_ms);
        fputs("</section>\n", page);
    }
    fputs("</div>\n", page);
    return VDIB_OK;
}
