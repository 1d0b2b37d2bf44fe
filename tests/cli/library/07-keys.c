/* SPDX-License-Identifier: MIT */
#include "frame.h"

int main(void) {
    const char *const layers[] = {"40", "20"};
    vdib_key_info info = {.size = sizeof info};
    vdib_config *config = NULL;
    int64_t steps = 0;
    char value[64];
    vdib_config_create(&config);
    {
#include BLOCK
    } vdib_config_get(config, "encoder.layers", value, sizeof value);
    vdib_config_destroy(config);
    return steps == 80 && info.high == 1e6 && strcmp(value, "[40, 20]") == 0 ? finish() : 1;
}
