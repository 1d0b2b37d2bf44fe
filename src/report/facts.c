/* SPDX-License-Identifier: MIT */
/* What was run on what: data, network, training, machine. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "report/report.h"
#include "vdib/evaluate.h"
#include "vdib/run.h"
#include "vdib/train.h"

enum { NETWORK_TEXT = 512, MOST_NOTES = 32 };

static const char ARROW[] = " \xE2\x86\x92 ";

vdib_status vdib__report_fact_add(vdib__report_content *content, const char *name, const char *format, ...) {
    if (content->fact_count == VDIB_REPORT_FACTS)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a report has room for %d facts", VDIB_REPORT_FACTS);
    vdib__report_fact *fact = &content->facts[content->fact_count];
    va_list arguments;
    va_start(arguments, format);
    int length = vdib__vformat(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "the fact '%s' cannot be formatted", name);
    VDIB_TRY(VDIB_NEW(&fact->text, (size_t)length + 1));
    va_start(arguments, format);
    vdib__vformat(fact->text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    fact->name = name;
    content->fact_count++;
    return VDIB_OK;
}

/* What the decoder reads: appended to `text`, of which `size` bytes are free. */
static size_t readout_text(const vdib_model *model, char *text, size_t size) {
    size_t layers = model->encoder.layer_count, length = 0;
    if (model->encoder.absent)
        return (size_t)snprintf(text, size, "%scounts in %zu part%s of the time", ARROW, model->window,
                                vdib__s(model->window));
    for (size_t l = 0; l < layers; l++)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s LIF", ARROW, model->config->encoder.layers.items[l]);
    return length + (size_t)snprintf(text + length, size - length, "%s%zu %sreadout neuron%s", ARROW,
                                     model->encoder.readout.neurons, model->encoder.readout.gaussian ? "Gaussian " : "",
                                     vdib__s(model->encoder.readout.neurons));
}

/* "2 x 34 x 34 inputs, 800, 256 readout neurons, mlp, 28 x 28 outputs" with arrows between. */
static vdib_status add_network(const vdib_model *model, vdib__report_content *content) {
    static const char TIMES[] = " \xC3\x97 ";
    const vdib_geometry *g = &model->geometry;
    char text[NETWORK_TEXT], decoder[64];
    size_t length = (size_t)snprintf(text, sizeof text, "%zu%s%zu%s%zu inputs", g->input_channels, TIMES,
                                     g->input_height, TIMES, g->input_width);
    length += readout_text(model, text + length, sizeof text - length);
    VDIB_TRY(vdib_config_get(model->config, "decoder.type", decoder, sizeof decoder));
    snprintf(text + length, sizeof text - length, "%s%s decoder%s%zu output%s", ARROW, decoder, ARROW, model->outputs,
             vdib__s(model->outputs));
    VDIB_TRY(vdib__report_fact_add(content, "Network", "%s", text));
    return vdib__report_fact_add(content, "Weights", "%zu in the encoder, %zu in the decoder",
                                 vdib__tensor_elements(&model->table, VDIB_TENSOR_ENCODER),
                                 vdib__tensor_elements(&model->table, VDIB_TENSOR_DECODER));
}

/* "8.2 ms", or the range of a layer whose neurons differ. */
static void constant_text(const vdib_time_constant *of, char *text, size_t size) {
    if (of->least < of->most)
        vdib__format(text, size, "%.3g ms (%.3g to %.3g)", of->mean / 1000.0, of->least / 1000.0, of->most / 1000.0);
    else
        vdib__format(text, size, "%.3g ms", of->mean / 1000.0);
}

static vdib_status add_times(const vdib_model *model, vdib__report_content *content) {
    char synapse[64], membrane[64], refractory[64];
    for (size_t layer = 0; layer < model->encoder.layer_count; layer++) {
        vdib_layer_times times = {.size = sizeof(vdib_layer_times)};
        VDIB_TRY(vdib_model_times(model, layer, &times));
        constant_text(&times.synapse, synapse, sizeof synapse);
        constant_text(&times.membrane, membrane, sizeof membrane);
        constant_text(&times.refractory, refractory, sizeof refractory);
        VDIB_TRY(vdib__report_fact_add(content, "Time constants",
                                       "hidden layer %zu: synapse %s, membrane %s, refractory %s", layer, synapse,
                                       membrane, refractory));
    }
    return VDIB_OK;
}

/* What was left out, dropped, empty or missing. */
static vdib_status add_notes(const vdib_dataset *dataset, vdib__report_content *content) {
    char *notes = NULL;
    VDIB_TRY(vdib_dataset_notes(dataset, &notes));
    vdib_status status = VDIB_OK;
    size_t lines = 0;
    for (char *line = notes; *line != '\0' && status == VDIB_OK && lines < MOST_NOTES; lines++) {
        size_t length = strcspn(line, "\n");
        status = vdib__report_fact_add(content, "Note on the data", "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
    vdib_text_free(notes);
    return status;
}

static vdib_status add_data(const vdib_run_info *info, const vdib_dataset *dataset, vdib__report_content *content) {
    VDIB_TRY(vdib__report_fact_add(content, "Data", "%s", vdib_dataset_summary(dataset)));
    if (info->data != NULL)
        VDIB_TRY(vdib__report_fact_add(content, "Data of the run", "%s", info->data));
    if (info->dataset != NULL)
        VDIB_TRY(vdib__report_fact_add(content, "Data of the run", "%s", info->dataset));
    if (info->images != NULL)
        VDIB_TRY(vdib__report_fact_add(content, "Images of the run", "%s", info->images));
    return add_notes(dataset, content);
}

/* What initialisation from data did, a line a layer. */
static vdib_status add_initialisation(const vdib_run_info *info, vdib__report_content *content) {
    for (const char *line = info->initialised; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\n");
        VDIB_TRY(vdib__report_fact_add(content, "Initial weights", "%.*s", (int)length, line));
        line += length + (line[length] == '\n');
    }
    return VDIB_OK;
}

static vdib_status add_machine(const vdib_run_info *info, vdib__report_content *content) {
    VDIB_TRY(vdib__report_fact_add(content, "Machine type", "%s", info->machine != NULL ? info->machine : "unknown"));
    VDIB_TRY(vdib__report_fact_add(content, "Kernel level", "%s", info->kernel != NULL ? info->kernel : "unknown"));
    return vdib__report_fact_add(content, "BLAS", "%s", info->blas != NULL ? info->blas : "unknown");
}

vdib_status vdib__report_facts(const char *folder, const vdib_model *model, const vdib_dataset *dataset,
                               vdib__report_content *content) {
    vdib_run_info info = {.size = sizeof(vdib_run_info)};
    VDIB_TRY(vdib_run_describe(folder, &info));
    vdib_status status = add_data(&info, dataset, content);
    if (status == VDIB_OK)
        status = add_network(model, content);
    if (status == VDIB_OK)
        status = add_times(model, content);
    if (status == VDIB_OK)
        status = add_initialisation(&info, content);
    if (status == VDIB_OK)
        status = vdib__report_fact_add(content, "Trained on", "%" PRIu64 " %s in %.1f s", model->examples,
                                       content->task == VDIB_REPORT_UNITS ? "sequences" : "examples", info.seconds);
    if (status == VDIB_OK && content->unread_lines > 0)
        status =
            vdib__report_fact_add(content, "Learning curves", "%zu lines of %s could not be read, and are left out",
                                  content->unread_lines, vdib_run_file_name(VDIB_RUN_FILE_METRICS));
    if (status == VDIB_OK)
        status = add_machine(&info, content);
    vdib_run_info_clear(&info);
    return status;
}
