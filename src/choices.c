/* SPDX-License-Identifier: MIT */
/* The tables of choices that the keys of a configuration take. This file stands above all parts: it knows those that
 * implement the choices, and hands their tables to the configuration, which knows none of them. */
#include "config/tables.h"
#include "core/products.h"
#include "data/camera.h"
#include "data/data_name.h"
#include "data/inputs.h"
#include "data/recordings/units.h"
#include "decoder/channel.h"
#include "decoder/decoder.h"
#include "encoder/modes.h"
#include "encoder/surrogate.h"
#include "eval/judging.h"
#include "learn/estimator.h"
#include "learn/initialisation.h"
#include "learn/objective.h"
#include "learn/optimizer.h"
#include "learn/rates.h"
#include "learn/trainer.h"

const vdib__key_table vdib__key_tables[] = {
    {"data.input", &vdib__inputs},
    {"data.target", &vdib__targets},
    {"data.builtin", &vdib__builtins},
    {"data.motion", &vdib__motions},
    {"data.place", &vdib__places},
    {"data.time_unit", &vdib__time_units},
    {"neuron.model", &vdib__neuron_models},
    {"neuron.learn_tau", &vdib__learnt_times_choices},
    {"neuron.gain", &vdib__gains},
    {"neuron.surrogate", &vdib__surrogates},
    {"encoder.type", &vdib__encoder_types},
    {"encoder.initialisation", &vdib__initialisations},
    {"readout.feedback", &vdib__reaches},
    {"readout.type", &vdib__readout_types},
    {"numeric.products", &vdib__product_kinds},
    {"decoder.type", &vdib__decoders},
    {"decoder.coding", &vdib__codings},
    {"decoder.head", &vdib__heads},
    {"objective.reduction", &vdib__reductions},
    {"objective.rate_term", &vdib__rate_forms},
    {"learning.estimator", &vdib__estimators},
    {"learning.credit_assignment", &vdib__credits},
    {"learning.schedule", &vdib__schedules},
    {"learning.baseline", &vdib__baselines},
    {"learning.encoder_optimizer", &vdib__update_rules},
    {"learning.decoder_optimizer", &vdib__update_rules},
    {"learning.decay", &vdib__decays},
    {"channel.type", &vdib__channels},
    {"evaluation.judge", &vdib__judges},
    {NULL, NULL},
};
