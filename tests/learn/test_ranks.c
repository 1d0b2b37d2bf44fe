/* SPDX-License-Identifier: MIT */
/* Several ranks train one model: the same bytes as one process alone, whatever the rule, the layers, the decoder and
 * the number of threads; and a rank that fails, or is asked to stop, ends the step of all. */
#include <math.h>

#include "learn/ranks_of_threads.h"
#include "learn/trainer.h"
#include "support.h"
#include "vdib/vdib.h"

#define SMALL                                                                                                          \
    "data.train_examples=50", "data.test_examples=10", "evaluation.judge=none", "numeric.products=portable",           \
        "data.blank_steps=2", "encoder.readouts=12", "decoder.hidden=20", "training.validate_every=16"
#define EVENTS SMALL, "data.steps=12", "data.step_us=25000", "encoder.layers=[24]"
#define BATCH  "learning.batch_size=8", "objective.prior_probability=0.3", "encoder.initialisation=data"

typedef struct run {
    const char *name, *experiment, *settings[24];
} run;

/* Every estimator, credit assignment, kind of layer, decoder and channel is in one of them. */
static const run runs[] = {
    {"straight-through", "demo", {EVENTS, BATCH}},
    {"no hidden layer", "demo", {SMALL, BATCH, "data.steps=12", "data.step_us=25000"}},
    {"sgd",
     "demo",
     {EVENTS, BATCH, "learning.estimator=reinforce", "learning.credit_assignment=dfa", "learning.encoder_optimizer=sgd",
      "learning.decoder_optimizer=sgd", "decoder.type=linear"}},
    {"rloo", "demo", {EVENTS, BATCH, "learning.estimator=rloo", "learning.draws=3", "learning.credit_assignment=fa"}},
    {"bptt",
     "demo",
     {EVENTS, BATCH, "learning.credit_assignment=bptt", "readout.feedback=lateral", "learning.clip_norm=0.5",
      "learning.encoder_optimizer=adamw", "learning.weight_decay=0.01"}},
    {"drtp",
     "classify",
     {EVENTS, BATCH, "learning.estimator=reinforce", "learning.credit_assignment=drtp", "decoder.type=conv"}},
    {"rate-target", "baseline/rate-target", {EVENTS, BATCH}},
    {"three layers", "demo", {EVENTS, BATCH, "encoder.layers=[70, 66, 40]", "encoder.skip=true"}},
    {"convolutions", "demo", {EVENTS, BATCH, "encoder.layers=[conv4k5s2p2m2, 16]", "decoder.type=conv2d"}},
    {"upconv", "demo", {EVENTS, BATCH, "decoder.type=upconv", "channel.type=flips", "channel.probability=0.05"}},
    {"time constants", "demo", {EVENTS, BATCH, "neuron.learn_tau=all", "learning.tau_learning_rate=0.001"}},
    {"learnt filters", "demo", {EVENTS, BATCH, "readout.learns_filters=true"}},
    {"lif", "classify", {EVENTS, BATCH, "neuron.model=lif", "channel.type=erasures", "channel.probability=0.1"}},
    {"gaussian", "baseline/vib", {EVENTS, "learning.batch_size=8"}},
    {"online",
     "predict",
     {"data.steps=40", "data.test_steps=40", "data.train_examples=8", "data.test_examples=4", "encoder.readouts=10",
      "evaluation.judge=none", "numeric.products=portable", "learning.batch_size=4", "encoder.layers=[12]",
      "training.validate_every=8"}},
    {"online, drtp",
     "predict",
     {"data.steps=40", "data.test_steps=40", "data.train_examples=8", "data.test_examples=4", "encoder.readouts=10",
      "evaluation.judge=none", "numeric.products=portable", "learning.batch_size=4", "encoder.layers=[12]",
      "training.validate_every=8", "learning.credit_assignment=drtp"}},
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
    seat seat;
    const run *run;
    size_t threads, steps;
    bool whole_updates;
    bool (*cancelled)(void *user);
    uint64_t limit;      /* of examples; 0: that of the configuration */
    const char *resumes; /* a checkpoint to go on from */
    const char *leaves;  /* one to write at the end, by rank 0 */
    bool spoils;         /* after every step a weight is set to NaN */
    vdib_status status;
    char message[1024], digest[65];
    double loss, validation;
} member;

/* A bias of the decoder's last layer is NaN. */
static void spoil(vdib_model *model) {
    const vdib__layer *last = &model->decoder.layers[model->decoder.count - 1];
    model->parameters[model->table.tensors[last->bias].offset] = NAN;
}

static vdib_status train(member *m, const vdib_config *config, const vdib_dataset *data) {
    vdib_trainer *trainer = NULL;
    vdib_progress now = {.size = sizeof now};
    vdib_status status = vdib_trainer_create(config, data, &trainer);
    vdib_ranks ranks = ranks_at(&m->seat);
    ranks.whole_updates = m->whole_updates;
    if (status == VDIB_OK && m->seat.meeting->count > 1)
        status = vdib_trainer_set_ranks(trainer, &ranks);
    if (status == VDIB_OK)
        status = vdib_trainer_set_threads(trainer, m->threads);
    if (status == VDIB_OK && m->limit > 0)
        status = vdib_trainer_set_limits(trainer, m->limit, 0, 0);
    if (status == VDIB_OK && m->cancelled != NULL)
        status = vdib_trainer_on_cancel(trainer, m->cancelled, m);
    if (status == VDIB_OK && m->resumes != NULL)
        status = vdib_trainer_resume(trainer, m->resumes);
    for (size_t i = 0; i < m->steps && status == VDIB_OK; i++) {
        status = vdib_trainer_step(trainer, &now);
        if (m->spoils)
            spoil(trainer->model);
    }
    if (status == VDIB_OK && m->leaves != NULL && m->seat.rank == 0 && m->seat.meeting->count > 1)
        assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_checkpoint(trainer, m->leaves),
                     "vdib_trainer_checkpoint: the other ranks have a part of the state; all ranks call "
                     "vdib_trainer_collect first");
    if (status == VDIB_OK)
        status = vdib_trainer_collect(trainer);
    if (status == VDIB_OK && m->leaves != NULL && m->seat.rank == 0)
        status = vdib_trainer_checkpoint(trainer, m->leaves);
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
    meeting_hold(members, count, sizeof *members, attend);
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
        for (size_t count = 2; count <= (SUPPORT_SANITIZED ? 2 : 4); count++)
            same(&runs[i], &alone, count, count == 3 ? 2 : 1);
        if (i == 0)
            same(&runs[i], &alone, SUPPORT_SANITIZED ? 3 : 8, 1);
    }
}

/* Every rank makes all updates. */
static void test_whole_updates(void **state) {
    (void)state;
    member alone = {.run = &runs[0], .threads = 1, .steps = 3}, members[2];
    hold(&alone, 1);
    for (size_t i = 0; i < 2; i++)
        members[i] = (member){.run = &runs[0], .threads = 1, .steps = 3, .whole_updates = true};
    hold(members, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(members[i].status, VDIB_OK);
        assert_string_equal(members[i].digest, alone.digest);
    }
}

/* The last batch has one example, or two, of which some ranks have none. */
static void test_small_last_batch(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (uint64_t last = 1; last <= 2; last++) {
            const run *r = &runs[i == 0 ? 0 : 3]; /* with several draws */
            member alone = {.run = r, .threads = 1, .steps = 4, .limit = 24 + last}, members[3];
            hold(&alone, 1);
            for (size_t m = 0; m < 3; m++)
                members[m] = (member){.run = r, .threads = 1, .steps = 4, .limit = 24 + last};
            hold(members, 3);
            for (size_t m = 0; m < 3; m++) {
                assert_int_equal(members[m].status, VDIB_OK);
                assert_string_equal(members[m].digest, alone.digest);
            }
        }
}

/* A checkpoint of three ranks, from which two go on. */
static void test_resume(void **state) {
    const char *path = "ranks-checkpoint.safetensors";
    member alone = {.run = &runs[0], .threads = 1, .steps = 5}, some[3], others[2];
    (void)state;
    hold(&alone, 1);
    for (size_t i = 0; i < 3; i++)
        some[i] = (member){.run = &runs[0], .threads = 1, .steps = 1, .leaves = path};
    hold(some, 3);
    assert_int_equal(some[0].status, VDIB_OK);
    for (size_t i = 0; i < 2; i++)
        others[i] = (member){.run = &runs[0], .threads = 1, .steps = 4, .resumes = path};
    hold(others, 2);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(others[i].digest, alone.digest);
    remove(path);
}

static bool stops(void *user) {
    const member *m = user;
    return m->seat.rank == 1 && m->seat.gatherings > 4;
}

/* One rank is asked to stop: all stop, at the same step. */
static void test_cancel(void **state) {
    member members[3];
    (void)state;
    for (size_t i = 0; i < 3; i++)
        members[i] = (member){.run = &runs[0], .threads = 1, .steps = 100, .cancelled = stops};
    hold(members, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(members[i].status, VDIB_ERROR_CANCELLED);
        assert_string_equal(members[i].message, members[0].message);
    }
}

/* One rank fails in the middle of a step: all end, and say which. */
static void test_failure(void **state) {
    member members[3];
    (void)state;
    for (size_t i = 0; i < 3; i++)
        members[i] = (member){.run = &runs[0], .threads = 1, .steps = 100, .spoils = i == 2};
    hold(members, 3);
    for (size_t i = 0; i < 3; i++) {
        if (members[i].status != VDIB_ERROR_NUMERIC)
            fail_msg("rank %zu: status %d, %s", i, members[i].status, members[i].message);
        assert_non_null(strstr(members[i].message, "rank 2: the loss is not finite at example"));
    }
}

/* Nobody is heard of any more: the message of the function that gathers. */
static void test_gone(void **state) {
    member members[1] = {{.run = &runs[0], .threads = 1, .steps = 2}};
    meeting two;
    (void)state;
    meeting_begin(&two, 1); /* alone in a meeting that is said to be of two */
    members[0].seat = (seat){.meeting = &two, .fails_at = 1};
    two.count = 2;
    attend(&members[0]);
    assert_int_equal(members[0].status, VDIB_ERROR_IO);
    assert_string_equal(members[0].message, "the others are gone");
    meeting_end(&two);
}

/* What a rank does before it ends. */
typedef struct ending {
    seat seat;
    size_t works;       /* gatherings before */
    vdib_status status; /* of its own; then what it hears */
    char message[256];
} ending;

static void *end_one(void *user) {
    ending *e = user;
    vdib_ranks ranks = ranks_at(&e->seat);
    vdib_status status = e->status;
    for (size_t i = 0; i < e->works && status == VDIB_OK; i++)
        status = vdib_ranks_agree(&ranks, VDIB_OK);
    if (e->status != VDIB_OK)
        (void)vdib_fail(e->status, "the disk is full");
    e->status = vdib_ranks_end(&ranks, status);
    snprintf(e->message, sizeof e->message, "%s", vdib_last_message());
    return NULL;
}

static void end_all(ending *endings, size_t count) {
    meeting_hold(endings, count, sizeof *endings, end_one);
}

/* Ranks that end at different places wait for nobody for ever. */
static void test_end(void **state) {
    (void)state;
    ending same[3] = {{.works = 2}, {.works = 2}, {.works = 2}};
    end_all(same, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(same[i].status, VDIB_OK);
    ending early[3] = {{.works = 2}, {.works = 1}, {.works = 3}};
    end_all(early, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(early[i].status, VDIB_ERROR_UNSUPPORTED);
        assert_non_null(strstr(early[i].message, "rank 1 has ended where rank 2 goes on; start all ranks with the "
                                                 "same command, and see that all find the same files"));
    }
    assert_ptr_equal(strstr(early[1].message, "rank 1 has ended"), early[1].message); /* as it was said first */
    ending failed[3] = {{.works = 1}, {.works = 9}, {.status = VDIB_ERROR_IO}};
    end_all(failed, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(failed[i].status, VDIB_ERROR_IO);
        assert_non_null(strstr(failed[i].message, "rank 2: the disk is full"));
    }
}

static void test_refusals(void **state) {
    meeting two;
    seat first = {.meeting = &two};
    vdib_config *config = config_of(&runs[0]);
    vdib_dataset *data = NULL;
    vdib_trainer *trainer = NULL;
    (void)state;
    meeting_begin(&two, 1);
    two.count = 9;
    assert_ok(vdib_dataset_open(NULL, config, &data));
    assert_ok(vdib_trainer_create(config, data, &trainer));
    vdib_ranks ranks = ranks_at(&first);
    assert_fails(
        VDIB_ERROR_ARGUMENT, vdib_trainer_set_ranks(trainer, &ranks),
        "9 ranks divide the examples of a batch, and learning.batch_size is 8; start 8 ranks at most, or set a "
        "larger learning.batch_size");
    ranks.rank = 9;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_set_ranks(trainer, &ranks),
                 "vdib_ranks: rank 9 of 9; a rank is below their number");
    ranks.rank = 0;
    ranks.gather = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_trainer_set_ranks(trainer, &ranks),
                 "vdib_ranks: rank 0 of 9 without a function that gathers; a rank is below their number");
    vdib_trainer_destroy(trainer);
    assert_ok(vdib_config_set(config, "numeric.products=blas"));
    assert_ok(vdib_trainer_create(config, data, &trainer));
    ranks = ranks_at(&first);
    ranks.count = 2;
    assert_fails(VDIB_ERROR_CONFIG, vdib_trainer_set_ranks(trainer, &ranks),
                 "several ranks end in the bytes of one only with numeric.products=portable; it is 'blas', whose sums "
                 "depend on how many examples a product has");
    ranks.count = 1;
    assert_ok(vdib_trainer_set_ranks(trainer, &ranks));
    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    meeting_end(&two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_whole_updates),
        cmocka_unit_test(test_small_last_batch),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
