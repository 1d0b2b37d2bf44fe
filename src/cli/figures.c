/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <math.h>
#include <string.h>

static void figure(const char *label, double value, int digits, const char *unit) {
    if (isfinite(value))
        printf("  %-24s %.*f%s\n", label, digits, value, unit);
}

static void count(const char *label, double value, const char *unit) {
    char text[CLI_TEXT];
    if (isfinite(value) && value >= 0 && value < 1e18)
        printf("  %-24s %s%s\n", label, cli_count((uint64_t)(value + 0.5), text), unit);
}

/* "value +- error", with what the best constant answer would reach. */
static void beside(const char *label, double value, double error, double constant) {
    if (!isfinite(value))
        return;
    printf("  %-24s %.4f", label, value);
    if (isfinite(error))
        printf(" +- %.4f", error);
    if (isfinite(constant))
        printf("  (best constant answer: %.4f)", constant);
    putchar('\n');
}

static void print_examples(const vdib_evaluation *evaluation) {
    char text[CLI_TEXT];
    printf("  %-24s %s", "examples", cli_count(evaluation->examples, text));
    if (evaluation->steps > 0)
        printf(" sequences, %s steps scored", cli_count(evaluation->steps, text));
    putchar('\n');
}

void cli_figures_print(const vdib_evaluation *evaluation) {
    bool stepwise = evaluation->steps > 0;
    print_examples(evaluation);
    if (isfinite(evaluation->judge_accuracy)) {
        printf("  %-24s %.4f", "judge accuracy", evaluation->judge_accuracy);
        printf("  (on the original images: %.4f)\n", evaluation->judge_accuracy_original);
    }
    beside("accuracy", evaluation->accuracy, evaluation->accuracy_standard_error, evaluation->constant_accuracy);
    beside("MSE", evaluation->mse, evaluation->mse_standard_error, evaluation->constant_mse);
    figure("PSNR", evaluation->psnr, 2, " dB");
    figure("SSIM", evaluation->ssim, 4, "");
    figure("distortion", evaluation->distortion_nats, 4, stepwise ? " nats a step" : " nats an example");
    figure("distortion per output", evaluation->distortion_nats_per_output, 5, " nats");
    figure("rate", evaluation->rate_bits, 2, stepwise ? " bits a step" : " bits an example");
    figure("readout spikes", evaluation->spikes_per_example, 1, " an example");
    figure("spike density", evaluation->spike_density, 4, " a neuron and step");
    figure("input spikes", evaluation->input_spikes_per_example, 1, " an example");
    count("synaptic operations", evaluation->synaptic_operations, " an example");
    figure("evaluated", evaluation->examples_per_second, 1, " examples a second");
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
    print_layers(cli_key(config, "encoder.layers", value));
    printf("%zu spiking, %zu steps", vdib_model_readouts(model), geometry->steps);
    printf(" -> %s -> ", cli_key(config, "decoder.type", value));
    if (geometry->target_width > 0)
        print_shape(1, geometry->target_height, geometry->target_width);
    else
        printf("%zu classes", vdib_model_outputs(model));
    printf("; %s weights\n", cli_count(weight_count(model), text));
}
