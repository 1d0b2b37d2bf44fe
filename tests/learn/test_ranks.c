/* SPDX-License-Identifier: MIT */
/* Several ranks train one model: the same bytes as one process alone, whatever the rule, the layers, the decoder and the
 * number of threads; and a rank that fails, or is asked to stop, ends the step of all. */
#include <math.h>

#include "learn/ranks_of_threads.h"
#include "learn/trainer.h"
#include "support.h"
#include "vdib/vdib.h"

#define SMALL                                                                                                          \
    "data.train_examples=50", "data.test_examples=10", "evaluation.judge=none",          \
        "numeric.products=portable", "data.blank_steps=2", "encoder.readouts=12", "decoder.hidden=20",                 \
        "training.validate_every=16"
#define EVENTS SMALL, "data.steps=12", "data.step_us=25000", "encoder.layers=[24]"
#define BATCH  "learning.batch_size=8", "objective.prior_probability=0.3", "encoder.initialisation=data"

typedef struct run {
    const char *name, *experiment, *settings[24];
} run;

/* Every estimator, credit assignment, kind of layer, decoder and channel is in one of them. */
static const run runs[] = {
    {"straight-through", "demo", {EVENTS, BATCH}},
    {"no hidden layer", "demo", {SMALL, BATCH, "data.steps=12", "data.step_us=25000"}},
    {"sgd", "demo", {EVENTS, BATCH, "learning.estimator=reinforce", "learning.credit_assignment=dfa",
                     "learning.encoder_optimizer=sgd", "learning.decoder_optimizer=sgd", "decoder.type=linear"}},
    {"rloo", "demo", {EVENTS, BATCH, "learning.estimator=rloo", "learning.draws=3", "learning.credit_assignment=fa"}},
    {"bptt", "demo", {EVENTS, BATCH, "learning.credit_assignment=bptt", "readout.feedback=lateral",
                      "learning.clip_norm=0.5", "learning.encoder_optimizer=adamw", "learning.weight_decay=0.01"}},
    {"drtp", "classify", {EVENTS, BATCH, "learning.estimator=reinforce", "learning.credit_assignment=drtp",
                          "decoder.type=conv"}},
    {"rate-target", "baseline/rate-target", {EVENTS, BATCH}},
    {"three layers", "demo", {EVENTS, BATCH, "encoder.layers=[70, 66, 40]", "encoder.skip=true"}},
    {"convolutions", "demo", {EVENTS, BATCH, "encoder.layers=[conv4k5s2p2m2, 16]", "decoder.type=conv2d"}},
    {"upconv", "demo", {EVENTS, BATCH, "decoder.type=upconv", "channel.type=flips", "channel.probability=0.05"}},
    {"time constants", "demo", {EVENTS, BATCH, "neuron.learn_tau=all", "learning.tau_learning_rate=0.001"}},
    {"learnt filters", "demo", {EVENTS, BATCH, "readout.learns_filters=true"}},
    {"lif", "classify", {EVENTS, BATCH, "neuron.model=lif", "channel.type=erasures", "channel.probability=0.1"}},
    {"gaussian", "baseline/vib", {EVENTS, "learning.batch_size=8"}},
    {"counts", "baseline/ann", {SMALL, "data.steps=12", "data.step_us=25000", "learning.batch_size=8"}},
};

static vdib_config *config_of(const run *r) {
    vdib_config *config = NULL;
    assert_ok(vdib_config_load(r->experiment, &config));
    for (size_t i = 0; r->settings[i] != NULL; i++)
        assert_ok(vdib_config_set(config, r->settings[i]));
    return config;
}

/* What one rank does: its own data and trainer. */
typedef struct member {
    const run *run;
    seat seat;
    size_t threads, steps;
    bool (*cancelled)(void *user);
    vdib_status status;
    char message[1024], digest[65];
    double loss, validation;
} member;

static vdib_status train(member *m, const vdib_config *config, const vdib_dataset *data) {
    vdib_trainer *trainer = NULL;
    vdib_progress now = {.size = sizeof now};
    vdib_status status = vdib_trainer_create(config, data, &trainer);
    const vdib_ranks ranks = ranks_at(&m->seat);
    if (status == VDIB_OK && m->seat.meeting->count > 1)
        status = vdib_trainer_set_ranks(trainer, &ranks);
    if (status == VDIB_OK)
        status = vdib_trainer_set_threads(trainer, m->threads);
    if (status == VDIB_OK && m->cancelled != NULL)
        status = vdib_trainer_on_cancel(trainer, m->cancelled, m);
    for (size_t i = 0; i < m->steps && status == VDIB_OK; i++)
        status = vdib_trainer_step(trainer, &now);
    m->loss = now.loss;
    m->validation = now.validation_loss;
    if (status == VDIB_OK)
        status = vdib_model_digest(vdib_trainer_model(trainer), m->digest);
    vdib_trainer_destroy(trainer);
    return status;
}

static void *attend(void *user) {
    member *m = user;
    vdib_config *config = config_of(m->run);
    vdib_dataset *data = NULL;
    assert_ok(vdib_dataset_open(NULL, config, &data));
    m->status = train(m, config, data);
    snprintf(m->message, sizeof m->message, "%s", vdib_last_message());
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return NULL;
}

/* Runs all members side by side. */
static void hold(member *members, size_t count) {
    meeting all;
    pthread_t threads[MOST_RANKS];
    meeting_begin(&all, count);
    for (size_t r = 0; r < count; r++) {
        members[r].seat.meeting = &all;
        members[r].seat.rank = r;
        assert_int_equal(pthread_create(&threads[r], NULL, attend, &members[r]), 0);
    }
    for (size_t r = 0; r < count; r++) {
        assert_int_equal(pthread_join(threads[r], NULL), 0);
        free(members[r].seat.all);
    }
    meeting_end(&all);
}

/* The same bytes, and the same figures, on every rank. */
static void same(const run *r, const member *alone, size_t count, size_t threads) {
    member members[MOST_RANKS] = {0};
    for (size_t i = 0; i < count; i++)
        members[i] = (member){.run = r, .threads = threads, .steps = alone->steps};
    hold(members, count);
    for (size_t i = 0; i < count; i++) {
        if (members[i].status != VDIB_OK || strcmp(members[i].digest, alone->digest) != 0)
            fail_msg("%s, rank %zu of %zu: %s (%s)", r->name, i, count,
                     members[i].status != VDIB_OK ? members[i].message : members[i].digest, alone->digest);
        assert_true(members[i].loss == alone->loss);
        assert_true(members[i].validation == alone->validation);
    }
}

static void test_same_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        member alone = {.run = &runs[i], .threads = 2, .steps = 3};
        hold(&alone, 1);
        if (alone.status != VDIB_OK)
            fail_msg("%s: %s", runs[i].name, alone.message);
        assert_true(isfinite(alone.validation) && alone.validation != 0);
        for (size_t count = 2; count <= 4; count++)
            same(&runs[i], &alone, count, count == 3 ? 2 : 1);
        if (i == 0)
            same(&runs[i], &alone, 8, 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
