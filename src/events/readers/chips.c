/* SPDX-License-Identifier: MIT */
#include "events/readers/chips.h"

#include <stdbool.h>
#include <string.h>

static const vdib__chip chips[] = {
    {"dvs128", VDIB_ADDRESSES_DVS128, 128, 128},      {"tmpdiff128", VDIB_ADDRESSES_DVS128, 128, 128},
    {"davis128", VDIB_ADDRESSES_DAVIS, 128, 128},     {"davis208", VDIB_ADDRESSES_DAVIS, 208, 192},
    {"davis240", VDIB_ADDRESSES_DAVIS, 240, 180},     {"sbret10", VDIB_ADDRESSES_DAVIS, 240, 180},
    {"davis346", VDIB_ADDRESSES_DAVIS, 346, 260},     {"davis640", VDIB_ADDRESSES_DAVIS, 640, 480},
    {"davisrgbw640", VDIB_ADDRESSES_DAVIS, 640, 480}, {"cdavis", VDIB_ADDRESSES_DAVIS, 640, 480},
    {"cochlea", VDIB_ADDRESSES_COCHLEA, 64, 8},
};

static char lower(char letter) {
    return (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
}

static bool begins(const char *text, size_t length, const char *name) {
    for (; *name != '\0'; name++, text++, length--)
        if (length == 0 || lower(*text) != *name)
            return false;
    return true;
}

const vdib__chip *vdib__chip_named(const char *text, size_t length) {
    for (size_t i = 0; i < sizeof chips / sizeof *chips; i++)
        for (size_t at = 0; at < length; at++)
            if (begins(text + at, length - at, chips[i].name))
                return &chips[i];
    return NULL;
}
