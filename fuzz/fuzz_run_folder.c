/* SPDX-License-Identifier: MIT */
/* Files of run folders, named by the first letter of the input: whatever they hold, the folder is refused with a
 * message, or what was found can be used. */
#include <stdint.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/error.h"
#include "place.h"
#include "report/report.h"
#include "run/sweep.h"
#include "vdib/results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_message(vdib_status status) {
    require(status == VDIB_OK || vdib_last_message()[0] != '\0');
}

static void read_results(const char *path) {
    const char *folders[] = {place_folder, place_folder};
    vdib_results *results = NULL;
    double value = 0;
    (void)path;
    vdib_status status = vdib_results_read(folders, 2, &results);
    require_message(status);
    if (status != VDIB_OK)
        return;
    require(vdib_results_count(results) == 2 && vdib_results_setting_count(results) == 1);
    for (size_t f = 0; f < vdib_figure_count(); f++)
        (void)vdib_results_figure(results, 0, VDIB_SPLIT_TEST, f, &value);
    vdib_results_destroy(results);
}

static void read_metrics(const char *path) {
    vdib__report_content content = {.unread_lines = 0};
    require_message(vdib__report_metrics(path, &content));
    for (size_t i = 0; i < content.training.count; i++)
        require(content.training.points[i].examples - content.training.points[i].examples == 0); /* finite */
    vdib__free(content.training.points);
    vdib__free(content.validation.points);
}

static void read_sweep(const char *path) {
    const vdib_resume_options resume = {.size = sizeof resume};
    vdib__asked asked = {.config = NULL};
    char **over = NULL;
    size_t count = 0, seeds = 0;
    (void)path;
    vdib_status status = vdib__sweep_read(place_folder, &resume, &asked, &over, &count, &seeds);
    require_message(status);
    if (status == VDIB_OK)
        vdib__sweep_texts_free(over, count);
    vdib__asked_clear(&asked);
}

static const struct {
    char letter;
    const char *name;
    void (*read)(const char *path);
} kinds[] = {{'e', "evaluation.json", read_results},
             {'r', "ridge.json", read_results},
             {'m', "metrics.jsonl", read_metrics},
             {'s', "sweep.json", read_sweep}};

/* A finished run. */
static void make_folder(void) {
    static const char record[] =
        "{\"data\": null, \"images\": null, \"limits\": {\"examples\": 1, \"epochs\": 0, \"seconds\": 0.0}, "
        "\"checkpoint_every\": 1, \"threads\": 1, \"examples\": 1, \"seconds\": 0.5, \"finished\": true}";
    static const char config[] = "objective:\n  beta: 0.1\n";
    char path[96];
    place_path(path, "run.json");
    place_write(path, record, strlen(record));
    place_path(path, "config.yaml");
    place_write(path, config, strlen(config));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int made;
    char path[96];
    if (!made)
        make_folder();
    made = 1;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        if (size == 0 || data[0] != (uint8_t)kinds[k].letter)
            continue;
        place_path(path, kinds[k].name);
        place_write(path, data + 1, size - 1);
        kinds[k].read(path);
        require(remove(path) == 0);
    }
    return 0;
}
