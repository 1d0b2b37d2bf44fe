/* SPDX-License-Identifier: MIT */
/* The numbers of texts and arrays. */
#include <math.h>
#include <string.h>

#include "events/columns.h"

enum { MOST_DIGITS = 18, MOST_POWER = 400 };

static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
#define LARGEST ((int64_t)1 << 62)

static bool is_digit(const char *at, const char *end) {
    return at < end && *at >= '0' && *at <= '9';
}

/* The digits from `*at` on; `places` is -1 for each where they stand behind the point. Returns how many there are. */
static size_t read_digits(const char **at, const char *end, int places, size_t *used, vdib__number *number) {
    size_t count = 0;
    for (; is_digit(*at, end); ++*at, count++) {
        if (*used < MOST_DIGITS) {
            number->whole = 10 * number->whole + (**at - '0');
            number->power += places;
            *used += number->whole != 0;
        } else {
            number->power += 1 + places;
        }
        if (number->power > MOST_POWER || number->power < -MOST_POWER)
            return 0;
    }
    return count;
}

/* "e-3"; nothing is one too. */
static bool read_exponent(const char **at, const char *end, vdib__number *number) {
    int exponent = 0, sign = 1;
    if (*at == end || (**at != 'e' && **at != 'E'))
        return true;
    ++*at;
    if (*at < end && (**at == '-' || **at == '+'))
        sign = *(*at)++ == '-' ? -1 : 1;
    if (!is_digit(*at, end))
        return false;
    for (; is_digit(*at, end); ++*at)
        exponent = exponent > MOST_POWER ? exponent : 10 * exponent + (**at - '0');
    number->power += sign * exponent;
    return true;
}

static char small(char letter) {
    return (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
}

/* "True", "off": polarities and booleans of some programs, in letters of any case. */
static bool read_word(const char **at, const char *end, vdib__number *number) {
    static const struct {
        const char *word;
        int64_t value;
    } words[] = {{"false", 0},    {"true", 1},     {"off", 0}, {"on", 1},
                 {"negative", 0}, {"positive", 1}, {"neg", 0}, {"pos", 1}};
    char found[9];
    size_t length = 0;
    while (*at + length < end && length < sizeof found - 1 && small((*at)[length]) >= 'a' &&
           small((*at)[length]) <= 'z') {
        found[length] = small((*at)[length]);
        length++;
    }
    found[length] = '\0';
    for (size_t i = 0; length > 0 && i < sizeof words / sizeof *words; i++)
        if (strcmp(found, words[i].word) == 0) {
            *at += length;
            number->whole = words[i].value;
            return true;
        }
    return false;
}

bool vdib__number_read(const char **at, const char *end, vdib__number *number) {
    size_t used = 0;
    *number = (vdib__number){0};
    if (read_word(at, end, number))
        return true;
    bool negative = *at < end && **at == '-';
    if (*at < end && (**at == '-' || **at == '+'))
        ++*at;
    size_t digits = read_digits(at, end, 0, &used, number);
    if (*at < end && **at == '.') {
        ++*at;
        digits += read_digits(at, end, -1, &used, number);
    }
    if (digits == 0 || !read_exponent(at, end, number))
        return false;
    number->whole = negative ? -number->whole : number->whole;
    return true;
}

bool vdib__number_scale(const vdib__number *number, int power, int64_t *value, bool *exact) {
    if (number->is_real) {
        double scaled = power >= 0 ? number->real * powers[power] : number->real / powers[-power];
        if (!(fabs(scaled) < (double)LARGEST))
            return false;
        *value = (int64_t)round(scaled);
        if (exact != NULL)
            *exact = (double)*value == scaled;
        return true;
    }
    if (power + number->power == 0 && number->whole < LARGEST && number->whole > -LARGEST) {
        *value = number->whole;
        if (exact != NULL)
            *exact = true;
        return true;
    }
    int64_t whole = number->whole, rest = 0, unit = 1;
    for (power += number->power; power > 0 && whole != 0; power--) {
        if (whole > LARGEST / 10 || whole < -LARGEST / 10)
            return false;
        whole *= 10;
    }
    for (; power < 0 && unit <= LARGEST / 10; power++)
        unit *= 10;
    rest = power < 0 ? whole : whole % unit;
    whole = power < 0 ? 0 : whole / unit;
    if (power >= 0 && (rest >= 0 ? rest : -rest) >= unit - (rest >= 0 ? rest : -rest) && rest != 0)
        whole += rest > 0 ? 1 : -1;
    *value = whole;
    if (exact != NULL)
        *exact = rest == 0;
    return whole < LARGEST && whole > -LARGEST;
}

double vdib__number_value(const vdib__number *number) {
    if (number->is_real)
        return number->real;
    double value = (double)number->whole;
    int power = number->power;
    for (; power > 0; power -= power < 9 ? power : 9)
        value *= powers[power < 9 ? power : 9];
    for (; power<0; power += power> - 9 ? -power : 9)
        value /= powers[power > -9 ? -power : 9];
    return value;
}
