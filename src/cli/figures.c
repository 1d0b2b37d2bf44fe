/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The value of the standard error of a figure, NaN if it has none. */
static double error_of(const vdib_evaluation *evaluation, size_t figure) {
    double error = NAN;
    for (size_t f = 0; f < vdib_figure_count(); f++) {
        const char *of = vdib_figure_error_of(f);
        if (of != NULL && strcmp(of, vdib_figure_name(figure)) == 0)
            (void)vdib_evaluation_figure(evaluation, f, &error);
    }
    return error;
}

const char *cli_figure_value(size_t figure, double value, char text[CLI_TEXT]) {
    if (vdib_figure_digits(figure) == 0 && value >= 0 && value < 1e18)
        return cli_count((uint64_t)(value + 0.5), text);
    snprintf(text, CLI_TEXT, "%.*f", vdib_figure_digits(figure), value);
    return text;
}

const char *cli_figure_unit(size_t figure, bool stepwise, char text[CLI_TEXT]) {
    const char *unit = vdib_figure_unit(figure), *per = vdib_figure_per(figure, stepwise);
    snprintf(text, CLI_TEXT, "%s%s%s%s", *unit != '\0' ? " " : "", unit, *per != '\0' ? " per " : "", per);
    return text;
}

/* What is decoded from the first steps alone: a line for every number of steps. */
static void print_anytime(const vdib_evaluation *evaluation) {
    static const struct {
        const char *array, *figure;
    } columns[] = {{"anytime_judge_accuracy", "judge_accuracy"},
                   {"anytime_accuracy", "accuracy"},
                   {"anytime_mse", "mse"},
                   {"anytime_distortion_nats", "distortion_nats"}};
    size_t count = 0;
    const double *steps = vdib_evaluation_array(evaluation, "anytime_steps", &count);
    char text[CLI_TEXT], label[CLI_TEXT];
    for (size_t k = 0; steps != NULL && k < count; k++) {
        const char *between = "";
        snprintf(label, sizeof label, "the first %.0f of %.0f steps alone", steps[k], steps[count - 1]);
        printf("  %-*s ", CLI_LABEL, label);
        for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
            const double *values = vdib_evaluation_array(evaluation, columns[c].array, NULL);
            size_t figure = vdib_figure_find(columns[c].figure);
            if (values == NULL)
                continue;
            printf("%s%s %s", between, vdib_figure_label(figure), cli_figure_value(figure, values[k], text));
            between = ", ";
        }
        putchar('\n');
    }
}

void cli_figures_print(const vdib_evaluation *evaluation) {
    char text[CLI_TEXT], unit[CLI_TEXT];
    for (size_t f = 0; f < vdib_figure_count(); f++) {
        double value, error = error_of(evaluation, f);
        if (vdib_figure_error_of(f) != NULL || !vdib_evaluation_figure(evaluation, f, &value))
            continue;
        printf("  %-*s %s", CLI_LABEL, vdib_figure_label(f), cli_figure_value(f, value, text));
        if (isfinite(error))
            printf(" +- %s", cli_figure_value(f, error, text));
        puts(cli_figure_unit(f, vdib_evaluation_stepwise(evaluation), unit));
    }
    print_anytime(evaluation);
    for (size_t i = 0; i < vdib_evaluation_warning_count(evaluation); i++)
        printf("  warning: %s\n", vdib_evaluation_warning(evaluation, i, NULL));
}

static void print_shape(size_t channels, size_t height, size_t width) {
    if (channels > 1)
        printf("%zu x ", channels);
    if (height > 1)
        printf("%zu x ", height);
    printf("%zu", width);
}

/* "[800, conv16k5s1p2m2]" as "800 -> conv16k5s1p2m2 -> ". */
static void print_layers(const char *layers) {
    for (const char *at = layers + strspn(layers, "[, ]"); *at != '\0'; at += strspn(at, "[, ]")) {
        size_t length = strcspn(at, ", ]");
        printf("%.*s -> ", (int)length, at);
        at += length;
    }
}

static uint64_t weight_count(const vdib_model *model) {
    uint64_t total = 0;
    for (size_t i = 0; i < vdib_model_tensor_count(model); i++) {
        vdib_tensor_info tensor = {.size = sizeof(vdib_tensor_info)};
        if (vdib_model_tensor(model, i, &tensor) == VDIB_OK)
            total += tensor.count;
    }
    return total;
}

void cli_network_print(const vdib_model *model) {
    const vdib_geometry *geometry = vdib_model_geometry(model);
    const vdib_config *config = vdib_model_config(model);
    char value[CLI_VALUE], text[CLI_TEXT];
    print_shape(geometry->input_channels, geometry->input_height, geometry->input_width);
    printf(" -> ");
    if (vdib_model_readouts(model) > 0) {
        print_layers(cli_key(config, "encoder.layers", value));
        printf("%zu %s, %zu step%s", vdib_model_readouts(model), cli_key(config, "readout.type", value),
               geometry->steps, cli_s(geometry->steps));
    } else {
        printf("counts in %zu of %zu step%s", vdib_model_window(model), geometry->steps, cli_s(geometry->steps));
    }
    printf(" -> %s -> ", cli_key(config, "decoder.type", value));
    if (geometry->target_width > 0)
        print_shape(geometry->target_channels, geometry->target_height, geometry->target_width);
    else
        printf("%zu class%s", vdib_model_outputs(model), vdib_model_outputs(model) == 1 ? "" : "es");
    printf("; %s weight%s\n", cli_count(weight_count(model), text), cli_s(weight_count(model)));
}

void cli_line_print(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        putchar(iscntrl((unsigned char)text[i]) ? '?' : text[i]);
    putchar('\n');
}

void cli_notes_print(const char *label, const char *notes) {
    while (*notes != '\0') {
        size_t length = strcspn(notes, "\n");
        printf("%s", label);
        cli_line_print(notes, length);
        notes += length + (notes[length] == '\n');
    }
}

int cli_notes_of(const char *label, const vdib_dataset *dataset) {
    char *notes = NULL;
    CLI_TRY_LIBRARY(vdib_dataset_notes(dataset, &notes));
    cli_notes_print(label, notes);
    vdib_text_free(notes);
    return CLI_DONE;
}
