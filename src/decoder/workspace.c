/* SPDX-License-Identifier: MIT */
/* Running a chain: activations and scratch of a batch, forward and backward through its layers. */
#include "core/alloc.h"
#include "core/error.h"
#include "core/matrix.h"
#include "core/text.h"
#include "decoder/layers.h"

struct vdib__chain_workspace {
    size_t batch;       /* the most examples */
    size_t forwarded;   /* examples of the last forward, 0 before it */
    vdib__ranks *ranks; /* that divided them, `group` by `group`; NULL: none */
    size_t group;
    const float *input;                    /* (B, inputs) of the last forward, the caller's */
    float *activations[VDIB_CHAIN_LAYERS]; /* (B, outputs) of each layer; a ReLU shares the one before it */
    float *gradients[2];                   /* (B, widest layer), of a layer's output and of its input by turns */
    vdib__convolution_scratch convolution;
};

/* ReLU needs its output alone to be differentiated, and no other layer needs its own output: it works in place. */
static bool in_place(const vdib__chain *chain, size_t layer) {
    return chain->layers[layer].kind == VDIB_LAYER_RELU && layer > 0;
}

/* Values of the widest layer whose gradient is kept: of all but the last. */
static size_t widest_gradient(const vdib__chain *chain) {
    size_t widest = 0;
    for (size_t l = 0; l + 1 < chain->count; l++)
        if (chain->layers[l].outputs > widest)
            widest = chain->layers[l].outputs;
    return widest;
}

size_t vdib__chain_workspace_bytes(const vdib__chain *chain, size_t batch, int threads) {
    size_t values = 2 * widest_gradient(chain);
    for (size_t l = 0; l < chain->count; l++)
        values += in_place(chain, l) ? 0 : chain->layers[l].outputs;
    return values * batch * sizeof(float) + vdib__convolution_scratch_bytes(chain, batch, threads);
}

vdib_status vdib__chain_workspace_create(const vdib__chain *chain, size_t batch, int threads,
                                         vdib__chain_workspace **workspace) {
    if (chain->count == 0 || batch == 0)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a workspace for %zu layer%s and %zu example%s; both are at least 1",
                          chain->count, vdib__s(chain->count), batch, vdib__s(batch));
    VDIB_TRY(vdib__blas_start());
    vdib__chain_workspace *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->batch = batch;
    vdib_status status;
    size_t widest = widest_gradient(chain);
    for (size_t l = 0; l < chain->count; l++) {
        size_t outputs = chain->layers[l].outputs, total;
        if (__builtin_mul_overflow(outputs, batch, &total)) {
            status = vdib__fail(VDIB_ERROR_MEMORY, "%zu example%s of %zu value%s do not fit in memory", batch,
                                vdib__s(batch), outputs, vdib__s(outputs));
            goto failed;
        }
        if (in_place(chain, l))
            made->activations[l] = made->activations[l - 1];
        else
            VDIB_TRY_GOTO(VDIB_NEW(&made->activations[l], total), failed);
    }
    for (size_t side = 0; side < 2; side++)
        VDIB_TRY_GOTO(VDIB_NEW(&made->gradients[side], batch * widest), failed);
    VDIB_TRY_GOTO(vdib__convolution_scratch_create(chain, batch, threads, &made->convolution), failed);
    *workspace = made;
    return VDIB_OK;
failed:
    vdib__chain_workspace_destroy(made);
    return status;
}

void vdib__chain_workspace_destroy(vdib__chain_workspace *workspace) {
    if (workspace == NULL)
        return;
    vdib__convolution_scratch_free(&workspace->convolution);
    for (size_t side = 0; side < 2; side++)
        vdib__free(workspace->gradients[side]);
    for (size_t l = VDIB_CHAIN_LAYERS; l-- > 0;)
        if (l == 0 || workspace->activations[l] != workspace->activations[l - 1])
            vdib__free(workspace->activations[l]);
    vdib__free(workspace);
}

/* A layer's weight or bias in an array laid out as the table. */
static size_t place(const vdib__tensor_table *table, size_t tensor) {
    return table->tensors[tensor].offset;
}

static void layer_forward(const vdib__layer *layer, const vdib__tensor_table *table, const float *parameters,
                          int threads, const vdib__convolution_scratch *scratch, const float *input, size_t batch,
                          float *output) {
    switch (layer->kind) {
    case VDIB_LAYER_AFFINE:
        vdib__affine_forward(layer, threads, parameters + place(table, layer->weight),
                             parameters + place(table, layer->bias), input, batch, output);
        break;
    case VDIB_LAYER_CONV1D:
    case VDIB_LAYER_CONV2D:
        vdib__convolution_forward(layer, threads, scratch, parameters + place(table, layer->weight),
                                  parameters + place(table, layer->bias), input, batch, output);
        break;
    case VDIB_LAYER_UPCONV2D:
        vdib__upconvolution_forward(layer, threads, scratch, parameters + place(table, layer->weight),
                                    parameters + place(table, layer->bias), input, batch, output);
        break;
    case VDIB_LAYER_MAX_POOL:
        vdib__max_pool_forward(layer, threads, input, batch, output);
        break;
    case VDIB_LAYER_RELU:
        vdib__relu_forward(threads, input, batch * layer->inputs, output);
        break;
    case VDIB_LAYER_FIRST:
        vdib__first_forward(layer, input, batch, output);
        break;
    case VDIB_LAYER_COUNT:
        vdib__count_forward(layer, input, batch, output);
        break;
    }
}

static vdib_status start_forward(vdib__chain_workspace *workspace, vdib__ranks *ranks, size_t group, const float *input,
                                 size_t batch) {
    if (batch == 0 || batch > workspace->batch)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "a batch of %zu example%s in a workspace that holds 1 to %zu", batch,
                          vdib__s(batch), workspace->batch);
    workspace->input = input;
    workspace->forwarded = batch;
    workspace->ranks = ranks;
    workspace->group = group;
    return VDIB_OK;
}

/* This process's part of the batch, whole groups of examples: all of it unless several ranks divide it. */
static vdib__portion own_part(const vdib__chain_workspace *workspace) {
    vdib__portion part = vdib__own_portion(workspace->ranks, workspace->forwarded / workspace->group);
    return (vdib__portion){part.begin * workspace->group, part.end * workspace->group};
}

/* All layers of the examples of that part. */
static void forward_part(const vdib__chain *chain, const vdib__tensor_table *table, const float *parameters,
                         int threads, const vdib__chain_workspace *workspace) {
    vdib__portion part = own_part(workspace);
    const float *input = workspace->input + part.begin * chain->inputs;
    for (size_t l = 0; l < chain->count && vdib__portion_size(part) > 0; l++) {
        float *output = workspace->activations[l] + part.begin * chain->layers[l].outputs;
        layer_forward(&chain->layers[l], table, parameters, threads, &workspace->convolution, input,
                      vdib__portion_size(part), output);
        input = output;
    }
}

vdib_status vdib__chain_forward(const vdib__chain *chain, const vdib__tensor_table *table, const float *parameters,
                                int threads, vdib__chain_workspace *workspace, const float *input, size_t batch,
                                const float **output) {
    VDIB_TRY(start_forward(workspace, NULL, 1, input, batch));
    forward_part(chain, table, parameters, threads, workspace);
    *output = workspace->activations[chain->count - 1];
    return VDIB_OK;
}

/* A row of values for each example, which all ranks are to have. */
static vdib__rows rows_of(const vdib__chain_workspace *workspace, float *values, size_t width) {
    return (vdib__rows){values, workspace->group * width * sizeof *values};
}

vdib_status vdib__chain_forward_divided(const vdib__chain *chain, const vdib__tensor_table *table,
                                        const float *parameters, int threads, vdib__chain_workspace *workspace,
                                        vdib__ranks *ranks, size_t group, float *input, size_t batch,
                                        const float **output) {
    vdib__rows arrays[VDIB_CHAIN_LAYERS + 1];
    size_t count = 0;
    VDIB_TRY(start_forward(workspace, ranks, group, input, batch));
    forward_part(chain, table, parameters, threads, workspace);
    arrays[count++] = rows_of(workspace, input, chain->inputs);
    for (size_t l = 0; l + 1 < chain->count; l++)
        if (!in_place(chain, l + 1))
            arrays[count++] = rows_of(workspace, workspace->activations[l], chain->layers[l].outputs);
    *output = workspace->activations[chain->count - 1];
    return vdib__ranks_share(ranks, batch / group, arrays, count);
}

/* A layer's way back: its activations, and where gradients go; input_gradient may be NULL. */
typedef struct way_back {
    const float *weight, *input, *output, *output_gradient;
    float *input_gradient;
    vdib__layer_gradients gradients;
} way_back;

static void layer_backward(const vdib__layer *layer, int threads, const vdib__convolution_scratch *scratch,
                           const way_back *w, size_t batch) {
    switch (layer->kind) {
    case VDIB_LAYER_AFFINE:
        break; /* affine_backward */
    case VDIB_LAYER_CONV1D:
    case VDIB_LAYER_CONV2D:
        vdib__convolution_backward(layer, threads, scratch, w->weight, w->input, w->output_gradient, batch,
                                   &w->gradients, w->input_gradient);
        break;
    case VDIB_LAYER_UPCONV2D:
        vdib__upconvolution_backward(layer, threads, scratch, w->weight, w->input, w->output_gradient, batch,
                                     &w->gradients, w->input_gradient);
        break;
    case VDIB_LAYER_MAX_POOL:
        vdib__max_pool_backward(layer, threads, w->input, w->output_gradient, batch, w->input_gradient);
        break;
    case VDIB_LAYER_RELU:
        vdib__relu_backward(threads, w->output, w->output_gradient, batch * layer->inputs, w->input_gradient);
        break;
    case VDIB_LAYER_FIRST:
        vdib__first_backward(layer, w->input, w->output_gradient, batch, w->input_gradient);
        break;
    case VDIB_LAYER_COUNT:
        vdib__count_backward(layer, w->output_gradient, batch, w->input_gradient);
        break;
    }
}

/* An affine layer brings each example's gradient down by itself: of several ranks each does its own part, and what the
 * layers below need of the others is gathered. */
static vdib_status affine_backward(const vdib__chain_workspace *workspace, const vdib__layer *layer, int threads,
                                   const way_back *w, size_t batch, bool first) {
    vdib__portion own = own_part(workspace);
    if (w->input_gradient != NULL && vdib__portion_size(own) > 0)
        vdib__affine_input_gradient(layer, threads, w->weight, w->output_gradient + own.begin * layer->outputs,
                                    vdib__portion_size(own), w->input_gradient + own.begin * layer->inputs);
    vdib__affine_weight_gradient(layer, threads, w->input, w->output_gradient, batch, &w->gradients);
    if (first)
        return VDIB_OK;
    const vdib__rows rows = rows_of(workspace, w->input_gradient, layer->inputs);
    return vdib__ranks_share(workspace->ranks, batch / workspace->group, &rows, 1);
}

static bool has_tensors(const vdib__layer *layer) {
    return layer->kind == VDIB_LAYER_AFFINE || layer->kind == VDIB_LAYER_CONV1D || layer->kind == VDIB_LAYER_CONV2D ||
           layer->kind == VDIB_LAYER_UPCONV2D;
}

vdib_status vdib__chain_backward(const vdib__chain *chain, const vdib__tensor_table *table, const float *parameters,
                                 int threads, vdib__chain_workspace *workspace, const float *output_gradient,
                                 size_t batch, const vdib__gradient_sink *sink, float *gradients,
                                 float *input_gradient) {
    if (batch == 0 || batch != workspace->forwarded)
        return vdib__fail(VDIB_ERROR_ARGUMENT,
                          "backward for %zu example%s after forward for %zu; both must be the same", batch,
                          vdib__s(batch), workspace->forwarded);
    for (size_t l = chain->count; l-- > 0;) {
        const vdib__layer *layer = &chain->layers[l];
        way_back w = {.input = l > 0 ? workspace->activations[l - 1] : workspace->input,
                      .output = workspace->activations[l],
                      .output_gradient = output_gradient,
                      .input_gradient = l > 0 ? workspace->gradients[l % 2] : input_gradient};
        if (has_tensors(layer)) {
            size_t weight = place(table, layer->weight), bias = place(table, layer->bias);
            w.weight = parameters + weight;
            w.gradients = (vdib__layer_gradients){gradients + weight, gradients + bias, sink, weight, bias};
        }
        if (layer->kind == VDIB_LAYER_AFFINE)
            VDIB_TRY(affine_backward(workspace, layer, threads, &w, batch, l == 0));
        else
            layer_backward(layer, threads, &workspace->convolution, &w, batch);
        output_gradient = w.input_gradient;
    }
    return VDIB_OK;
}
