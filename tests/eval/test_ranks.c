/* SPDX-License-Identifier: MIT */
/* Several ranks evaluate one model: every one of them finds what one process alone finds, to the last bit; and a rank
 * that fails, or has another model, ends the evaluation of all. */
#include "eval/counting_model.h"
#include "eval/spikes_data.h"
#include "learn/ranks_of_threads.h"

enum { EXAMPLES = 101 /* four batches of at most 32 */ };

/* What one rank does. */
typedef struct member {
    seat seat;
    const vdib_model *model;
    const vdib_dataset *dataset;
    vdib_evaluation_options options;
    vdib_status status;
    char message[1024], *json;
} member;

/* The figures that no two evaluations have in common are taken out of a text. */
static void hide_times(char *json) {
    static const char *const names[] = {"\"seconds\":", "\"examples_per_second\":"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *at = strstr(json, names[i]);
        assert_non_null(at);
        at += strlen(names[i]);
        char *end = at + strcspn(at, ",}");
        memmove(at, end, strlen(end) + 1);
    }
}

static void *take_part(void *user) {
    member *m = user;
    vdib_ranks ranks = ranks_at(&m->seat);
    vdib_evaluation evaluation = {NULL};
    m->options.size = sizeof m->options;
    m->options.ranks = m->seat.meeting->count > 1 ? &ranks : NULL;
    m->status = vdib_evaluate(m->model, m->dataset, VDIB_SPLIT_TEST, &m->options, &evaluation);
    snprintf(m->message, sizeof m->message, "%s", vdib_last_message());
    if (m->status == VDIB_OK)
        m->status = vdib_evaluation_json(&evaluation, &m->json);
    vdib_evaluation_clear(&evaluation);
    return NULL;
}

/* Runs members (count), whose models, data and options are given. */
static void meet_all(member *members, size_t count) {
    meeting_hold(members, count, sizeof *members, take_part);
}

static char *found_by(const vdib_model *model, const vdib_dataset *dataset, const vdib_evaluation_options *options) {
    member alone = {.model = model, .dataset = dataset, .options = *options};
    meet_all(&alone, 1);
    assert_int_equal(alone.status, VDIB_OK);
    hide_times(alone.json);
    return alone.json;
}

static void check_counts(const vdib_model *model, const vdib_dataset *dataset, const vdib_evaluation_options *options) {
    char *want = found_by(model, dataset, options);
    for (size_t count = 2; count <= 5; count++) { /* more ranks than batches: one has nothing to do */
        member members[MOST_RANKS] = {{.status = VDIB_OK}};
        for (size_t r = 0; r < count; r++)
            members[r] = (member){.model = model, .dataset = dataset, .options = *options};
        members[count - 1].options.threads = 3;
        meet_all(members, count);
        for (size_t r = 0; r < count; r++) {
            if (members[r].status != VDIB_OK)
                fail_msg("rank %zu of %zu: %s", r, count, members[r].message);
            hide_times(members[r].json);
            assert_string_equal(members[r].json, want);
            vdib_text_free(members[r].json);
        }
    }
    vdib_text_free(want);
}

static vdib_dataset *some_data(bool images) {
    vdib_geometry geometry = small_geometry(images);
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_dataset_create(&geometry, &dataset));
    small_add(dataset, VDIB_SPLIT_TRAIN, EXAMPLES, images);
    small_add(dataset, VDIB_SPLIT_TEST, EXAMPLES, images);
    return dataset;
}

static void ranks_find_what_one_finds(void **state) {
    (void)state;
    for (int images = 0; images <= 1; images++) {
        vdib_dataset *dataset = some_data(images);
        vdib_model *model = small_model(images);
        const vdib_geometry geometry = small_geometry(images);
        vdib_model *ann = counting_model(images, &geometry, NULL);
        const vdib_evaluation_options beside = {.threads = 1, .spikes = true, .examples = 50, .ann = ann};
        const vdib_evaluation_options plain = {.threads = 1}, spikes = {.threads = 1, .spikes = true, .draws = 3},
                                      some = {.threads = 2, .spikes = true, .examples = 70, .marginal_examples = 40};
        check_counts(model, dataset, &plain);
        check_counts(model, dataset, &spikes);
        check_counts(model, dataset, &some);
        check_counts(model, dataset, &beside);
        vdib_model_destroy(ann);
        vdib_model_destroy(model);
        vdib_dataset_destroy(dataset);
    }
}

static void ranks_find_the_same_step_by_step(void **state) {
    (void)state;
    vdib_config *config = NULL;
    vdib_dataset *dataset = NULL;
    vdib_model *model = NULL;
    assert_ok(vdib_config_load("published/predict", &config));
    assert_ok(vdib_config_set(config, "data.test_examples=70"));
    assert_ok(vdib_config_set(config, "data.test_steps=40"));
    assert_ok(vdib_config_set(config, "data.delta=2"));
    assert_ok(vdib_dataset_open(NULL, config, &dataset));
    assert_ok(vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    const vdib_evaluation_options spikes = {.threads = 1, .spikes = true, .draws = 2, .marginal_examples = 40};
    check_counts(model, dataset, &spikes);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
    vdib_config_destroy(config);
}

/* Both of two ranks end with the message of the one that fails. */
static void check_refused(member *two, vdib_status status, const char *text) {
    meet_all(two, 2);
    for (size_t r = 0; r < 2; r++) {
        assert_int_equal(two[r].status, status);
        if (strstr(two[r].message, text) == NULL)
            fail_msg("rank %zu: '%s' is not in '%s'", r, text, two[r].message);
    }
}

static bool asked_twice(void *user) {
    size_t *asked = user;
    return ++*asked > 1;
}

static void ranks_end_together(void **state) {
    (void)state;
    vdib_dataset *dataset = some_data(false), *other = small_dataset(false), *none = NULL;
    vdib_model *model = small_model(false), *images = small_model(true);
    vdib_geometry geometry = small_geometry(false);
    size_t asked = 0;
    vdib_model *another = small_model(false);
    another->parameters[0] += 1;
    assert_ok(vdib_dataset_create(&geometry, &none));
    member stops[2] = {{.model = model, .dataset = dataset}, {.model = model, .dataset = dataset}};
    stops[1].options = (vdib_evaluation_options){.cancelled = asked_twice, .user = &asked};
    check_refused(stops, VDIB_ERROR_CANCELLED, "rank 1: cancelled after 96 of 101");
    member differs[2] = {{.model = model, .dataset = dataset}, {.model = model, .dataset = other}};
    check_refused(differs, VDIB_ERROR_UNSUPPORTED, "rank 1 differs from rank 0 in data (digest)");
    member fewer[2] = {{.model = model, .dataset = dataset}, {.model = model, .dataset = dataset}};
    fewer[1].options.examples = 40;
    check_refused(fewer, VDIB_ERROR_UNSUPPORTED, "rank 1 differs from rank 0 in examples: 40, not 101");
    member asks[2] = {{.model = model, .dataset = dataset}, {.model = model, .dataset = dataset}};
    asks[0].options.spikes = true;
    check_refused(asks, VDIB_ERROR_UNSUPPORTED, "rank 1 differs from rank 0 in what is asked: without spikes");
    member lacks[2] = {{.model = model, .dataset = dataset}, {.model = model, .dataset = none}};
    check_refused(lacks, VDIB_ERROR_DATA, "rank 1: the test split of the data is empty");
    member fits[2] = {{.model = images, .dataset = dataset}, {.model = model, .dataset = dataset}};
    check_refused(fits, VDIB_ERROR_DATA, "rank 0: ");
    member changed[2] = {{.model = model, .dataset = dataset}, {.model = another, .dataset = dataset}};
    check_refused(changed, VDIB_ERROR_UNSUPPORTED, "rank 1 differs from rank 0 in model (digest)");
    vdib_model_destroy(another);
    vdib_model_destroy(images);
    vdib_model_destroy(model);
    vdib_dataset_destroy(none);
    vdib_dataset_destroy(other);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_find_what_one_finds),
        cmocka_unit_test(ranks_find_the_same_step_by_step),
        cmocka_unit_test(ranks_end_together),
    };
    return cmocka_run_group_tests(tests, own_cache, remove_cache);
}
