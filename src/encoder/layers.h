/* SPDX-License-Identifier: MIT */
#ifndef VDIB_ENCODER_LAYERS_H
#define VDIB_ENCODER_LAYERS_H
/* What the files of this folder share: products of spikes and weights, and the passes of one layer. Whole sequences and
 * single steps form every sum in the same order. */

#include <string.h>

#include "core/error.h"
#include "core/gradient.h"
#include "core/ranks.h"
#include "encoder/changes.h"
#include "encoder/encoder.h"
#include "encoder/kernels.h"

/* ---- a pass over trials ---- */

/* Values of a piece of a gradient that a backward pass collects: too many for a stack. 256 KiB stay in the second-level
 * cache while the examples of a batch pass by. */
enum { VDIB_PIECE_VALUES = 1 << 16 };

/* Scratch of passes; sizes count floats, those of what each thread has are of one thread's. */
struct vdib__encoder_workspace {
    size_t count, steps; /* the most trials, and the most steps of one */
    int threads;         /* the most */
    float *tiles;        /* of the threads, (VDIB_TASK_TILES, T, VDIB_BLOCK), if T is more than VDIB_TILE_STEPS */
    size_t tile_size;    /* of one tile */
    float *panels;       /* of the threads, for batches: a block of columns of the weights at work */
    size_t panel_size;   /* (inputs of the widest dense product, VDIB_BLOCK) */
    float *groups;       /* of the threads: groups of channels of a convolution */
    size_t group_size;
    float *packed; /* (groups of channels, taps, VDIB_GROUP) kernels of the convolution at work */
    size_t packed_size;
    /* bp and fa: rows of errors that are brought to a layer, (rows, length); then, in a backward pass over one
     * trial, the tiles of V's gradient, (tiles, T, VDIB_BLOCK) */
    float *spread;
    size_t spread_size;
    float *products; /* of the threads, bp and fa: part of a product of these rows */
    size_t product_size;
    float *pieces; /* of the threads, VDIB_PIECE_VALUES: rows of a gradient until they are handed over */
    float *each[VDIB_ENCODER_LAYERS]; /* constants of the layers that have arrays of them (each.c); else NULL */
    vdib__filter *filters;            /* (K + KF) of the pass at work, where they are learnt */
    double *tap_sums;                 /* (blocks of currents, tau) learnt filters: shares of their gradient */
};

/* Everything that a pass reads. */
typedef struct vdib__pass {
    const vdib__encoder *encoder;
    const vdib__encoder_kernels *kernels;
    const vdib__tensor_table *table;
    const float *parameters;     /* (table->total) */
    const vdib__filter *filters; /* (K, then KF) of the readout */
    int threads;
    vdib__trial *const *trials; /* (count) */
    size_t count;
    /* backward: what a feedback mode may read, one of each for every trial (encoder.h) */
    const float *const *hidden_errors;  /* dfa: (T, NY); NULL: the trials' own errors */
    const float *const *targets;        /* drtp: (targets) */
    const float *target_weights;        /* drtp; NULL: 1 */
    vdib__encoder_workspace *workspace; /* NULL for single steps, which need none */
} vdib__pass;

/* A pass over trials[0 .. count). */
static inline vdib__pass vdib__pass_over(const vdib__encoder *encoder, const vdib__tensor_table *table,
                                         const float *parameters, int threads, vdib__encoder_workspace *workspace,
                                         vdib__trial *const *trials, size_t count) {
    return (vdib__pass){.encoder = encoder,
                        .kernels = vdib__encoder_kernels_of(encoder->level),
                        .table = table,
                        .parameters = parameters,
                        .threads = threads,
                        .workspace = workspace,
                        .trials = trials,
                        .count = count};
}

/* Work over the trials of a pass that may fail: a context of vdib__parallel. */
typedef struct vdib__fallible {
    const vdib__pass *pass;
    vdib__failure *failure;
    size_t number; /* of the layer at work */
} vdib__fallible;

static inline const float *vdib__pass_tensor(const vdib__pass *pass, size_t tensor) {
    return pass->parameters + pass->table->tensors[tensor].offset;
}

/* The taps (K, tau) of the readout's filters a_k. */
static inline const float *vdib__pass_taps(const vdib__pass *pass) {
    const vdib__readout *readout = &pass->encoder->readout;
    return readout->learns_filters ? vdib__pass_tensor(pass, readout->taps) : readout->basis;
}

/* The filters of the readout for these parameters: its own, or those in `memory` (K + KF) if they are learnt. */
const vdib__filter *vdib__pass_filters(const vdib__pass *pass, vdib__filter *memory);

/* Tiles that a task works in: on its stack for sequences up to VDIB_TILE_STEPS, else those of its slot in the
 * workspace. */
enum { VDIB_TASK_TILES = 2 };
typedef struct vdib__task_tiles {
    _Alignas(64) float memory[VDIB_TASK_TILES * VDIB_TILE];
    size_t slot; /* of the task, core/threads.h: to be set before the first tile is asked for */
} vdib__task_tiles;

/* Whether the trials fit into the pass's workspace; the pass takes no more threads than that was made for. */
vdib_status vdib__pass_start(vdib__pass *pass);
float *vdib__pass_tile(const vdib__pass *pass, vdib__task_tiles *tiles, size_t number);

/* Rows of `width` columns from one matrix to another, or to a tile or back; strides are the columns of each. */
static inline void vdib__copy_columns(float *to, size_t to_stride, const float *from, size_t from_stride, size_t rows,
                                      size_t width) {
    for (size_t row = 0; row < rows; row++)
        memcpy(to + row * to_stride, from + row * from_stride, width * sizeof *to);
}

/* ---- dense products, tile by tile ---- */

/* The columns of a weight tensor (rows, groups, neurons), cut into tiles that do not cross groups. */
typedef struct vdib__tiling {
    size_t groups, neurons; /* 1, NH or K, NY */
    size_t blocks;          /* tiles of a group */
    size_t columns;
} vdib__tiling;

typedef struct vdib__tile {
    size_t group, begin, width; /* neurons [begin, begin + width) */
    size_t column;
} vdib__tile;

vdib__tiling vdib__tiling_of(size_t groups, size_t neurons);

static inline vdib__tile vdib__tile_at(const vdib__tiling *tiling, size_t number) {
    vdib__tile at = {.group = number / tiling->blocks, .begin = number % tiling->blocks * VDIB_BLOCK};
    at.width = tiling->neurons - at.begin < VDIB_BLOCK ? tiling->neurons - at.begin : VDIB_BLOCK;
    at.column = at.group * tiling->neurons + at.begin;
    return at;
}

/* Where the weights of one tile are: `width` columns of rows that are `columns` apart, and copied without gaps if
 * several trials share them. Rows far apart share sets of the caches: the block would be fetched anew for every
 * trial. */
typedef struct vdib__tile_weights {
    const float *weights;
    size_t columns, width;
    const float *panel; /* (inputs, VDIB_BLOCK), 0 beyond the width; or NULL */
} vdib__tile_weights;

/* Rows of the panel of a layer of so many inputs; 0: it has none. */
size_t vdib__panel_rows(size_t inputs);

/* The weights of a tile of the tensor of layer `number` (layer_count: the readout) for trials [first, last): copied
 * to the panel of the task's slot if that is less work than they save. */
vdib__tile_weights vdib__tile_weights_of(const vdib__pass *pass, size_t number, const vdib__tile *at, size_t first,
                                         size_t last, size_t slot);

/* tile (T, VDIB_BLOCK): row t = the sum of the weight rows of the channels that spike in step t. Columns beyond the
 * width are 0. The same bits with and without a panel. */
void vdib__tile_currents(const vdib__product_kernels *kernels, const vdib__changes *changes,
                         const vdib__tile_weights *of, float *tile);

/* Trials of a task that works on one of `blocks` blocks of columns: as many as possible, if all threads have enough
 * tasks. */
size_t vdib__trials_together(const vdib__pass *pass, size_t blocks);

/* The gradient of that product for all trials: what it is of, and where the tile of trial i comes from: the sums of
 * the errors over the steps in which an entry counts (suffix sums). It is formed in `made` unless it is stored
 * already; tile 0 of `own` may be used for it. */
typedef struct vdib__gradient_task {
    size_t number; /* layer; layer_count for the readout */
    size_t rows;   /* inputs */
    size_t offset; /* of the weight tensor */
    vdib__tiling tiling;
    bool stored; /* `tile` gives what lies in layers[number].errors, tile after tile */
    const float *(*tile)(const vdib__pass *pass, size_t number, size_t i, const vdib__tile *at, vdib__task_tiles *tiles,
                         float *made);
} vdib__gradient_task;

/* Rows go to the sink, or, if it is NULL, to the array of all gradients. Trials are summed in order. */
void vdib__weight_gradient(const vdib__pass *pass, const vdib__gradient_task *task, const vdib__gradient_sink *sink,
                           float *gradients);

/* Hands a small tensor that is ready in `gradients` to the sink, if there is one. */
void vdib__small_gradient(const vdib__pass *pass, size_t tensor, const vdib__gradient_sink *sink,
                          const float *gradients);

/* ---- convolutions of whole sequences, VDIB_GROUP output channels at a time ---- */

static inline size_t vdib__groups(const vdib__lif_layer *layer) {
    return (layer->out_channels + VDIB_GROUP - 1) / VDIB_GROUP;
}

/* Floats of scratch that a thread needs for a layer, and of all its packed kernels. */
size_t vdib__group_scratch(const vdib__lif_layer *layer);
size_t vdib__group_packed(const vdib__lif_layer *layer);

/* pass->packed = the kernels of a layer: before the currents of its groups. */
void vdib__groups_pack(const vdib__pass *pass, size_t number);
/* errors rows (T, NH) of the channels of one group = W s of every step. `slot` is the task's, here and below. */
void vdib__group_currents(const vdib__pass *pass, size_t number, vdib__trial *trial, size_t group, size_t slot);
/* gradient (out_channels, in_channels, kernel, kernel): the part of one group, all trials in order. */
void vdib__group_gradient(const vdib__pass *pass, size_t number, size_t group, size_t slot, float *gradient);

/* pass->packed = kernels for the adjoint of a layer's convolution: weights or what stands for them, (out_channels,
 * in_channels, kernel, kernel). */
void vdib__groups_pack_adjoint(const vdib__pass *pass, size_t number, const float *weights);
/* errors (inputs) = that adjoint for one step: values (neurons). */
void vdib__groups_adjoint(const vdib__pass *pass, size_t number, const float *values, size_t slot, float *errors);

/* ---- convolutions step by step; maps are (channel, row, column) ---- */

vdib__patch vdib__patch_of(const vdib__lif_layer *layer, uint32_t input);

/* Adds `value` times its kernel patch of output channel `channel` to the map (out_height, out_width) for one input. */
void vdib__convolution_scatter(const vdib__lif_layer *layer, const float *weights, size_t channel, uint32_t input,
                               float value, float *map);
/* The gradient of that: kernel gradients (in_channels, kernel, kernel) of one output channel from the map's errors. */
void vdib__convolution_collect(const vdib__lif_layer *layer, uint32_t input, float value, const float *map,
                               float *gradient);
/* Number of (kernel row, kernel column) whose output position exists for an input. */
size_t vdib__convolution_reach(const vdib__lif_layer *layer, uint32_t input);

/* ---- max-pooling ---- */

/* Spikes (outputs, as bits) of one step from the potentials (neurons). */
void vdib__lif_spikes(const vdib__lif_kernels *kernels, const vdib__lif_layer *layer, const float *potentials,
                      uint64_t *bits);

/* errors (neurons): gradient (outputs) goes to the neuron with the largest potential of each window, the first on
 * ties. */
void vdib__lif_unpool(const vdib__lif_layer *layer, const float *potentials, const float *gradient, float *errors);

/* ---- LIF layers of whole sequences ---- */

/* The running state of neurons [begin, ...) laid out in `memory` (VDIB_LIF_STATES, neurons). */
enum { VDIB_LIF_STATES = 6 };
vdib__lif_state vdib__lif_state_at(float *memory, size_t neurons, size_t begin);
/* One step of `neurons` neurons side by side, by the kernels of their kind; `each` is read where the layer has arrays:
 * the same bits as whole sequences. */
void vdib__lif_step(const vdib__encoder_kernels *kernels, const vdib__lif_layer *layer, const vdib__lif_each *each,
                    size_t neurons, const float *current, const vdib__lif_state *state, float *potentials);
/* bias (neurons) of each neuron from the tensor (out_channels). */
void vdib__lif_bias(const vdib__lif_layer *layer, const float *bias, size_t begin, size_t end, float *values);

/* Constants as arrays (VDIB_EACH_CONSTANTS, stride), a row a whole number of blocks. */
size_t vdib__each_stride(const vdib__lif_layer *layer);
void vdib__each_fill(const vdib__lif_layer *layer, const vdib__tensor_table *table, const float *parameters,
                     float *constants);
/* What dL/d(decay) of time constant `tau` of a unit is multiplied by for dL/d(log tau). */
float vdib__log_tau_slope(const vdib__lif_layer *layer, const vdib__tensor_table *table, const float *parameters,
                          int tau, size_t unit);

/* Those of a pass, from neuron `begin` on. */
static inline vdib__lif_each vdib__pass_each(const vdib__pass *pass, size_t number, size_t begin) {
    return (vdib__lif_each){.constants = pass->workspace->each[number] + begin,
                            .stride = vdib__each_stride(&pass->encoder->layers[number])};
}

/* Potentials, spikes, and the entries of the layer above, of every trial. */
vdib_status vdib__lif_forward(const vdib__pass *pass, size_t number);

/* From what the feedback brings to layers[number].errors = dL/d(W s), and each trial's sums, which lie in its state
 * until the next layer's adjoint. */
void vdib__lif_adjoint(const vdib__pass *pass, size_t number);
/* Those sums of a trial: row 0 is of dL/du, for the bias; rows 1 to VDIB_TAUS of dL/d(decay), of no bytes where no time
 * constant is learnt. One row of neurons each. */
vdib__rows vdib__lif_kept_sums(const vdib__trial *trial, const vdib__lif_layer *layer, int row);
/* From the sums of all trials the gradients of bias and time constants. */
void vdib__lif_sums(const vdib__pass *pass, size_t number, float *gradients);
/* The gradient of the weight from these errors; hands over both. */
void vdib__lif_gradient(const vdib__pass *pass, size_t number, const vdib__gradient_sink *sink, float *gradients);

/* ---- readout ---- */

/* What a joined readout reads in a step: bits (words of all its inputs) = the outputs of the last hidden layer, then
 * `count` spikes of the sensor. */
void vdib__join(const vdib__encoder *encoder, const uint64_t *outputs, const uint32_t *spikes, size_t count,
                uint64_t *bits);

/* Where a step's results go, each (NY). */
typedef struct vdib__readout_output {
    float *potentials, *probabilities, *spikes;
} vdib__readout_output;

/* Readout neurons [begin, end) of step `step` (begin a multiple of VDIB_BLOCK; all of them if lateral). */
typedef struct vdib__readout_turn {
    size_t begin, end, step;
    float *feedback; /* (period, KF, NY) feedback currents by basis: step t is in row t % period */
    size_t period;
    const vdib__key *key;
    uint32_t draw;
    const float *forced; /* (NY) spikes to take instead of drawing them; may be NULL */
} vdib__readout_turn;

/* Adds the feedback to potentials that lack it, draws the spikes, and leaves their feedback currents in `own`. */
void vdib__readout_step(const vdib__pass *pass, const vdib__readout_turn *turn, const vdib__readout_output *output);

/* The end of a step whose potentials are formed already: probabilities and spikes. */
void vdib__readout_draw(const vdib__pass *pass, size_t begin, size_t end, const vdib__key *key, uint32_t draw,
                        const float *forced, const vdib__readout_output *output);

vdib_status vdib__readout_forward(const vdib__pass *pass, const vdib__key *keys, const float *const *forced);

/* The gradient of f, from the spikes and errors of every draw. */
void vdib__readout_feedback_gradient(const vdib__pass *pass, float *gradients);
/* Sums the errors of all draws of a trial into its own. */
void vdib__readout_merge(const vdib__pass *pass);
/* Errors of neurons side by side, data steps: dL/dh, and dL/du afterwards. */
typedef struct vdib__surrogate_rows {
    size_t steps, begin, width; /* neurons [begin, begin + width) */
    float *errors;              /* (steps, width), rows `stride` apart */
    size_t stride;
    const float *potentials; /* (steps, width), rows as far apart as the layer has neurons */
    float *held[2];          /* (width) scratch of bptt */
} vdib__surrogate_rows;

/* Through the surrogate, and under bptt back in time through the traces of the neurons' own spikes. */
void vdib__surrogate_adjoint(const vdib__pass *pass, size_t number, const vdib__surrogate_rows *rows);

/* Gradients of V and bias, from the sums; hands over these and that of f. */
void vdib__readout_gradient(const vdib__pass *pass, const vdib__gradient_sink *sink, float *gradients);

/* spread (rows, K, NY) = the adjoint FIR of a trial's errors in steps [first, first + rows), which bp and fa bring
 * to the last hidden layer: one block of readout neurons. */
void vdib__readout_spread(const vdib__pass *pass, const vdib__trial *trial, size_t block, size_t first, size_t rows,
                          size_t slot, float *spread);

/* ---- several ranks ---- */

/* Instead of the errors of all trials of a pass: this rank's own are brought down, all ranks tell each other theirs,
 * and the gradients that are sums of these alone (f, biases, time constants) are formed. Afterwards every trial holds
 * what the gradients of the weights are made of. */
vdib_status vdib__exchange_errors(const vdib__pass *all, vdib__ranks *ranks, float *gradients);

/* ---- feedback: what reaches a hidden layer ---- */

/* Whether errors go from layer to layer (bp, fa), not from the readout or the target to each. */
static inline bool vdib__is_propagated(const vdib__encoder *encoder) {
    return encoder->credit->layered;
}

/* Once a layer, before its blocks: what needs the whole of the layer above, or all trials at once. */
void vdib__feedback_prepare(const vdib__pass *pass, size_t number);

/* Whether the layer above brings its gradient as maps: one convolution brings it to another layer. */
static inline bool vdib__comes_as_maps(const vdib__encoder *encoder, size_t number) {
    return encoder->credit->layered && number + 1 < encoder->layer_count && encoder->layers[number + 1].convolutional;
}

/* Whether vdib__feedback_prepare has left dL/dh where it belongs: dense, tile by tile in layers[number].errors,
 * columns beyond the width 0; convolutional, in trial->gradient. */
static inline bool vdib__is_prepared(const vdib__encoder *encoder, size_t number) {
    return encoder->credit->layered && !vdib__comes_as_maps(encoder, number);
}

/* bp and fa from a dense layer or the readout to the layer below, all trials (propagate.c). */
void vdib__propagate(const vdib__pass *pass, size_t number);
/* Floats of workspace->spread that this needs for `rows` data steps, of all trials, and floats of one thread's
 * product. */
size_t vdib__propagate_spread(const vdib__encoder *encoder, size_t rows);
size_t vdib__propagate_product(const vdib__encoder *encoder);

/* The errors of a dense layer are stored tile by tile. */
static inline float *vdib__errors_tile(const vdib__trial *trial, size_t number, size_t block) {
    return trial->layers[number].errors + block * trial->steps * VDIB_BLOCK;
}

/* Elements that the layer's surrogate lets through in so many steps from `first` on, of one block of neurons (one
 * word of `words` a step). */
size_t vdib__count_open(const uint64_t *open, size_t words, size_t first, size_t steps);
/* A dot product by itself costs a few times its share of a matrix product: up to 1/VDIB_SPARSE_SHARE of the elements
 * are formed one by one. */
enum { VDIB_SPARSE_SHARE = 4 };

/* Without vdib__is_prepared: gradient rows t = blank .. T - 1, `stride` apart: dL/dh of outputs [begin, begin +
 * width) of hidden layer `number`, width up to VDIB_BLOCK. Where the layer's own surrogate makes it 0 anyway it may
 * be left 0. */
void vdib__feedback_block(const vdib__pass *pass, size_t number, size_t i, size_t begin, size_t width, float *gradient,
                          size_t stride);

#endif
