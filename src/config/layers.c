/* SPDX-License-Identifier: MIT */
/* The texts of encoder.layers: "800" or "conv16k5s1p2m2". */
#include <string.h>

#include "config/keys.h"
#include "core/error.h"

/* Reads a whole number without leading zeros (a single 0 is one) of least..most and moves *at behind it. */
static bool read_number(const char **at, size_t least, size_t most, size_t *value) {
    size_t digits = strspn(*at, "0123456789"), number = 0;
    if (digits == 0 || digits > 6 || (digits > 1 && **at == '0'))
        return false;
    for (size_t i = 0; i < digits; i++)
        number = 10 * number + (size_t)((*at)[i] - '0');
    *at += digits;
    *value = number;
    return number >= least && number <= most;
}

/* As read_number, behind `letter`; without the letter the value stays and all is well. */
static bool read_optional(const char **at, char letter, size_t least, size_t most, size_t *value) {
    if (**at != letter)
        return true;
    (*at)++;
    return read_number(at, least, most, value);
}

static bool parse_convolution(const char *at, vdib__layer_text *parsed) {
    *parsed = (vdib__layer_text){.convolutional = true, .stride = 1, .pool = 1};
    return read_number(&at, 1, 4096, &parsed->width) && *at == 'k' && read_optional(&at, 'k', 1, 64, &parsed->kernel) &&
           read_optional(&at, 's', 1, 64, &parsed->stride) &&
           read_optional(&at, 'p', 0, parsed->kernel - 1, &parsed->padding) &&
           read_optional(&at, 'm', 1, 64, &parsed->pool) && *at == '\0';
}

bool vdib__layer_parse(const char *text, vdib__layer_text *parsed) {
    if (strncmp(text, "conv", strlen("conv")) == 0)
        return parse_convolution(text + strlen("conv"), parsed);
    *parsed = (vdib__layer_text){.pool = 1};
    return read_number(&text, 1, 65536, &parsed->width) && *text == '\0';
}

vdib_status vdib__config_layer(const vdib_config *config, size_t layer, vdib__layer_text *parsed) {
    if (layer >= config->encoder.layers.count)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "encoder.layers: there is no layer %zu, counted from 0, of %zu", layer,
                          config->encoder.layers.count);
    if (!vdib__layer_parse(config->encoder.layers.items[layer], parsed))
        return vdib__fail(VDIB_ERROR_CONFIG, "encoder.layers: layer %zu is no layer; the key takes %s", layer,
                          vdib__config_key_find("encoder.layers")->takes);
    return VDIB_OK;
}
