/* SPDX-License-Identifier: MIT */
/* Scratch memory of whole-sequence passes: made once, so that no pass allocates. Nothing in it outlives a pass, and
 * nothing is read before it was written: it is not zeroed, and what an encoder's passes never use takes no physical
 * memory. */
#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "encoder/layers.h"

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static vdib_status new_matrix(size_t rows, size_t columns, float **matrix) {
    return vdib__allocate_unset(rows, columns * sizeof **matrix, (void **)matrix);
}

/* What the layers need: the most of each. */
static void measure(const vdib__encoder *encoder, vdib__encoder_workspace *w) {
    const vdib__readout *readout = &encoder->readout;
    if (encoder->absent)
        return;
    size_t inputs = vdib__panel_rows(readout->inputs);
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        inputs = larger(inputs, layer->convolutional ? 0 : vdib__panel_rows(layer->inputs));
        w->group_size = larger(w->group_size, layer->convolutional ? vdib__group_scratch(layer) : 0);
        w->packed_size = larger(w->packed_size, layer->convolutional ? vdib__group_packed(layer) : 0);
    }
    w->tile_size = w->steps > VDIB_TILE_STEPS ? w->steps * VDIB_BLOCK : 0;
    w->panel_size = w->count > 1 ? inputs * VDIB_BLOCK : 0;
    w->spread_size = larger(w->steps * readout->bases * vdib__blocks(readout->neurons, VDIB_BLOCK) * VDIB_BLOCK,
                            vdib__propagate_spread(encoder, w->count * w->steps));
    w->product_size = vdib__propagate_product(encoder);
}

static vdib_status create_scratch(vdib__encoder_workspace *w) {
    size_t threads = (size_t)w->threads;
    VDIB_TRY(new_matrix(threads * VDIB_TASK_TILES, w->tile_size, &w->tiles));
    VDIB_TRY(new_matrix(threads, w->panel_size, &w->panels));
    VDIB_TRY(new_matrix(threads, w->group_size, &w->groups));
    VDIB_TRY(new_matrix(1, w->packed_size, &w->packed));
    VDIB_TRY(new_matrix(threads, w->product_size, &w->products));
    VDIB_TRY(new_matrix(threads, VDIB_PIECE_VALUES, &w->pieces));
    return new_matrix(1, w->spread_size, &w->spread);
}

/* The constants beyond the last neuron of a row's last block stay 0. */
static vdib_status create_constants(const vdib__encoder *encoder, vdib__encoder_workspace *w) {
    for (size_t l = 0; l < encoder->layer_count; l++)
        if (encoder->layers[l].each)
            VDIB_TRY(VDIB_NEW(&w->each[l], VDIB_EACH_CONSTANTS * vdib__each_stride(&encoder->layers[l])));
    return VDIB_OK;
}

static vdib_status create_filters(const vdib__readout *readout, vdib__encoder_workspace *w) {
    size_t blocks = readout->bases * vdib__blocks(readout->neurons, VDIB_BLOCK);
    VDIB_TRY(VDIB_NEW(&w->filters, readout->bases + readout->feedback_bases));
    return VDIB_NEW(&w->tap_sums, blocks * readout->filter_steps);
}

vdib_status vdib__encoder_workspace_create(const vdib__encoder *encoder, size_t count, size_t steps, int threads,
                                           vdib__encoder_workspace **workspace) {
    vdib__encoder_workspace *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->count = count;
    made->steps = steps;
    made->threads = threads > 1 ? threads : 1;
    measure(encoder, made);
    vdib_status status = create_scratch(made);
    if (status == VDIB_OK)
        status = create_constants(encoder, made);
    if (status == VDIB_OK && encoder->readout.learns_filters)
        status = create_filters(&encoder->readout, made);
    if (status != VDIB_OK) {
        vdib__encoder_workspace_destroy(made);
        return status;
    }
    *workspace = made;
    return VDIB_OK;
}

void vdib__encoder_workspace_destroy(vdib__encoder_workspace *workspace) {
    if (workspace == NULL)
        return;
    for (size_t l = 0; l < VDIB_ENCODER_LAYERS; l++)
        vdib__free(workspace->each[l]);
    vdib__free(workspace->tap_sums);
    vdib__free(workspace->filters);
    vdib__free(workspace->spread);
    vdib__free(workspace->pieces);
    vdib__free(workspace->products);
    vdib__free(workspace->packed);
    vdib__free(workspace->groups);
    vdib__free(workspace->panels);
    vdib__free(workspace->tiles);
    vdib__free(workspace);
}

vdib_status vdib__pass_start(vdib__pass *pass) {
    const vdib__encoder_workspace *w = pass->workspace;
    if (pass->count > w->count)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a pass over %zu trial%s in a workspace made for %zu", pass->count,
                          vdib__s(pass->count), w->count);
    for (size_t i = 1; i < pass->count; i++)
        if (pass->trials[i]->others != pass->trials[0]->others)
            return vdib__fail(VDIB_ERROR_ARGUMENT, "trial %zu has %zu draws, trial 0 %zu; all must have the same", i,
                              pass->trials[i]->others + 1, pass->trials[0]->others + 1);
    for (size_t i = 0; i < pass->count; i++)
        if (pass->trials[i]->steps > w->steps)
            return vdib__fail(VDIB_ERROR_ARGUMENT, "trial %zu has %zu step%s; the workspace was made for %zu", i,
                              pass->trials[i]->steps, vdib__s(pass->trials[i]->steps), w->steps);
    if (pass->threads > w->threads)
        pass->threads = w->threads;
    for (size_t l = 0; l < pass->encoder->layer_count; l++)
        if (pass->encoder->layers[l].each)
            vdib__each_fill(&pass->encoder->layers[l], pass->table, pass->parameters, w->each[l]);
    pass->filters = vdib__pass_filters(pass, w->filters);
    return VDIB_OK;
}

const vdib__filter *vdib__pass_filters(const vdib__pass *pass, vdib__filter *memory) {
    const vdib__readout *readout = &pass->encoder->readout;
    if (!readout->learns_filters)
        return readout->filters;
    const float *taps = vdib__pass_tensor(pass, readout->taps);
    for (size_t k = 0; k < readout->bases; k++)
        memory[k] = vdib__filter_of(taps + k * readout->filter_steps, readout->filter_steps);
    for (size_t k = readout->bases; k < readout->bases + readout->feedback_bases; k++)
        memory[k] = readout->filters[k];
    return memory;
}

float *vdib__pass_tile(const vdib__pass *pass, vdib__task_tiles *tiles, size_t number) {
    const vdib__encoder_workspace *w = pass->workspace;
    if (w->tile_size == 0)
        return tiles->memory + number * VDIB_TILE;
    return w->tiles + (tiles->slot * VDIB_TASK_TILES + number) * w->tile_size;
}
