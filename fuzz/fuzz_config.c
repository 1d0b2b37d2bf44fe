/* SPDX-License-Identifier: MIT */
/* The YAML and JSON readers of configurations on arbitrary bytes: what they accept survives being written and read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Through JSON and back: the same but for `training`, which is no part of it. */
static void check_json(const vdib_config *config) {
    char *json = NULL;
    vdib_config *back = NULL;
    if (vdib__config_to_json(config, &json) != VDIB_OK || vdib__config_from_json(json, "fuzz", &back) != VDIB_OK)
        abort();
    back->training = config->training;
    if (memcmp(back, config, sizeof *back) != 0)
        abort();
    vdib_config_destroy(back);
    vdib__free(json);
}

static void read_json(const uint8_t *data, size_t size) {
    char *text = NULL;
    vdib_config *config = NULL;
    if (vdib__allocate(size + 1, 1, (void **)&text) != VDIB_OK)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    if (vdib__config_from_json(text, "fuzz", &config) == VDIB_OK)
        check_json(config);
    vdib_config_destroy(config);
    vdib__free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    vdib_config *config = NULL;
    read_json(data, size);
    if (vdib_config_parse((const char *)data, size, "fuzz", &config) != VDIB_OK)
        return 0;
    (void)vdib_config_check(config);
    check_json(config);
    vdib_config_destroy(config);
    return 0;
}
