/* SPDX-License-Identifier: MIT */
/* A host program that has called setlocale() gets the same files, byte for byte but for measured times, as one that has
 * not: a decimal comma (German), a decimal point of two bytes (Pashto), another idea of upper and lower case (Turkish).
 */
#include "learn/toy.h"

#include <ctype.h>
#include <locale.h>

#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

enum { PATH_SIZE = 1024 };
static char *locales; /* the folder with the compiled locales */

static void path_in(const char *folder, const char *name, char path[PATH_SIZE]) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
}

/* Compiles a locale of the system's sources and enters it. */
static void enter(const char *name, const char *point) {
    char command[2 * PATH_SIZE], full[64];
    snprintf(full, sizeof full, "%s.UTF-8", name);
    snprintf(command, sizeof command, "localedef -c -f UTF-8 -i %s %s/%s >%s/log 2>&1", name, locales, full, locales);
    (void)!system(command); /* warnings make it fail; what counts is whether the locale can be entered */
    assert_int_equal(setenv("LOCPATH", locales, 1), 0);
    if (setlocale(LC_ALL, full) == NULL)
        fail_msg("the locale %s cannot be made; `scripts/install-dependencies --tests` installs its sources", full);
    assert_string_equal(localeconv()->decimal_point, point);
}

static void leave(void) {
    assert_non_null(setlocale(LC_ALL, "C"));
}

/* One run with its report in `folder`, on images that are too small for a judge. */
static void make_run(const char *folder) {
    static const char *const settings[] = {"data.input=rate",
                                           "data.train_examples=30",
                                           "data.test_examples=5",
                                           "training.validate_every=15",
                                           "training.examples=60",
                                           "objective.beta=0.0625",
                                           "learning.encoder_learning_rate=2.5e-3",
                                           NULL};
    vdib_config *config = toy_config(TOY_STRAIGHT);
    const vdib_run_options options = {.size = sizeof(vdib_run_options),
                                      .data = VDIB_TEST_SOURCE "/tests/compatibility/0.1.0/data/images",
                                      .threads = 1};
    vdib_run *run = NULL;
    vdib_progress now = {.size = sizeof(vdib_progress)};
    toy_set(config, settings);
    assert_ok(vdib_run_create(folder, config, &options, &run));
    do
        assert_ok(vdib_run_step(run, &now));
    while (!now.done);
    vdib_run_destroy(run);
    vdib_config_destroy(config);
    assert_ok(vdib_report_write(folder, NULL, NULL, NULL, NULL));
}

/* Every number, "1,234.5e-3" and the like, becomes '#': a decimal comma leaves "#,#". */
static void mask_numbers(char *text) {
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        if (*at < '0' || *at > '9') {
            *to++ = *at++;
            continue;
        }
        size_t digits = strspn(at, "0123456789");
        for (at += digits; digits <= 3 && *at == ',' && strspn(at + 1, "0123456789") == 3;)
            at += 4;
        if (*at == '.' && at[1] >= '0' && at[1] <= '9')
            at += 1 + strspn(at + 1, "0123456789");
        if (*at == 'e' && (at[1] == '-' || at[1] == '+'))
            at += 2 + strspn(at + 2, "0123456789");
        *to++ = '#';
    }
    *to = '\0';
}

static void assert_same_text(const char *a, const char *b, const char *name, bool masked) {
    char path[PATH_SIZE];
    uint8_t *bytes[2] = {NULL, NULL};
    size_t sizes[2];
    const char *const folders[] = {a, b};
    for (int i = 0; i < 2; i++) {
        path_in(folders[i], name, path);
        assert_ok(vdib__file_read(path, &bytes[i], &sizes[i]));
        assert_true(sizes[i] > 0);
        if (masked)
            mask_numbers((char *)bytes[i]);
    }
    if (masked)
        assert_string_equal((char *)bytes[0], (char *)bytes[1]);
    else
        assert_int_equal(sizes[0], sizes[1]);
    if (!masked)
        assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    vdib__free(bytes[0]);
    vdib__free(bytes[1]);
}

static void assert_texts(void) {
    char text[64];
    vdib_config *config = NULL;
    vdib__number_format(0.15625, text);
    assert_string_equal(text, "0.15625");
    (void)vdib__fail(VDIB_ERROR_DATA, "half is %g", 0.5);
    assert_string_equal(vdib_last_message(), "half is 0.5");
    assert_ok(vdib_config_create(&config));
    assert_ok(vdib_config_set(config, "objective.beta=0.375"));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set(config, "objective.beta=0,375"), "objective.beta");
    assert_ok(vdib_config_get(config, "objective.beta", text, sizeof text));
    assert_string_equal(text, "0.375");
    vdib_config_destroy(config);
    assert_true(vdib__same_word(".BIN", ".bin"));
    assert_false(vdib__same_word(".bin", ".bi"));
}

static void files_are_the_same_in_every_locale(void **state) {
    static const struct { const char *name, *point; } cases[] = {{"de_DE", ","}, {"ps_AF", "\xD9\xAB"}, {"tr_TR", ","}};
    static const char *const exact[] = {"config.yaml", "metrics.jsonl", "model.safetensors"};
    static const char *const masked[] = {"run.json", "evaluation.json", "report.html"};
    char *folder = support_folder(), plain[PATH_SIZE], other[PATH_SIZE];
    (void)state;
    locales = support_folder();
    path_in(folder, "C", plain);
    make_run(plain);
    assert_texts();
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        path_in(folder, cases[c].name, other);
        enter(cases[c].name, cases[c].point);
        make_run(other);
        assert_texts();
        assert_string_equal(localeconv()->decimal_point, cases[c].point); /* the host's locale is as it was */
        leave();
        for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++)
            assert_same_text(plain, other, exact[i], false);
        for (size_t i = 0; i < sizeof masked / sizeof masked[0]; i++)
            assert_same_text(plain, other, masked[i], true);
    }
    support_folder_remove(locales);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_are_the_same_in_every_locale)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
