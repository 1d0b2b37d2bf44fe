/* SPDX-License-Identifier: MIT */
/* Exports as such: formats by name, where they may be written, and the report. What ONNX files compute is compared by
 * tests/interop. */
#include <sys/stat.h>
#include <unistd.h>

#include "../model/small_model.h"
#include "core/file.h"
#include "vdib/import.h"

static char path[4096];

static const char *in(const char *folder, const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void test_formats(void **state) {
    (void)state;
    size_t count = vdib_export_format_count(), found = 0;
    assert_true(count >= 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(vdib_export_format_help(i)) > 10);
        found += strcmp(vdib_export_format_name(i), "onnx") == 0;
    }
    assert_int_equal(found, 1);
    assert_null(vdib_export_format_name(count));
    assert_null(vdib_export_format_help(count));
}

static void test_refusals(void **state) {
    (void)state;
    char *folder = support_folder();
    vdib_model *model = small_model(NULL);
    vdib_export_options only = {.size = sizeof only, .only = "channel"};
    vdib_export_report *report = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_export(model, "onx", in(folder, "x"), NULL, &report), "onnx");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_export(model, "onnx", in(folder, "x"), &only, &report),
                 "encoder decoder");
    only.only = "";
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_export(model, "onnx", in(folder, "x"), &only, &report), "''");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_export(model, "onnx", "", NULL, &report), "empty");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_model_export(model, "onnx", in(folder, "x.onnx"), NULL, &report),
                 "x.onnx: encoder and decoder are two");
    assert_fails(VDIB_ERROR_IO, vdib_model_export(model, "onnx", in(folder, "no/x"), NULL, &report),
                 "/no; make it first");
    assert_false(vdib__is_folder(in(folder, "no")));
    assert_ok(vdib__file_write(in(folder, "taken"), "old", 3));
    assert_fails(VDIB_ERROR_EXISTS, vdib_model_export(model, "onnx", path, NULL, &report), "exists already");
    only.only = "decoder";
    assert_fails(VDIB_ERROR_EXISTS, vdib_model_export(model, "onnx", path, &only, &report), "exists already");
    assert_fails(VDIB_ERROR_EXISTS, vdib_model_export(model, "onnx", folder, &only, &report), "is a folder");
    assert_fails(VDIB_ERROR_EXISTS, vdib_model_export(model, "onnx", folder, NULL, &report), "not empty");
    assert_null(report);
    struct stat info;
    assert_int_equal(stat(in(folder, "taken"), &info), 0);
    assert_int_equal(info.st_size, 3);
    vdib_model_destroy(model);
    support_folder_remove(folder);
}

/* A model of counts has a decoder and nothing else. */
static void test_counts(void **state) {
    (void)state;
    char *folder = support_folder();
    vdib_model *model = small_model((const char *const[]){"encoder.type=counts", "encoder.bins=4", "decoder.window=0",
                                                          "data.blank_steps=0", "encoder.layers=[]", NULL});
    vdib_export_options only = {.size = sizeof only, .only = "encoder"};
    vdib_export_report *report = NULL;
    assert_fails(VDIB_ERROR_UNSUPPORTED, vdib_model_export(model, "onnx", in(folder, "e.onnx"), &only, NULL),
                 "encoder.type=counts");
    assert_false(vdib__is_file(path));
    assert_ok(vdib_model_export(model, "onnx", in(folder, "both"), NULL, &report));
    assert_int_equal(vdib_export_report_file_count(report), 1);
    assert_true(vdib__is_file(vdib_export_report_file(report, 0)));
    vdib_export_report_destroy(report);
    vdib_model_destroy(model);
    support_folder_remove(folder);
}

/* The row of a part; fails if there is none. */
static vdib_export_row row_of(const vdib_export_report *report, const char *part) {
    vdib_export_row row = {.size = sizeof row};
    for (size_t i = 0; i < vdib_export_report_count(report); i++) {
        assert_ok(vdib_export_report_row(report, i, &row));
        if (strcmp(row.part, part) == 0)
            return row;
    }
    fail_msg("the report has no row of %s", part);
    return row;
}

static void test_report(void **state) {
    (void)state;
    char *folder = support_folder(), *json = NULL;
    vdib_model *model = small_model((const char *const[]){"channel.type=erasures", "channel.probability=0.2", NULL});
    vdib_export_report *report = NULL;
    vdib_export_row row = {.size = sizeof row};
    assert_ok(vdib_model_export(model, "onnx", in(folder, "both"), NULL, &report));
    assert_int_equal(vdib_export_report_file_count(report), 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(vdib__is_file(vdib_export_report_file(report, i)));
    assert_null(vdib_export_report_file(report, 2));
    assert_int_equal(row_of(report, "encoder.hidden.0").fidelity, VDIB_FIDELITY_EXACT);
    assert_int_equal(row_of(report, "encoder.readout").fidelity, VDIB_FIDELITY_EXACT);
    assert_int_equal(row_of(report, "decoder.fc").fidelity, VDIB_FIDELITY_EXACT);
    assert_int_equal(row_of(report, "channel").fidelity, VDIB_FIDELITY_LEFT_OUT);
    assert_non_null(strstr(row_of(report, "data.blank_steps").note, " 3 steps"));
    assert_string_equal(row_of(report, "feedback").as, "");
    assert_true(row_of(report, "feedback").difference < 0);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_export_report_row(report, vdib_export_report_count(report), &row),
                 "counted from 0");
    assert_ok(vdib_export_report_json(report, &json));
    assert_non_null(strstr(json, "\"format\": \"onnx\""));
    assert_non_null(strstr(json, "\"fidelity\": \"left out\""));
    assert_non_null(strstr(json, "\"difference\": null"));
    size_t counts[3] = {0}, found = 0;
    for (size_t i = 0; i < vdib_export_report_count(report); i++) {
        assert_ok(vdib_export_report_row(report, i, &row));
        counts[row.fidelity]++;
    }
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {[VDIB_FIDELITY_EXACT] = "exact",
                                            [VDIB_FIDELITY_APPROXIMATE] = "approximate",
                                            [VDIB_FIDELITY_LEFT_OUT] = "left_out"};
        char words[48];
        snprintf(words, sizeof words, "\"%s\": %zu,", names[i], counts[i]);
        found += strstr(json, words) != NULL;
    }
    assert_int_equal(found, 3);
    vdib_text_free(json);
    vdib_export_report_destroy(report);
    vdib_model_destroy(model);
    support_folder_remove(folder);
}

/* Whether the report of an export in a format says something of blank steps. */
static bool says_blank_steps(const char *format, const char *setting) {
    char *folder = support_folder();
    vdib_model *model = small_model((const char *const[]){setting, NULL});
    vdib_export_report *report = NULL;
    bool said = false;
    assert_ok(vdib_model_export(model, format, in(folder, "model"), NULL, &report));
    for (size_t i = 0; i < vdib_export_report_count(report); i++) {
        vdib_export_row row = {.size = sizeof row};
        assert_ok(vdib_export_report_row(report, i, &row));
        said = said || strcmp(row.part, "data.blank_steps") == 0;
    }
    vdib_export_report_destroy(report);
    vdib_model_destroy(model);
    support_folder_remove(folder);
    return said;
}

static void test_blank_steps(void **state) {
    (void)state;
    assert_false(says_blank_steps("onnx", "data.blank_steps=0"));
    assert_true(says_blank_steps("onnx", "data.blank_steps=1"));
    vdib_import *import = NULL;
    if (vdib_import_open("/dev/null", &import) == VDIB_ERROR_UNSUPPORTED) /* no HDF5 */
        return;
    assert_false(says_blank_steps("nir", "data.blank_steps=0"));
    assert_true(says_blank_steps("nir", "data.blank_steps=1"));
}

/* Nothing but the model decides the bytes. */
static void test_same_bytes(void **state) {
    (void)state;
    char *folder = support_folder();
    vdib_model *model = small_model(NULL);
    uint8_t *bytes[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    for (size_t i = 0; i < 2; i++) {
        const vdib_export_options only = {.size = sizeof only, .only = "encoder"};
        assert_ok(vdib_model_export(model, "onnx", in(folder, i == 0 ? "a.onnx" : "b.onnx"), &only, NULL));
        assert_ok(vdib__file_read(path, &bytes[i], &sizes[i]));
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    for (size_t i = 0; i < 2; i++)
        vdib_memory_free(bytes[i]);
    vdib_model_destroy(model);
    support_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats), cmocka_unit_test(test_refusals),   cmocka_unit_test(test_counts),
        cmocka_unit_test(test_report),  cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_blank_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
