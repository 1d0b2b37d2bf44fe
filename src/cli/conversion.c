/* SPDX-License-Identifier: MIT */
#include "conversion.h"

#include <stdlib.h>
#include <string.h>

#include "signals.h"

enum { MOST_NUMBERS = 4, MOST_DIGITS = 5 };

/* Whole numbers with `between` between them: "34x34" or "10,20,100,80". */
static bool parse_numbers(const char *text, char between, size_t count, size_t numbers[MOST_NUMBERS]) {
    for (size_t i = 0; i < count; i++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > MOST_DIGITS)
            return false;
        numbers[i] = strtoul(text, NULL, 10);
        text += digits;
        if (*text != (i + 1 < count ? between : '\0'))
            return false;
        text++;
    }
    return true;
}

static int take_sensor(const char *text, vdib_conversion *c) {
    size_t sides[MOST_NUMBERS] = {0};
    if (!parse_numbers(text, 'x', 2, sides) || sides[0] == 0 || sides[1] == 0)
        return cli_fail(CLI_WRONG, "--sensor: '%s' is not WIDTHxHEIGHT, for example 346x260", text);
    c->width = sides[0];
    c->height = sides[1];
    return CLI_DONE;
}

static int take_crop(const char *text, vdib_conversion *c) {
    size_t numbers[MOST_NUMBERS] = {0};
    if (!parse_numbers(text, ',', 4, numbers) || numbers[2] == 0 || numbers[3] == 0)
        return cli_fail(CLI_WRONG, "--crop: '%s' is not X,Y,WIDTH,HEIGHT, for example 100,60,128,128", text);
    c->crop_x = numbers[0];
    c->crop_y = numbers[1];
    c->crop_width = numbers[2];
    c->crop_height = numbers[3];
    return CLI_DONE;
}

static int take_polarity(const char *text, vdib_conversion *c) {
    bool on = strcmp(text, "on") == 0, off = strcmp(text, "off") == 0;
    c->polarity = on ? VDIB_POLARITY_ON : VDIB_POLARITY_OFF;
    return on || off ? CLI_DONE : cli_fail(CLI_WRONG, "--polarity: '%s' is neither on nor off", text);
}

static int take_flip(const char *text, vdib_conversion *c) {
    c->flip_x = strcmp(text, "x") == 0 || strcmp(text, "xy") == 0;
    c->flip_y = strcmp(text, "y") == 0 || strcmp(text, "xy") == 0;
    return c->flip_x || c->flip_y
               ? CLI_DONE
               : cli_fail(CLI_WRONG, "--flip: '%s' is none of x (left and right), y (top and bottom), xy", text);
}

static int take_rotate(const char *text, vdib_conversion *c) {
    size_t degrees[MOST_NUMBERS] = {0};
    if (!parse_numbers(text, '\0', 1, degrees) || degrees[0] == 0 || degrees[0] > 270 || degrees[0] % 90 != 0)
        return cli_fail(CLI_WRONG, "--rotate: '%s' is none of 90, 180, 270 (degrees, clockwise)", text);
    c->rotate = (unsigned)degrees[0];
    return CLI_DONE;
}

static int take_down_sample(const char *text, vdib_conversion *c) {
    size_t factor[MOST_NUMBERS] = {0};
    if (!parse_numbers(text, '\0', 1, factor) || factor[0] == 0)
        return cli_fail(CLI_WRONG, "--down-sample: '%s' is not a whole number of pixels, for example 2", text);
    c->down_sample = factor[0];
    return CLI_DONE;
}

static int take_refractory(const char *text, vdib_conversion *c) {
    CLI_TRY(cli_time("refractory", text, &c->refractory_us));
    return c->refractory_us > 0 ? CLI_DONE : cli_fail(CLI_WRONG, "--refractory: '%s' is not a time above 0", text);
}

int cli_conversion(const cli_arguments *arguments, vdib_conversion *conversion) {
    static const struct {
        int option;
        int (*take)(const char *text, vdib_conversion *c);
    } takers[] = {{OPTION_SENSOR, take_sensor},        {OPTION_CROP, take_crop},
                  {OPTION_POLARITY, take_polarity},    {OPTION_FLIP, take_flip},
                  {OPTION_ROTATE, take_rotate},        {OPTION_DOWN_SAMPLE, take_down_sample},
                  {OPTION_REFRACTORY, take_refractory}};
    *conversion = (vdib_conversion){.size = sizeof *conversion,
                                    .format = cli_word(arguments, OPTION_WRITTEN_FORMAT),
                                    .replace = arguments->force,
                                    .strict = arguments->strict,
                                    .relative = arguments->relative,
                                    .sort = cli_word(arguments, OPTION_SORT) != NULL,
                                    .hot_pixels = cli_word(arguments, OPTION_HOT_PIXELS) != NULL,
                                    .rebase = cli_word(arguments, OPTION_REBASE) != NULL,
                                    .cancelled = cli_stopped,
                                    .unit = cli_word(arguments, OPTION_UNIT)};
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        const char *text = cli_word(arguments, takers[i].option);
        if (text != NULL)
            CLI_TRY(takers[i].take(text, conversion));
    }
    return cli_range("convert", arguments, &conversion->from_us, &conversion->to_us);
}
