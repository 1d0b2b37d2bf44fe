/* SPDX-License-Identifier: MIT */
#include "learn/updates.h"

#include "core/error.h"
#include "learn/plan.h"
#include "learn/rates.h"

/* Rows of the encoder's dense weights are silent when their input never spikes. */
static vdib_status add_silent_rows(const vdib_model *model, vdib__optimizer *optimizer) {
    const vdib__encoder *encoder = &model->encoder;
    const vdib__readout *readout = &encoder->readout;
    if (encoder->absent)
        return VDIB_OK;
    for (size_t l = 0; l < encoder->layer_count; l++) {
        const vdib__lif_layer *layer = &encoder->layers[l];
        if (!layer->convolutional)
            VDIB_TRY(vdib__optimizer_add_rows(optimizer, model->table.tensors[layer->weight].offset, layer->inputs,
                                              layer->neurons));
    }
    return vdib__optimizer_add_rows(optimizer, model->table.tensors[readout->weight].offset, readout->inputs,
                                    readout->bases * readout->neurons);
}

/* The weight decay of an update shrinks as much as those of the updates that it stands for. */
static float weight_decay_of(const vdib_config *config) {
    double span = vdib__batch_span(config), rate = vdib__batch_rate(config, true);
    return (float)(config->learning.weight_decay * (span / rate));
}

vdib__optimizer vdib__updates_optimizer(const vdib_model *model, bool encoder) {
    const vdib_config *config = model->config;
    vdib__tensor_role role = encoder ? VDIB_TENSOR_ENCODER : VDIB_TENSOR_DECODER;
    bool weighs = vdib__baseline_of(vdib__config_baseline(config))->per_parameter;
    size_t end = model->table.role_begin[role] + model->table.role_count[role];
    return (vdib__optimizer){
        .rule = vdib__update_rule_of(encoder ? config->learning.encoder_optimizer : config->learning.decoder_optimizer),
        .beta = {vdib__batch_memory(config, VDIB_ADAM_BETA1), vdib__batch_memory(config, VDIB_ADAM_BETA2)},
        .weight_decay = weight_decay_of(config),
        .clip_norm = config->learning.clip_norm,
        .average_memory = vdib__batch_memory(config, config->learning.average_memory),
        .memory = (float)config->learning.baseline_memory,
        .baseline = encoder && weighs,
        .first_parameter = model->table.role_begin[role],
        .count = model->table.role_count[role],
        .apart = encoder ? end - vdib__encoder_times_begin(&model->encoder, &model->table) : 0,
        .apart_least = model->encoder.least_log_tau,
        .apart_most = model->encoder.most_log_tau,
        .level = model->encoder.level,
    };
}

static vdib_status start_optimizer(const vdib_model *model, bool encoder, vdib__optimizer *optimizer) {
    *optimizer = vdib__updates_optimizer(model, encoder);
    VDIB_TRY(vdib__optimizer_start(optimizer));
    const vdib__readout *readout = &model->encoder.readout;
    if (encoder && readout->learns_filters)
        vdib__optimizer_scale(optimizer, model->table.tensors[readout->taps].offset,
                              model->table.tensors[readout->taps].count, model->config->learning.filter_rate_scale);
    return encoder ? add_silent_rows(model, optimizer) : VDIB_OK;
}

vdib_status vdib__updates_start(vdib_trainer *trainer) {
    VDIB_TRY(start_optimizer(trainer->model, true, &trainer->encoder));
    VDIB_TRY(start_optimizer(trainer->model, false, &trainer->decoder));
    if (trainer->averaged != NULL) {
        trainer->encoder.average = trainer->averaged->parameters + trainer->encoder.first_parameter;
        trainer->decoder.average = trainer->averaged->parameters + trainer->decoder.first_parameter;
    }
    vdib__updates_begin(trainer, 0);
    return VDIB_OK;
}

void vdib__updates_begin(vdib_trainer *trainer, uint64_t count) {
    const vdib_config *config = trainer->model->config;
    double share = vdib__rate_share(config, trainer->model->examples, count);
    double larger[2] = {vdib__batch_rate(config, trainer->encoder.rule->moments),
                        vdib__batch_rate(config, trainer->decoder.rule->moments)};
    trainer->learning_rates[0] = config->learning.encoder_learning_rate * (share * larger[0]);
    trainer->learning_rates[1] = config->learning.decoder_learning_rate * (share * larger[1]);
    vdib__plan_price(&trainer->plan, config->objective.beta * vdib__rise(config->objective.beta_warmup_examples,
                                                                         trainer->model->examples, count));
    trainer->encoder.learning_rate = (float)trainer->learning_rates[0];
    trainer->decoder.learning_rate = (float)trainer->learning_rates[1];
    double apart = config->learning.tau_learning_rate * (share * larger[0]);
    trainer->encoder.apart_learning_rate = (float)apart;
}

/* ---- updates of a half, piece by piece if its rule allows it ---- */

static vdib__optimizer *optimizer_of(vdib_trainer *trainer, bool encoder) {
    return encoder ? &trainer->encoder : &trainer->decoder;
}

/* Ranks divide the pieces of whole batches: those of a smaller one may be cut otherwise. */
static bool divides(const vdib_trainer *trainer, bool encoder, size_t samples) {
    const vdib__optimizer *optimizer = encoder ? &trainer->encoder : &trainer->decoder;
    return vdib__ranks_divide_updates(trainer->ranks) && vdib__optimizer_takes_pieces(optimizer) &&
           samples == trainer->model->config->learning.batch_size * (encoder ? 1 : trainer->plan.draws);
}

typedef struct taking {
    vdib_trainer *trainer;
    bool encoder;
} taking;

static void take(void *user, const vdib__gradient_piece *piece) {
    const taking *t = user;
    vdib__optimizer_take(optimizer_of(t->trainer, t->encoder), t->trainer->model->parameters, piece);
    if (piece->divided)
        vdib__divided_note(&t->trainer->divided[t->encoder], piece);
}

/* Where the gradients of `samples` examples or draws go; NULL if they are all wanted first. */
static vdib_status begin_update(taking *t, size_t samples, double loss, vdib__gradient_sink *sink,
                                const vdib__gradient_sink **to) {
    vdib_trainer *trainer = t->trainer;
    vdib__divided *divided = &trainer->divided[t->encoder];
    *sink = (vdib__gradient_sink){.take = take, .user = t};
    *to = vdib__optimizer_takes_pieces(optimizer_of(trainer, t->encoder)) ? sink : NULL;
    if (divides(trainer, t->encoder, samples)) {
        sink->part = vdib__ranks_own(trainer->ranks);
        sink->parts = vdib__ranks_count(trainer->ranks);
        vdib__divided_begin(divided);
    } else if (trainer->ranks != NULL) {
        VDIB_TRY(vdib__divided_collect(divided, trainer->ranks, optimizer_of(trainer, t->encoder)));
    }
    if (*to != NULL)
        vdib__optimizer_begin(optimizer_of(trainer, t->encoder), loss);
    return VDIB_OK;
}

static vdib_status end_update(const taking *t, const vdib__gradient_sink *to, int threads, double loss) {
    vdib_trainer *trainer = t->trainer;
    vdib__optimizer *optimizer = optimizer_of(trainer, t->encoder);
    float *parameters = trainer->model->parameters;
    if (to == NULL) {
        vdib__optimizer_update(optimizer, threads, parameters, trainer->gradients, loss);
        return VDIB_OK;
    }
    if (vdib__sink_divides(to))
        VDIB_TRY(vdib__divided_share(&trainer->divided[t->encoder], trainer->ranks, optimizer, parameters));
    vdib__optimizer_end(optimizer);
    return VDIB_OK;
}

vdib_status vdib__updates_collect(vdib_trainer *trainer) {
    for (int encoder = 0; encoder < 2 && trainer->ranks != NULL; encoder++)
        VDIB_TRY(
            vdib__divided_collect(&trainer->divided[encoder], trainer->ranks, optimizer_of(trainer, encoder != 0)));
    return VDIB_OK;
}

vdib_status vdib__update_decoder(vdib_trainer *trainer, int threads, vdib__chain_workspace *workspace,
                                 const float *logit_gradients, size_t count, float *window_gradients) {
    vdib_model *model = trainer->model;
    taking t = {trainer, false};
    vdib__gradient_sink sink;
    const vdib__gradient_sink *to = NULL;
    VDIB_TRY(begin_update(&t, count, 0.0, &sink, &to));
    VDIB_TRY(vdib__chain_backward(&model->decoder, &model->table, model->parameters, threads, workspace,
                                  logit_gradients, count, to, trainer->gradients, window_gradients));
    return end_update(&t, to, threads, 0.0);
}

vdib_status vdib__update_encoder(vdib_trainer *trainer, vdib__encoder_workspace *workspace, vdib__trial *const *trials,
                                 const float *const *hidden_errors, const float *const *targets,
                                 const float *target_weights, size_t count, double loss) {
    vdib_model *model = trainer->model;
    taking t = {trainer, true};
    vdib__gradient_sink sink;
    const vdib__gradient_sink *to = NULL;
    VDIB_TRY(begin_update(&t, count, loss, &sink, &to));
    VDIB_TRY(vdib__encoder_backward(&model->encoder, &model->table, model->parameters, trainer->threads, workspace,
                                    trainer->ranks, trials, hidden_errors, targets, target_weights, count, to,
                                    trainer->gradients));
    return end_update(&t, to, trainer->threads, loss);
}
