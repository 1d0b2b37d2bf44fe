/* SPDX-License-Identifier: MIT */
/* The report of whole runs, and of their metrics.jsonl. */
#include "report_content.h"

#include "core/file.h"
#include "page_checks.h"
#include "vdib/vdib.h"

/* ---- metrics.jsonl ---- */

static vdib_status read_metrics(const char *text, vdib__report_content *content) {
    char *folder = support_folder(), *path = NULL;
    assert_ok(vdib__path_join(folder, "metrics.jsonl", &path));
    assert_ok(vdib__file_write(path, text, strlen(text)));
    vdib_status status = vdib__report_metrics(path, content);
    vdib__free(path);
    support_folder_remove(folder);
    return status;
}

static void curves_are_read(void **state) {
    (void)state;
    vdib__report_content content = {0};
    assert_ok(
        read_metrics("{\"kind\": \"train\", \"examples\": 100, \"epochs\": 0.5, \"loss\": 1.5, \"distortion_nats\": 3, "
                     "\"rate_bits\": 4, \"spike_density\": 0.25}\n"
                     "{\"kind\": \"validation\", \"examples\": 200, \"loss\": 0.5, \"distortion_nats\": 5, "
                     "\"rate_bits\": 6, \"improved\": true}\n"
                     "{\"kind\": \"of a later version\"}\n"
                     "{\"kind\": \"train\", \"exam",
                     &content));
    assert_int_equal(content.training.count, 1);
    assert_int_equal(content.validation.count, 1);
    const vdib__report_point *train = content.training.points, *validation = content.validation.points;
    size_t loss = vdib__report_curve_of("loss"), distortion = vdib__report_curve_of("distortion_nats"),
           rate = vdib__report_curve_of("rate_bits"), density = vdib__report_curve_of("spike_density");
    const double got[] = {train->examples,        train->values[loss],  train->values[distortion], train->values[rate],
                          train->values[density], validation->examples, validation->values[rate]};
    const double want[] = {100, 1.5, 3, 4, 0.25, 200, 6};
    assert_close_double(got, want, 7, 0);
    assert_true(isnan(validation->values[density]));
    vdib__report_clear(&content);
}

/* Damaged lines are left out and counted, whole ones around them stay. */
static void damaged_metrics_are_counted(void **state) {
    (void)state;
    vdib__report_content content = {0};
    assert_ok(read_metrics("{\"kind\": \"train\", \"examples\": 1}\n\n{\"kind\": \n[1, 2]\n"
                           "{\"kind\": \"train\", \"examples\": \"x\"}\n{\"kind\": \"train\", \"examples\": 2}\n{\"ki",
                           &content));
    assert_int_equal(content.training.count, 2);
    assert_int_equal(content.unread_lines, 4);
    vdib__report_clear(&content);
    assert_ok(vdib__report_metrics("/no/such/folder/metrics.jsonl", &content));
    assert_int_equal(content.training.count, 0);
    assert_int_equal(content.unread_lines, 0);
}

/* ---- whole runs ---- */

static void train(const char *folder, const char *data, const char *const *settings, uint64_t examples) {
    static const char *const small[] = {"experiment=small",
                                        "data.steps=8",
                                        "encoder.layers=12",
                                        "encoder.readouts=8",
                                        "decoder=linear",
                                        "training.examples=8",
                                        "seed=3",
                                        NULL};
    const vdib_run_options options = {.size = sizeof(vdib_run_options), .data = data, .threads = 1};
    vdib_config *config = NULL;
    vdib_run *run = NULL;
    vdib_progress progress = {.size = sizeof(vdib_progress)};
    assert_ok(vdib_config_create(&config));
    for (const char *const *s = small; *s != NULL; s++)
        assert_ok(vdib_config_set(config, *s));
    for (const char *const *s = settings; *s != NULL; s++)
        assert_ok(vdib_config_set(config, *s));
    assert_ok(vdib_run_create(folder, config, &options, &run));
    do
        assert_ok(vdib_run_step(run, &progress));
    while (!progress.done && progress.examples < examples);
    vdib_run_destroy(run);
    vdib_config_destroy(config);
}

/* An IDX file of unsigned bytes: numbers are big-endian. */
static void write_idx(const char *folder, const char *name, size_t rank, const uint8_t *bytes, size_t count) {
    const uint32_t header[] = {0x800 + (uint32_t)rank, (uint32_t)count, MADE_SIDE, MADE_SIDE};
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    for (size_t i = 0; i <= rank; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            fputc((int)(header[i] >> shift & 0xFF), stream);
    size_t size = rank == 3 ? count * MADE_PIXELS : count;
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

/* Few drawn digits as a folder of images, so that the judge is trained in a moment. */
static void write_images(const char *folder, const char *part, size_t count) {
    uint8_t *pixels = malloc(count * MADE_PIXELS), labels[256];
    char name[64];
    assert_non_null(pixels);
    for (size_t i = 0; i < count; i++) {
        float drawn[MADE_PIXELS];
        labels[i] = (uint8_t)vdib__digit_draw(9, i, drawn);
        for (size_t p = 0; p < MADE_PIXELS; p++)
            pixels[i * MADE_PIXELS + p] = (uint8_t)(255 * drawn[p]);
    }
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    write_idx(folder, name, 3, pixels, count);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    write_idx(folder, name, 1, labels, count);
    free(pixels);
}

/* Trains, reports, and returns the page; *evaluation receives the figures. */
static char *report_of(const char *data, const char *const *settings, vdib_evaluation *evaluation) {
    char *folder = support_folder(), path[4096];
    uint8_t *page = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/run", folder);
    train(path, data, settings, UINT64_MAX);
    assert_ok(vdib_report_write(path, NULL, NULL, NULL, evaluation));
    snprintf(path, sizeof path, "%s/run/evaluation.json", folder);
    assert_true(vdib__is_file(path));
    snprintf(path, sizeof path, "%s/run/report.html", folder);
    assert_ok(vdib__file_read(path, &page, &size));
    char *copy = strdup((const char *)page);
    vdib__free(page);
    support_folder_remove(folder);
    assert_non_null(copy);
    assert_balanced(copy);
    assert_self_contained(copy);
    assert_no_nan(copy);
    return copy;
}

static void a_run_on_images_is_reported(void **state) {
    (void)state;
    static const char *const settings[] = {"data.input=rate", "data.target=image", NULL};
    char *folder = support_folder(), data[4096];
    vdib_evaluation evaluation = {NULL};
    assert_int_equal(setenv("VDIB_CACHE", folder, 1), 0);
    snprintf(data, sizeof data, "%s/<b>&images", folder);
    assert_ok(vdib__folder_make(data));
    write_images(data, "train", 40);
    write_images(data, "t10k", 50);
    char *page = report_of(data, settings, &evaluation);
    assert_int_equal(vdib_evaluation_get(&evaluation, "examples"), 50);
    assert_int_equal(count_of(page, "<img "), 20 * 3 + 3 * (3 + 1));
    assert_int_equal(count_of(page, "<span>class "), 20);
    assert_int_equal(count_of(page, "<span>class 3</span>"), 2); /* spread over the classes */
    assert_int_equal(count_of(page, ">judged "), 20);
    assert_non_null(strstr(page, "id=\"confusion\""));
    assert_non_null(strstr(page, "/&lt;b&gt;&amp;images</dd>"));
    vdib_evaluation_clear(&evaluation);
    free(page);
    support_folder_remove(folder);
}

static void a_run_on_classes_is_reported(void **state) {
    (void)state;
    static const char *const settings[] = {"data.input=latency", "data.target=class", "data.train_examples=30",
                                           "data.test_examples=25", NULL};
    vdib_evaluation evaluation = {NULL};
    char *page = report_of("builtin:digits", settings, &evaluation);
    assert_int_equal(vdib_evaluation_get(&evaluation, "examples"), 25);
    assert_true(count_of(page, "class=\"bars\"") >= 20);
    assert_non_null(strstr(page, "Spike times"));
    vdib_evaluation_clear(&evaluation);
    free(page);
}

static void a_run_on_blobs_is_reported(void **state) {
    (void)state;
    static const char *const settings[] = {
        "data.input=blobs",  "data.target=units", "data.test_steps=40",       "data.test_examples=3",
        "encoder.layers=[]", "decoder.window=5",  "learning.schedule=online", NULL};
    vdib_evaluation evaluation = {NULL};
    char *page = report_of(NULL, settings, &evaluation);
    assert_int_equal(vdib_evaluation_get(&evaluation, "examples"), 3);
    assert_non_null(strstr(page, "steps 5 to"));
    assert_int_equal(count_of(page, "<img "), 2);
    vdib_evaluation_clear(&evaluation);
    free(page);
}

static void unfinished_runs_are_refused(void **state) {
    (void)state;
    static const char *const settings[] = {"data.input=rate", "data.target=class", "data.train_examples=30",
                                           "data.test_examples=5", NULL};
    char *folder = support_folder(), path[4096];
    assert_fails(VDIB_ERROR_IO, vdib_report_write(folder, NULL, NULL, NULL, NULL), "no run folder");
    snprintf(path, sizeof path, "%s/run", folder);
    train(path, "builtin:digits", settings, 2);
    assert_fails(VDIB_ERROR_IO, vdib_report_write(path, NULL, NULL, NULL, NULL), "--resume");
    snprintf(path, sizeof path, "%s/run/report.html", folder);
    assert_false(vdib__is_file(path));
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_read),
        cmocka_unit_test(damaged_metrics_are_counted),
        cmocka_unit_test(a_run_on_images_is_reported),
        cmocka_unit_test(a_run_on_classes_is_reported),
        cmocka_unit_test(a_run_on_blobs_is_reported),
        cmocka_unit_test(unfinished_runs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
