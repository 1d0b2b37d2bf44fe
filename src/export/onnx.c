/* SPDX-License-Identifier: MIT */
/* ONNX: encoder and decoder as a model each. */
#include "export/onnx.h"

#include <inttypes.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"

const char *vdib__onnx_tensor(vdib__onnx *graph, const vdib_model *model, size_t tensor, size_t rank,
                              const size_t *shape) {
    const vdib__tensor *of = &model->table.tensors[tensor];
    return vdib__onnx_weights(graph, of->name, rank, shape, model->parameters + of->offset);
}

/* "28x28", of an image in colour "3x48x64". */
static const char *target_of(const vdib_model *model, vdib__onnx *graph) {
    const vdib_geometry *g = &model->geometry;
    if (model->head->classes)
        return vdib__onnx_text(graph, "1x%zu", g->classes);
    if (g->target_channels > 1)
        return vdib__onnx_text(graph, "%zux%zux%zu", g->target_channels, g->target_height, g->target_width);
    return vdib__onnx_text(graph, "%zux%zu", g->target_height, g->target_width);
}

/* What both files say of the model. */
static void add_properties(const vdib_model *model, vdib__onnx *graph, const char *part) {
    const vdib_geometry *g = &model->geometry;
    char digest[VDIB_MODEL_DIGEST] = "";
    if (vdib_model_digest(model, digest) != VDIB_OK)
        digest[0] = '\0';
    vdib__onnx_property(graph, "vdib.part", part);
    vdib__onnx_property(graph, "vdib.experiment", vdib__onnx_text(graph, "%s", model->config->experiment));
    vdib__onnx_property(graph, "vdib.model_digest", vdib__onnx_text(graph, "%s", digest));
    vdib__onnx_property(graph, "vdib.input",
                        vdib__onnx_text(graph, "%zux%zux%zu", g->input_channels, g->input_height, g->input_width));
    vdib__onnx_property(graph, "vdib.steps", vdib__onnx_text(graph, "%zu", g->steps));
    vdib__onnx_property(graph, "vdib.step_us",
                        vdib__onnx_text(graph, "%" PRId64, (int64_t)vdib_config_step_us(model->config)));
    vdib__onnx_property(graph, "vdib.blank_steps", vdib__onnx_text(graph, "%zu", model->config->data.blank_steps));
    vdib__onnx_property(graph, "vdib.window", vdib__onnx_text(graph, "%zu", model->window));
    vdib__onnx_property(graph, "vdib.target", target_of(model, graph));
}

typedef vdib_status build_part(const vdib__export *job, vdib__onnx **graph);

static vdib_status write_part(const vdib__export *job, const char *part, build_part *build, const char *path) {
    vdib__onnx *graph = NULL;
    VDIB_TRY(build(job, &graph));
    add_properties(job->model, graph, part);
    vdib_status status = vdib__onnx_write(graph, path);
    vdib__onnx_destroy(graph);
    return status == VDIB_OK ? vdib__export_wrote(job, path) : status;
}

static vdib_status write_in_folder(const vdib__export *job, const char *part, build_part *build, const char *name) {
    char *path = NULL;
    VDIB_TRY(vdib__path_join(job->path, name, &path));
    vdib_status status = write_part(job, part, build, path);
    vdib__free(path);
    return status;
}

/* What stands in neither file. */
static vdib_status note_rest(const vdib__export *job) {
    const vdib_model *model = job->model;
    const vdib_config *config = model->config;
    if (config->data.blank_steps > 0 && !model->encoder.absent)
        VDIB_TRY(vdib__export_note(job, "data.blank_steps", "", VDIB_FIDELITY_LEFT_OUT, -1,
                                   "run the encoder %zu steps without input before an example, from states of 0",
                                   config->data.blank_steps));
    if (!vdib__choice_is(&vdib__channel_of(config->channel.type)->choice, "none"))
        VDIB_TRY(vdib__export_note(job, "channel", "", VDIB_FIDELITY_LEFT_OUT, -1,
                                   "channel.type=%s lies between the two files: what happens to spikes on the way is "
                                   "the caller's",
                                   config->channel.type->name));
    if (model->table.role_count[VDIB_TENSOR_FIXED] > 0)
        VDIB_TRY(vdib__export_note(job, "feedback", "", VDIB_FIDELITY_LEFT_OUT, -1,
                                   "fixed matrices that training alone uses"));
    return VDIB_OK;
}

static vdib_status write_both(const vdib__export *job) {
    size_t length = strlen(job->path);
    if (length >= 5 && strcmp(job->path + length - 5, ".onnx") == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "%s: encoder and decoder are two ONNX files; name a folder for both, or ask for one of them "
                          "(--only encoder, --only decoder)",
                          job->path);
    VDIB_TRY(vdib__export_folder(job));
    if (job->model->encoder.absent)
        VDIB_TRY(vdib__export_note(job, "encoder", "", VDIB_FIDELITY_EXACT, -1,
                                   "there is none: the decoder reads counts of the input's spikes"));
    else
        VDIB_TRY(write_in_folder(job, "encoder", vdib__onnx_encoder, "encoder.onnx"));
    return write_in_folder(job, "decoder", vdib__onnx_decoder, "decoder.onnx");
}

static vdib_status write_onnx(const vdib__export *job) {
    VDIB_TRY(vdib__export_check_only(job, "encoder decoder"));
    if (job->options->program != NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "export: a program (--for %s) is chosen for nir alone; leave it out",
                          job->options->program);
    const char *only = job->options->only;
    bool encoder = vdib__export_wants(job, "encoder");
    if (only != NULL && encoder && job->model->encoder.absent)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "export: the model has encoder.type=%s, and no encoder to write; ask for the decoder alone",
                          job->model->config->encoder.type->name);
    if (only == NULL) {
        VDIB_TRY(write_both(job));
        return note_rest(job);
    }
    VDIB_TRY(vdib__export_file(job));
    VDIB_TRY(write_part(job, only, encoder ? vdib__onnx_encoder : vdib__onnx_decoder, job->path));
    return note_rest(job);
}

const vdib__export_format vdib__export_onnx = {
    .choice = {.name = "onnx",
               .help = "a folder with encoder.onnx, one time step with its state in and out, and decoder.onnx; a file "
                       "with --only"},
    .write = write_onnx,
};
