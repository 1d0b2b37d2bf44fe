/* SPDX-License-Identifier: MIT */
#include "conversion.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "signals.h"

enum { MOST_NUMBERS = 4, MOST_DIGITS = 5 };

int cli_time(const char *option, const char *text, int64_t *us) {
    static const struct {
        const char *name;
        double us;
    } units[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"", 1}};
    char *end = NULL;
    bool begins = text[0] != '\0' && strchr("+-.0123456789", text[0]) != NULL;
    double value = begins ? strtod(text, &end) : 0;
    for (size_t i = 0; begins && i < sizeof units / sizeof *units; i++) {
        double time = round(value * units[i].us);
        if (strcmp(end, units[i].name) != 0 || !(fabs(time) < 9e15))
            continue;
        *us = (int64_t)time;
        return CLI_DONE;
    }
    return cli_fail(CLI_WRONG, "--%s: '%s' is no time; there are microseconds (1500), 20ms and 1.5s", option, text);
}

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

/* One end alone leaves the other open. */
static int take_range(const cli_arguments *arguments, vdib_conversion *c) {
    const char *from = cli_word(arguments, OPTION_FROM), *to = cli_word(arguments, OPTION_TO);
    c->relative = cli_word(arguments, OPTION_RELATIVE) != NULL;
    if (from == NULL && to == NULL)
        return c->relative ? cli_fail(CLI_WRONG, "convert: --relative is for --from and --to; give one") : CLI_DONE;
    c->from_us = INT64_MIN;
    c->to_us = INT64_MAX;
    if (from != NULL)
        CLI_TRY(cli_time("from", from, &c->from_us));
    if (to != NULL)
        CLI_TRY(cli_time("to", to, &c->to_us));
    return c->from_us < c->to_us
               ? CLI_DONE
               : cli_fail(CLI_WRONG, "convert: --to %s is not after --from %s; no event would be left", to, from);
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
                                    .sort = cli_word(arguments, OPTION_SORT) != NULL,
                                    .hot_pixels = cli_word(arguments, OPTION_HOT_PIXELS) != NULL,
                                    .rebase = cli_word(arguments, OPTION_REBASE) != NULL,
                                    .cancelled = cli_stopped};
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        const char *text = cli_word(arguments, takers[i].option);
        if (text != NULL)
            CLI_TRY(takers[i].take(text, conversion));
    }
    return take_range(arguments, conversion);
}
