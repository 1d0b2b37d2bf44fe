/* SPDX-License-Identifier: MIT */
#include "events/columns.h"

#include <math.h>
#include <string.h>

enum { MOST_DIGITS = 18, MOST_POWER = 400, MICRO = 6, MILLI = 3, NANO = -3 };

static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
#define LARGEST     ((int64_t)1 << 62)
#define NANOSECONDS 1e17 /* from here on whole times are nanoseconds since 1970 */

/* ---- numbers ---- */

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

/* "True", "false": booleans of some programs. */
static bool read_boolean(const char **at, const char *end, vdib__number *number) {
    static const char *const words[] = {"False", "True", "false", "true"};
    if (*at == end || strchr("FTft", **at) == NULL || **at == '\0')
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(end - *at) < length || memcmp(*at, words[i], length) != 0)
            continue;
        *at += length;
        number->whole = (int64_t)(i % 2);
        return true;
    }
    return false;
}

bool vdib__number_read(const char **at, const char *end, vdib__number *number) {
    size_t used = 0;
    *number = (vdib__number){0};
    if (read_boolean(at, end, number))
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

/* ---- names ---- */

const vdib__columns vdib__columns_none = {.t = -1, .x = -1, .y = -1, .p = -1};

static char lower(char letter) {
    return (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
}

static bool is_one_of(const char *name, const char *words) {
    size_t length = strlen(name);
    for (const char *at = words; length > 0 && (at = strstr(at, name)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static void set_unit(vdib__columns *columns, const char *unit, int power) {
    columns->unit = unit;
    columns->power = power;
}

/* "time_us" is "time" in microseconds. */
static void read_unit(vdib__columns *columns, char *name) {
    static const struct {
        const char *ending, *unit;
        int power;
    } units[] = {{"_ns", "nanoseconds", NANO},
                 {"_us", "microseconds", 0},
                 {"_ms", "milliseconds", MILLI},
                 {"_s", "seconds", MICRO}};
    char *bar = strrchr(name, '_');
    for (size_t i = 0; bar != NULL && i < sizeof units / sizeof *units; i++)
        if (strcmp(bar, units[i].ending) == 0) {
            *bar = '\0';
            if (is_one_of(name, "t ts time times timestamp timestamps"))
                set_unit(columns, units[i].unit, units[i].power);
            return;
        }
}

/* "x@640": the sensor has 640 columns. */
static size_t read_size(const char *name, size_t length) {
    const char *at = memchr(name, '@', length), *end = name + length;
    size_t size = 0;
    for (at = at != NULL ? at + 1 : end; is_digit(at, end) && size <= UINT16_MAX; at++)
        size = 10 * size + (size_t)(*at - '0');
    return size <= UINT16_MAX + 1U ? size : 0;
}

bool vdib__columns_name(vdib__columns *columns, int column, const char *name, size_t length) {
    enum { LONGEST = 32 };
    char word[LONGEST];
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < LONGEST && name[i] != '@'; i++)
        if (name[i] != '"' && name[i] != '\'' && name[i] != ' ' && name[i] != '#' && name[i] != ']' && name[i] != ')')
            word[used++] = name[i] == '[' || name[i] == '(' ? '_' : lower(name[i]);
    word[used] = '\0';
    read_unit(columns, word);
    if (is_one_of(word, "t ts time times timestamp timestamps"))
        columns->t = column;
    else if (is_one_of(word, "x xs")) {
        columns->x = column;
        columns->width = read_size(name, length);
    } else if (is_one_of(word, "y ys")) {
        columns->y = column;
        columns->height = read_size(name, length);
    } else if (is_one_of(word, "p ps pol polarity polarities on is_increase"))
        columns->p = column;
    else
        return false;
    return true;
}

bool vdib__columns_complete(const vdib__columns *columns) {
    return columns->t >= 0 && columns->x >= 0;
}

/* ---- guesses ---- */

/* Places of the columns. */
typedef struct order {
    int t, x, y, p;
} order;

static bool is_place(double value) {
    return value >= 0 && value <= UINT16_MAX && value == floor(value);
}

static bool is_polarity(double value) {
    return value == 0 || value == 1 || value == -1;
}

/* Whether nearly all rows are events in an order. */
static bool fits(const double *rows, size_t count, size_t stride, const order *o) {
    enum { ONE_IN = 16 }; /* rows may be damaged */
    size_t bad = 0;
    for (size_t i = 0; i < count; i++, rows += stride)
        bad += !is_place(rows[o->x]) || !is_place(rows[o->y]) || !is_polarity(rows[o->p]) || isnan(rows[o->t]);
    return ONE_IN * bad <= count;
}

/* How much like a clock a column is. */
typedef struct clockwork {
    bool grows;   /* but for a few steps */
    size_t back;  /* steps that go back; all of them where it stands still */
    double range; /* from its least to its largest value */
} clockwork;

static clockwork look_at_times(const double *rows, size_t count, size_t stride, int column) {
    enum { ONE_IN = 8 }; /* steps may go back */
    clockwork found = {.grows = false};
    double least = rows[column], most = least;
    for (size_t i = 1; i < count; i++) {
        double value = rows[i * stride + (size_t)column];
        found.back += !(value >= rows[(i - 1) * stride + (size_t)column]);
        least = fmin(least, value);
        most = fmax(most, value);
    }
    found.range = most - least;
    found.back = found.range > 0 ? found.back : count;
    found.grows = ONE_IN * found.back <= count;
    return found;
}

/* Of clocks that grow the one that goes further, of others the one that goes back less often. */
static bool is_better(const clockwork *a, const clockwork *b) {
    if (a->grows != b->grows)
        return a->grows;
    return a->grows ? a->range > b->range : a->back < b->back;
}

bool vdib__columns_guess(const double *rows, size_t count, size_t stride, vdib__columns *columns) {
    static const order orders[] = {{0, 1, 2, 3}, {3, 0, 1, 2}, {2, 0, 1, 3}};
    clockwork best = {.grows = false};
    const order *found = NULL;
    if (count == 0 || stride < 4)
        return false;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        if (!fits(rows, count, stride, &orders[i]))
            continue;
        clockwork times = look_at_times(rows, count, stride, orders[i].t);
        if (found != NULL && !is_better(&times, &best))
            continue;
        found = &orders[i];
        best = times;
    }
    if (found == NULL)
        return false;
    columns->t = found->t;
    columns->x = found->x;
    columns->y = found->y;
    columns->p = found->p;
    return true;
}

/* What makes a row no event; NULL: it is one. */
static const char *fault_of(const vdib__columns *c, const double *row) {
    if (!is_place(row[c->x]) || (c->y >= 0 && !is_place(row[c->y])))
        return "x and y are to be whole numbers from 0 to 65535";
    return c->p < 0 || is_polarity(row[c->p]) ? NULL : "polarities are to be 0 and 1, or -1 and 1";
}

const char *vdib__columns_judge(const double *rows, size_t count, size_t stride, const vdib__columns *columns) {
    const char *first = NULL;
    size_t events = 0, lows = 0, twos = 0;
    for (size_t i = 0; i < count; i++) {
        const double *row = &rows[i * stride];
        const char *fault = fault_of(columns, row);
        first = first == NULL ? fault : first;
        events += fault == NULL;
        twos += columns->p >= 0 && row[columns->p] == 2;
        lows += columns->p >= 0 && row[columns->p] < 1;
    }
    if (twos > 0 && lows == 0)
        return "polarities are to be 0 and 1, or -1 and 1, not 1 and 2";
    return events == 0 ? first : NULL;
}

void vdib__columns_time(const double *rows, size_t count, size_t stride, bool thousandths, vdib__columns *columns) {
    bool whole = true, thousand = thousandths, large = false;
    for (size_t i = 0; i < count && columns->unit == NULL; i++) {
        double time = rows[i * stride + (size_t)columns->t], fine = time * powers[MILLI];
        if (!(fabs(time) < (double)LARGEST)) /* damaged */
            continue;
        whole = whole && time == floor(time);
        thousand = thousand && fabs(fine - round(fine)) <= 1e-9 * fmax(fabs(fine), 1.0);
        large = large || time >= NANOSECONDS;
    }
    if (columns->unit != NULL)
        return;
    if (whole)
        set_unit(columns, large ? "nanoseconds" : "microseconds", large ? NANO : 0);
    else
        set_unit(columns, thousand ? "milliseconds" : "seconds", thousand ? MILLI : MICRO);
}

/* ---- events ---- */

/* A place: a whole number of 16 bits. */
static bool place_of(const vdib__number *number, uint16_t *place) {
    int64_t value = 0;
    bool exact = false;
    if (number != NULL && (!vdib__number_scale(number, 0, &value, &exact) || !exact || value < 0 || value > UINT16_MAX))
        return false;
    *place = (uint16_t)value;
    return true;
}

bool vdib__columns_event(const vdib__columns *columns, const vdib__number *t, const vdib__number *x,
                         const vdib__number *y, const vdib__number *p, vdib_event *event) {
    int64_t polarity = 1;
    bool exact = true;
    if (!vdib__number_scale(t, columns->power, &event->t, NULL) || !place_of(x, &event->x) || !place_of(y, &event->y))
        return false;
    if (p != NULL && !vdib__number_scale(p, 0, &polarity, &exact))
        return false;
    event->polarity = polarity == 1;
    return exact && polarity >= -1 && polarity <= 1;
}
