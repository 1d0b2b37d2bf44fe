/* SPDX-License-Identifier: MIT */
/* run.json: it is refused with a message, or can be saved and read again, to the same bytes. */
#include <stdint.h>

#include "config/config.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "place.h"
#include "run/run_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Saves the record as the folder's run.json: its bytes. */
static uint8_t *save(const vdib__run_record *record, const char *path, size_t *size) {
    uint8_t *bytes = NULL;
    require(vdib__run_record_save(record, place_folder) == VDIB_OK);
    require(vdib__file_read(path, &bytes, size) == VDIB_OK);
    return bytes;
}

static void check_saved(vdib__run_record *record, const char *path) {
    vdib__run_record again;
    size_t sizes[2];
    uint8_t *first = save(record, path, &sizes[0]);
    require(vdib__run_record_load(place_folder, &again) == VDIB_OK);
    uint8_t *second = save(&again, path, &sizes[1]);
    require(sizes[0] == sizes[1] && memcmp(first, second, sizes[0]) == 0);
    vdib__run_record_clear(&again);
    vdib__free(second);
    vdib__free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[96];
    vdib__run_record record;
    vdib_config *config = NULL;
    place_path(path, "run.json");
    place_write(path, data, size);
    if (vdib__run_record_load(place_folder, &record) != VDIB_OK) {
        require(vdib_last_message()[0] != '\0');
        return 0;
    }
    if (record.configuration != NULL && vdib__run_record_config(&record, &config) != VDIB_OK)
        require(vdib_last_message()[0] != '\0');
    vdib_config_destroy(config);
    check_saved(&record, path);
    vdib__run_record_clear(&record);
    return 0;
}
