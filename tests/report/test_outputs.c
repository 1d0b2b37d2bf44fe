/* SPDX-License-Identifier: MIT */
/* Every figure that a run lets out, against one independent computation (tests/plain): the progress of training,
 * metrics.jsonl, the TensorBoard file, run.json, best.safetensors, the evaluation, evaluation.json and the report; on
 * small runs of every kind of task whose figures are all different. */
#include <jansson.h>
#include <math.h>

#include "data/dataset.h"
#include "eval/judge.h"
#include "report/outputs_page.h"

/* ---- training ---- */

static void open_run(twin *w, bool resumed) {
    char folder[512];
    assert_true(snprintf(folder, sizeof folder, "%s/run", w->folder) < (int)sizeof folder);
    if (resumed) {
        const vdib_resume_options options = {.size = sizeof options, .threads = 2, .dataset = w->dataset};
        assert_ok(vdib_run_resume(folder, &options, &w->run));
    } else {
        const vdib_run_options options = {
            .size = sizeof options, .threads = 1, .dataset = w->dataset, .checkpoint_every = OUTPUTS_BREAK};
        assert_ok(vdib_run_create(folder, w->config, &options, &w->run));
    }
}

/* The running averages after the presentations [from, to), with the weights from before the update. */
static void average(twin *w, const plain_model *model, uint64_t from, uint64_t to) {
    for (uint64_t p = from; p < to; p++) {
        vdib__key key = {.seed = w->seed, .purpose = VDIB_PURPOSE_READOUT, .stage = VDIB_STAGE_TRAINING, .example = p};
        assert_ok(vdib__dataset_fetch(w->dataset, VDIB_SPLIT_TRAIN, vdib__order_index(&w->order, p), w->seed,
                                      VDIB_STAGE_TRAINING, p, w->example));
        plain_losses one = plain_losses_of(model, w->example, &key);
        double share = 1.0 / (double)(++w->averaged < AVERAGED ? w->averaged : AVERAGED);
        w->averages.loss += share * (one.loss - w->averages.loss);
        w->averages.distortion += share * (one.distortion - w->averages.distortion);
        w->averages.rate_bits += share * (one.rate_bits - w->averages.rate_bits);
        w->averages.density += share * (one.density - w->averages.density);
    }
}

static void check_progress(const twin *w, const vdib_progress *now, uint64_t here) {
    size_t size = vdib_dataset_size(w->dataset, VDIB_SPLIT_TRAIN);
    assert_near(now->loss, w->averages.loss, "progress: loss");
    assert_near(now->distortion_nats, w->averages.distortion, "progress: distortion_nats");
    assert_near(now->rate_bits, w->averages.rate_bits, "progress: rate_bits");
    assert_near(now->spike_density, w->averages.density, "progress: spike_density");
    assert_int_equal(now->limit, w->limit);
    assert_near(now->epochs, size > 0 ? (double)now->examples / (double)size : 0, "progress: epochs");
    assert_int_equal(now->done, now->examples == w->limit);
    if (here > 0) /* the first process: its seconds are all there are */
        assert_near(now->examples_per_second * now->seconds, (double)here, "progress: speed times seconds");
    assert_near(now->seconds_left, (double)(w->limit - now->examples) / now->examples_per_second,
                "progress: seconds_left");
}

static vdib_model *copy_of(const vdib_model *model) {
    vdib_model *copy = NULL;
    assert_ok(vdib_model_create(vdib_model_config(model), vdib_model_geometry(model), &copy));
    for (size_t i = 0; i < vdib_model_tensor_count(model); i++) {
        vdib_tensor_info info = {.size = sizeof info};
        assert_ok(vdib_model_tensor(model, i, &info));
        float *values = calloc(info.count, sizeof *values);
        assert_non_null(values);
        assert_ok(vdib_model_tensor_get(model, i, values));
        assert_ok(vdib_model_tensor_set(copy, i, values));
        free(values);
    }
    return copy;
}

static bool same_weights(const vdib_model *a, const vdib_model *b) {
    bool same = true;
    for (size_t i = 0; i < vdib_model_tensor_count(a); i++) {
        vdib_tensor_info info = {.size = sizeof info};
        assert_ok(vdib_model_tensor(a, i, &info));
        float *values_a = calloc(info.count, sizeof *values_a), *values_b = calloc(info.count, sizeof *values_b);
        assert_true(values_a != NULL && values_b != NULL);
        assert_ok(vdib_model_tensor_get(a, i, values_a));
        assert_ok(vdib_model_tensor_get(b, i, values_b));
        same = same && memcmp(values_a, values_b, info.count * sizeof *values_a) == 0;
        free(values_a);
        free(values_b);
    }
    return same;
}

static vdib_model *load(const twin *w, const char *name) {
    vdib_model *model = NULL;
    assert_ok(vdib_model_load(in_run(w, name), &model));
    return model;
}

/* A validation: its figures, whether it is the best so far, and that best.safetensors is the best so far. */
static void check_validation(twin *w, const vdib_progress *now) {
    plain_model *model = plain_model_of(vdib_run_model(w->run));
    plain_losses losses = plain_validate(model, w->dataset, VDIB_SPLIT_VALIDATION);
    bool improved = w->best_model == NULL || losses.loss < w->best;
    assert_near(now->validation_loss, losses.loss, "progress: validation_loss");
    assert_near(now->validation_distortion_nats, losses.distortion, "progress: validation_distortion_nats");
    assert_near(now->validation_rate_bits, losses.rate_bits, "progress: validation_rate_bits");
    assert_int_equal(now->improved, improved);
    if (improved) {
        vdib_model_destroy(w->best_model);
        w->best_model = copy_of(vdib_run_model(w->run));
        w->best = losses.loss;
        w->best_examples = now->examples;
    }
    vdib_model *best = load(w, "best.safetensors");
    assert_true(same_weights(best, w->best_model));
    assert_int_equal(vdib_model_examples(best), w->best_examples);
    vdib_model_destroy(best);
    assert_true(w->validation_count < OUTPUTS_POINTS);
    w->validation[w->validation_count++] = (expected){now->examples, losses, improved};
    plain_model_free(model);
}

static bool crossed(uint64_t before, uint64_t now, uint64_t every) {
    return before / every != now / every;
}

/* Trains to the end, with a break at a checkpoint. */
static void train(twin *w) {
    vdib_progress now = {.size = sizeof now};
    bool resumed = false;
    open_run(w, false);
    while (!now.done) {
        uint64_t before = now.examples;
        plain_model *model = plain_model_of(vdib_run_model(w->run));
        assert_ok(vdib_run_step(w->run, &now));
        uint64_t after = before + w->batch < w->limit ? before + w->batch : w->limit;
        assert_int_equal(now.examples, after);
        average(w, model, before, after);
        plain_model_free(model);
        check_progress(w, &now, resumed ? 0 : now.examples);
        if (now.done || crossed(before, after, OUTPUTS_EVERY / 10)) {
            assert_true(w->train_count < OUTPUTS_POINTS);
            w->train[w->train_count++] = (expected){.examples = after, .losses = w->averages};
        }
        assert_int_equal(now.validated, now.done || crossed(before, after, OUTPUTS_EVERY));
        if (now.validated)
            check_validation(w, &now);
        if (!resumed && crossed(before, after, OUTPUTS_BREAK)) {
            vdib_run_destroy(w->run);
            open_run(w, true);
            resumed = true;
        }
    }
    assert_true(resumed);
}

/* ---- what the run wrote ---- */

static double json_of(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A learning rate in the update that made so many examples; it rises linearly over the warm-up. */
static double rate_after(const twin *w, const char *key, uint64_t examples) {
    double peak = 0,
           middle = (double)examples - 0.5 * (double)(examples % w->batch != 0 ? examples % w->batch : w->batch);
    int64_t warmup = 0;
    const vdib_config *config = vdib_model_config(vdib_run_model(w->run));
    assert_ok(vdib_config_get_real(config, key, &peak));
    assert_ok(vdib_config_get_whole(config, "learning.warmup_examples", &warmup));
    return middle < (double)warmup ? peak * middle / (double)warmup : peak;
}

static void check_line(const twin *w, const json_t *line, const expected *e, const char *kind) {
    size_t train_size = vdib_dataset_size(w->dataset, VDIB_SPLIT_TRAIN);
    bool train = strcmp(kind, "train") == 0;
    assert_string_equal(json_string_value(json_object_get(line, "kind")), kind);
    assert_int_equal((uint64_t)json_of(line, "examples"), e->examples);
    assert_near(json_of(line, "loss"), e->losses.loss, "metrics.jsonl: loss");
    assert_near(json_of(line, "distortion_nats"), e->losses.distortion, "metrics.jsonl: distortion_nats");
    assert_near(json_of(line, "rate_bits"), e->losses.rate_bits, "metrics.jsonl: rate_bits");
    if (train) {
        assert_near(json_of(line, "spike_density"), e->losses.density, "metrics.jsonl: spike_density");
        assert_near(json_of(line, "epochs"), train_size > 0 ? (double)e->examples / (double)train_size : 0,
                    "metrics.jsonl: epochs");
        assert_near(json_of(line, "encoder_learning_rate"),
                    rate_after(w, "learning.encoder_learning_rate", e->examples),
                    "metrics.jsonl: encoder_learning_rate");
        assert_near(json_of(line, "decoder_learning_rate"),
                    rate_after(w, "learning.decoder_learning_rate", e->examples),
                    "metrics.jsonl: decoder_learning_rate");
    } else {
        assert_int_equal(json_is_true(json_object_get(line, "improved")), e->improved);
    }
    assert_int_equal(json_object_size(line), train ? 9 : 6);
}

static void check_metrics(const twin *w) {
    char *text = read_text(in_run(w, "metrics.jsonl"));
    size_t counts[2] = {0, 0};
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
        json_t *line = json_loads(at, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(line);
        bool train = strcmp(json_string_value(json_object_get(line, "kind")), "train") == 0;
        const expected *e = train ? &w->train[counts[0]++] : &w->validation[counts[1]++];
        check_line(w, line, e, train ? "train" : "validation");
        json_decref(line);
    }
    assert_int_equal(counts[0], w->train_count);
    assert_int_equal(counts[1], w->validation_count);
    free(text);
}

/* The points under a tag: those of `expected`, in order, and no other. */
static void check_curve(const read_point *points, size_t count, const char *tag, const expected *want, size_t wanted,
                        size_t offset) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(points[i].tag, tag) != 0)
            continue;
        assert_true(found < wanted);
        double value = *(const double *)((const char *)&want[found].losses + offset);
        assert_int_equal(points[i].step, want[found].examples);
        assert_near((double)points[i].value, value, tag);
        found++;
    }
    assert_int_equal(found, wanted);
}

static void check_rate_curve(const twin *w, const read_point *points, size_t count, const char *name) {
    char tag[64], key[64];
    size_t found = 0;
    snprintf(tag, sizeof tag, "train/%s", name);
    snprintf(key, sizeof key, "learning.%s", name);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(points[i].tag, tag) != 0)
            continue;
        assert_true(found < w->train_count);
        assert_int_equal(points[i].step, w->train[found].examples);
        assert_near((double)points[i].value, rate_after(w, key, points[i].step), tag);
        found++;
    }
    assert_int_equal(found, w->train_count);
}

static void check_tensorboard(const twin *w) {
    static const struct {
        const char *tag;
        size_t offset;
    } curves[] = {{"train/loss", offsetof(plain_losses, loss)},
                  {"train/distortion_nats", offsetof(plain_losses, distortion)},
                  {"train/rate_bits", offsetof(plain_losses, rate_bits)},
                  {"train/spike_density", offsetof(plain_losses, density)},
                  {"validation/loss", offsetof(plain_losses, loss)},
                  {"validation/distortion_nats", offsetof(plain_losses, distortion)},
                  {"validation/rate_bits", offsetof(plain_losses, rate_bits)}};
    size_t count = 0;
    read_point *points = read_events(in_run(w, "events.out.tfevents.0000000000.vdib"), &count);
    for (size_t c = 0; c < sizeof curves / sizeof *curves; c++) {
        bool train = strncmp(curves[c].tag, "train", 5) == 0;
        check_curve(points, count, curves[c].tag, train ? w->train : w->validation,
                    train ? w->train_count : w->validation_count, curves[c].offset);
    }
    check_rate_curve(w, points, count, "encoder_learning_rate");
    check_rate_curve(w, points, count, "decoder_learning_rate");
    assert_int_equal(count, 6 * w->train_count + 3 * w->validation_count);
    free(points);
}

static void check_record(const twin *w, double seconds) {
    char *text = read_text(in_run(w, "run.json"));
    json_t *record = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(record);
    assert_int_equal((uint64_t)json_of(record, "examples"), w->limit);
    assert_true(json_is_true(json_object_get(record, "finished")));
    assert_int_equal((uint64_t)json_of(json_object_get(record, "limits"), "examples"), w->limit);
    assert_int_equal((uint64_t)json_of(record, "checkpoint_every"), OUTPUTS_BREAK);
    assert_true(json_of(record, "seconds") > 0 && json_of(record, "seconds") >= seconds);
    json_decref(record);
    free(text);
}

/* The best model is not the last one, and each is in its file. */
static void check_models(const twin *w) {
    vdib_model *last = load(w, "model.safetensors"), *best = load(w, "best.safetensors");
    assert_true(same_weights(last, vdib_run_model(w->run)));
    assert_true(same_weights(best, w->best_model));
    assert_int_equal(same_weights(last, best), w->of->still);
    assert_int_equal(vdib_model_examples(last), w->limit);
    vdib_model_destroy(last);
    vdib_model_destroy(best);
}

/* ---- the evaluation and the report ---- */

static void ask(void *user, const float *images, size_t count, uint32_t *labels) {
    assert_ok(vdib__judge_label(user, 1, images, count, labels));
}

/* The judge of the training targets, or NULL where the case has none. */
static vdib__judge *judge_of(const twin *w) {
    size_t pixels = OUTPUTS_SIDE * OUTPUTS_SIDE, count = vdib_dataset_size(w->dataset, VDIB_SPLIT_TRAIN);
    vdib__judge *judge = NULL;
    if (!w->of->judged)
        return NULL;
    float *all = calloc(count * pixels, sizeof *all);
    uint32_t *labels = calloc(count, sizeof *labels);
    assert_true(all != NULL && labels != NULL);
    for (size_t i = 0; i < count; i++) {
        assert_ok(vdib_dataset_get(w->dataset, VDIB_SPLIT_TRAIN, i, 0, w->example));
        memcpy(all + i * pixels, w->example->target, pixels * sizeof *all);
        labels[i] = w->example->label;
    }
    const vdib__images images = {
        .count = count, .height = OUTPUTS_SIDE, .width = OUTPUTS_SIDE, .pixels = all, .labels = labels};
    assert_ok(vdib__judge_open(&images, 1, &judge));
    free(labels);
    free(all);
    return judge;
}

/* No two figures could be taken for each other: they differ by more than a figure is rounded. */
static void check_unlike(const plain_evaluation *want) {
    for (size_t i = 0; i < want->count; i++)
        for (size_t k = 0; k < i; k++) {
            double a = want->values[i], b = want->values[k];
            bool alike = fabs(a - b) <= 0.004 * fmax(fabs(a), fabs(b));
            bool same = strcmp(want->names[i], "distortion_nats_per_output") == 0 &&
                        strcmp(want->names[k], "distortion_nats") == 0; /* a class is one output */
            if (alike && !same)
                fail_msg("%s and %s are alike: %g and %g", want->names[i], want->names[k], a, b);
        }
}

static void check_evaluation(const vdib_evaluation *got, const plain_evaluation *want) {
    static const char *const timed[] = {"seconds", "examples_per_second"};
    for (size_t i = 0; i < want->count; i++)
        assert_near(vdib_evaluation_get(got, want->names[i]), want->values[i], want->names[i]);
    size_t has = 0;
    double value;
    for (size_t f = 0; f < vdib_figure_count(); f++)
        has += vdib_evaluation_figure(got, f, &value);
    assert_int_equal(has, want->count + 2); /* no figure that the task does not have */
    double seconds = vdib_evaluation_get(got, timed[0]), speed = vdib_evaluation_get(got, timed[1]);
    assert_true(seconds > 0);
    assert_near(seconds * speed, plain_get(want, "examples"), "speed times seconds");
    assert_int_equal(vdib_evaluation_classes(got), want->classes);
    for (size_t i = 0; i < want->classes * want->classes; i++)
        assert_int_equal(vdib_evaluation_confusion(got, i / want->classes, i % want->classes), want->confusion[i]);
}

static void check_evaluation_file(const twin *w, const vdib_evaluation *shown, const plain_evaluation *want) {
    char *text = read_text(in_run(w, "evaluation.json"));
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *rows = json_object_get(object, "confusion");
    assert_non_null(object);
    for (size_t i = 0; i < want->count; i++)
        assert_near(json_of(object, want->names[i]), want->values[i], want->names[i]);
    assert_near(json_of(object, "seconds"), vdib_evaluation_get(shown, "seconds"), "evaluation.json: seconds");
    assert_near(json_of(object, "examples_per_second"), vdib_evaluation_get(shown, "examples_per_second"),
                "evaluation.json: examples_per_second");
    assert_int_equal((uint64_t)json_of(object, "seed"), w->seed);
    assert_string_equal(json_string_value(json_object_get(object, "experiment")), "outputs");
    size_t numbers =
        0; /* no figure more than the task has: beside them seconds, speed, seed, and the number of classes */
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value) numbers += (size_t)json_is_number(value);
    assert_int_equal(numbers, want->count + 3 + (want->classes > 0 ? 1 : 0));
    for (size_t i = 0; i < want->classes * want->classes; i++)
        assert_int_equal(json_integer_value(json_array_get(json_array_get(rows, i / want->classes), i % want->classes)),
                         want->confusion[i]);
    json_decref(object);
    free(text);
}

static void check_report(const twin *w) {
    char folder[512];
    vdib_evaluation shown = {NULL};
    vdib__judge *judge = judge_of(w);
    plain_model *model = plain_model_of(vdib_run_model(w->run));
    plain_evaluation *want = plain_evaluate(model, w->dataset, VDIB_SPLIT_TEST, 0, judge != NULL ? ask : NULL, judge);
    check_unlike(want);
    assert_true(snprintf(folder, sizeof folder, "%s/run", w->folder) < (int)sizeof folder);
    assert_ok(vdib_report_write_dataset(folder, w->dataset, NULL, &shown));
    check_evaluation(&shown, want);
    check_evaluation_file(w, &shown, want);
    char *page = read_text(in_run(w, "report.html"));
    check_figures(w, page, &shown, want);
    check_charts(w, page);
    check_plane(w, page, want);
    check_matrix(page, want);
    check_examples(w, page, want);
    check_weights(w, page);
    check_strip(w, page);
    check_rasters(w, page);
    free(page);
    vdib_evaluation_clear(&shown);
    plain_evaluation_free(want);
    plain_model_free(model);
    vdib__judge_destroy(judge);
}

static void check_case(const outputs_case *of) {
    twin *w = calloc(1, sizeof *w);
    assert_non_null(w);
    *w = (twin){.of = of, .folder = support_folder(), .seed = 7, .limit = of->examples, .batch = of->batch};
    assert_int_equal(setenv("VDIB_CACHE", w->folder, 1), 0);
    w->config = outputs_config(of);
    w->dataset = outputs_dataset(of, w->config);
    assert_ok(vdib_example_create(w->dataset, &w->example));
    assert_ok(vdib__order_create(w->dataset, w->seed, &w->order));
    train(w);
    check_metrics(w);
    check_tensorboard(w);
    check_record(w, 0);
    check_models(w);
    check_report(w);
    vdib_run_destroy(w->run);
    vdib_model_destroy(w->best_model);
    vdib__order_free(&w->order);
    vdib_example_destroy(w->example);
    vdib_dataset_destroy(w->dataset);
    vdib_config_destroy(w->config);
    support_folder_remove(w->folder);
    free(w);
}

static void images(void **state) {
    (void)state;
    check_case(&outputs_images);
}

static void classes(void **state) {
    (void)state;
    check_case(&outputs_classes);
}

static void values(void **state) {
    (void)state;
    check_case(&outputs_values);
}

static void steps(void **state) {
    (void)state;
    check_case(&outputs_steps);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images),
        cmocka_unit_test(classes),
        cmocka_unit_test(values),
        cmocka_unit_test(steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
