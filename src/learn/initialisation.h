/* SPDX-License-Identifier: MIT */
#ifndef VDIB_LEARN_INITIALISATION_H
#define VDIB_LEARN_INITIALISATION_H
/* Initial weights from data: docs/method.md, eq. (41) and (42). On the first training examples in the seed's order,
 * layer by layer, each neuron's weights are scaled to a given spread of its potentials and its bias is shifted to a
 * given share of spikes. All sums are in double in the order of the examples: no bit depends on threads or batches. */

#include "data/dataset.h"
#include "model/model.h"

/* encoder.initialisation. */
typedef struct vdib__initialisation {
    vdib__choice choice;
    bool from_data;
} vdib__initialisation;

extern const vdib__choices vdib__initialisations;

static inline const vdib__initialisation *vdib__initialisation_of(const vdib__choice *choice) {
    return (const vdib__initialisation *)choice;
}

/* What a layer has reached, mean over its neurons (dense) or channels (convolutional). */
typedef struct vdib__initialised_layer {
    double spread; /* standard deviation of the potentials without refractoriness, feedback */
    double share;  /* of spikes; readout: the mean of sigma(u) */
    double scale;  /* what the weights were multiplied by */
    size_t silent; /* neurons or channels whose input never varies: they are left as they were */
    bool given;    /* weights of the program's or of a file, left as they are */
} vdib__initialised_layer;

typedef struct vdib__initialised {
    size_t examples; /* that were looked at */
    size_t layers;   /* hidden layers; the readout follows them */
    vdib__initialised_layer of[VDIB_ENCODER_LAYERS + 1];
} vdib__initialised;

/* Sets the encoder's weights from their law and then from the data. `order` is the one of training, from whose
 * beginning presentations are taken. VDIB_ERROR_CANCELLED if the caller asked to stop.
 * given (layers and readout), NULL at first: layers whose weights were changed since then. They stay as they are, and
 * so do those below all of them; the others, which read other spikes now, are set on the data again. */
vdib_status vdib__initialise(vdib_model *model, const vdib_dataset *dataset, vdib__order *order, int threads,
                             vdib_cancelled *cancelled, void *user, const bool *given, vdib__initialised *made);

/* How many examples of so many steps are run at once. */
size_t vdib__initialise_together(const vdib_model *model, size_t steps);

/* One line on layer `layer` of `made` (the readout is the last), at most `size` bytes. */
void vdib__initialised_line(const vdib__initialised *made, size_t layer, char *text, size_t size);

#endif
