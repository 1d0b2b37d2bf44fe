/* SPDX-License-Identifier: MIT */
#include "events/columns.h"

#include <math.h>

/* ---- the order of columns, by their values ---- */

enum { ONE_IN = 16 }; /* rows may be damaged */

/* Places of the columns; -1: there is none. */
typedef struct order {
    const char *name;
    int t, x, y, p;
} order;

static bool is_place(double value) {
    return value >= 0 && value <= UINT16_MAX && value == floor(value);
}

static bool is_polarity(double value) {
    return value == 0 || value == 1 || value == -1;
}

/* Whether nearly all rows are events in an order; polarities are those of `off` (vdib__columns), both of them if it is
 * 1. */
static bool fits(const double *rows, size_t count, size_t stride, const order *o, int off) {
    size_t bad = 0, low = 0, high = 0;
    const bool both = off != 0 || (o->y < 0 && o->p >= 0); /* what has one value alone may be something else */
    for (size_t i = 0; i < count; i++, rows += stride) {
        double p = o->p >= 0 ? rows[o->p] - off : 1, y = o->y >= 0 ? rows[o->y] : 0;
        bool polarity = is_polarity(p) && (off == 0 || p >= 0);
        low += polarity && p < 1;
        high += polarity && p == 1;
        bad += !is_place(rows[o->x]) || !is_place(y) || !polarity || isnan(rows[o->t]);
    }
    return ONE_IN * bad <= count && (!both || (low > 0 && high > 0));
}

/* How much like a clock a column is. */
typedef struct clockwork {
    bool grows;   /* but for a few steps */
    size_t back;  /* steps that go back; all of them where it stands still */
    double range; /* from its least to its largest value */
} clockwork;

static clockwork look_at_times(const double *rows, size_t count, size_t stride, int column) {
    enum { ONE_STEP_IN = 8 }; /* may go back */
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
    found.grows = ONE_STEP_IN * found.back <= count;
    return found;
}

/* Of clocks that grow the one that goes further, of others the one that goes back less often. */
static bool is_better(const clockwork *a, const clockwork *b) {
    if (a->grows != b->grows)
        return a->grows;
    return a->grows ? a->range > b->range : a->back < b->back;
}

/* The best of some orders; NULL: none fits. *fitting: of how many times may grow. */
static const order *choose(const double *rows, size_t count, size_t stride, const order *orders, size_t size, int off,
                           size_t *fitting) {
    const order *found = NULL;
    clockwork best = {.grows = false};
    *fitting = 0;
    for (size_t i = 0; i < size; i++) {
        if (!fits(rows, count, stride, &orders[i], off))
            continue;
        clockwork times = look_at_times(rows, count, stride, orders[i].t);
        *fitting += times.grows;
        if (found != NULL && !is_better(&times, &best))
            continue;
        found = &orders[i];
        best = times;
    }
    return found;
}

static const order usual[] = {{"t x y p", 0, 1, 2, 3}, {"x y p t", 3, 0, 1, 2}, {"x y t p", 2, 0, 1, 3}};
static const order unusual[] = {{"t p x y", 0, 2, 3, 1}, {"x t y p", 1, 0, 2, 3}, {"x p y t", 3, 0, 2, 1},
                                {"x t p y", 1, 0, 3, 2}, {"x p t y", 2, 0, 3, 1}, {"t x p y", 0, 1, 3, 2},
                                {"p t x y", 1, 2, 3, 0}, {"p x y t", 3, 1, 2, 0}, {"p x t y", 2, 1, 3, 0}};
static const order numbered[] = {
    {"number t x y p", 1, 2, 3, 4}, {"number x y p t", 4, 1, 2, 3}, {"number x y t p", 3, 1, 2, 4}};
static const order lines[] = {{"x p t", 2, 0, -1, 1}, {"t x p", 0, 1, -1, 2}, {"x t p", 1, 0, -1, 2}};
static const order bare[] = {{"t x y", 0, 1, 2, -1}, {"x y t", 2, 0, 1, -1}};
#define ORDERS(of) of, sizeof(of) / sizeof *(of)
enum { FEW = 8 }; /* rows that an unusual order is not believed by */

/* Whether nearly all rows have no number behind the third. */
static bool has_three(const double *rows, size_t count, size_t stride) {
    size_t more = 0;
    for (size_t i = 0; i < count; i++) {
        size_t column = 3;
        while (column < stride && isnan(rows[i * stride + column]))
            column++;
        more += column < stride;
    }
    return ONE_IN * more <= count;
}

/* Of three columns: an order is believed if it is the only one in which times grow; one of 0 and 1 is the polarity,
 * which may be y as well. */
static const order *choose_of_three(const double *rows, size_t count, size_t stride, vdib__columns *columns) {
    size_t fitting = 0, others = 0;
    if (count < FEW)
        return NULL;
    const order *found = choose(rows, count, stride, ORDERS(lines), 0, &fitting);
    const order *other = choose(rows, count, stride, ORDERS(bare), 0, &others);
    if (found == NULL || fitting == 0)
        return others == 1 ? other : NULL;
    columns->ambiguous = others > 0;
    return fitting == 1 ? found : NULL;
}

/* Whether the first column numbers the rows, or says the same in all of them, as the number of a recording does. */
static bool is_numbered(const double *rows, size_t count, size_t stride) {
    size_t same = 0, next = 0;
    for (size_t i = 1; i < count; i++) {
        double step = rows[i * stride] - rows[(i - 1) * stride];
        same += step == 0;
        next += step == 1;
    }
    return count >= FEW && ONE_IN * (count - 1 - (same > next ? same : next)) <= count;
}

/* Of four and more. */
static const order *choose_of_more(const double *rows, size_t count, size_t stride, vdib__columns *columns) {
    size_t fitting = 0, others = 0;
    const order *found = NULL;
    if (stride > 4 && is_numbered(rows, count, stride))
        found = choose(rows, count, stride, ORDERS(numbered), 0, &fitting);
    if (found != NULL && fitting > 0)
        (void)choose(rows, count, stride, ORDERS(usual), 0, &others);
    else
        found = choose(rows, count, stride, ORDERS(usual), 0, &fitting);
    if (found == NULL && count >= FEW) {
        found = choose(rows, count, stride, ORDERS(unusual), 0, &fitting);
        found = fitting > 0 ? found : NULL;
    }
    for (int off = 1; found == NULL && off <= 1 && count >= FEW; off++) {
        found = choose(rows, count, stride, ORDERS(usual), off, &others);
        columns->off = found != NULL ? off : 0;
    }
    if (found == NULL && stride > 4)
        found = choose(rows, count, stride, ORDERS(numbered), 0, &fitting);
    columns->ambiguous = fitting + others > 1;
    return found;
}

bool vdib__columns_guess(const double *rows, size_t count, size_t stride, vdib__columns *columns) {
    if (count == 0 || stride < 3)
        return false;
    const order *found = has_three(rows, count, stride) ? choose_of_three(rows, count, stride, columns)
                                                        : choose_of_more(rows, count, stride, columns);
    if (found == NULL)
        return false;
    columns->t = found->t;
    columns->x = found->x;
    columns->y = found->y;
    columns->p = found->p;
    columns->order = found->name;
    return true;
}

/* ---- rows ---- */

/* What places and polarities of rows are. */
typedef struct survey {
    size_t places, fractions, beyond; /* rows: sound ones, with a fraction, outside of 16 bits */
    size_t minus, zeros, ones, twos, odd;
} survey;

static bool is_inside(double value) {
    return value > -0.5 && value < UINT16_MAX + 0.5;
}

static survey look_at_rows(const double *rows, size_t count, size_t stride, const vdib__columns *c) {
    survey found = {.places = 0};
    for (size_t i = 0; i < count; i++, rows += stride) {
        double x = rows[c->x], y = c->y >= 0 ? rows[c->y] : 0, p = c->p >= 0 ? rows[c->p] : 1;
        if (!is_inside(x) || !is_inside(y))
            found.beyond++;
        else if (x != floor(x) || y != floor(y))
            found.fractions++;
        else
            found.places++;
        found.minus += p == -1;
        found.zeros += p == 0;
        found.ones += p == 1;
        found.twos += p == 2;
        found.odd += !is_polarity(p) && p != 2;
    }
    return found;
}

const char *vdib__columns_judge(const double *rows, size_t count, size_t stride, vdib__columns *columns) {
    survey seen = look_at_rows(rows, count, stride, columns);
    bool from_one = seen.twos > 0 && seen.ones + seen.twos > 15 * (seen.minus + seen.zeros + seen.odd);
    columns->rounds = columns->order == NULL && seen.fractions > seen.places;
    columns->off = from_one ? 1 : 0;
    columns->polarities = columns->p < 0                  ? "none: all events are ON"
                          : from_one                      ? "1 and 2: 1 is OFF, 2 is ON"
                          : seen.minus > 0 && !seen.zeros ? "-1 and 1: -1 is OFF, 1 is ON"
                                                          : NULL;
    if (count > 0 && seen.places + (columns->rounds ? seen.fractions : 0) == 0)
        return "x and y are to be whole numbers from 0 to 65535";
    bool none = columns->p >= 0 && seen.minus + seen.zeros + seen.ones + (from_one ? seen.twos : 0) == 0;
    return count > 0 && none ? "polarities are to be 0 and 1, -1 and 1, 1 and 2, or on and off" : NULL;
}

/* A place: a whole number of 16 bits, or one with a fraction if these are rounded, which *rounded says then. */
static bool place_of(const vdib__number *number, bool rounds, uint16_t *place, bool *rounded) {
    int64_t value = 0;
    bool exact = true;
    if (number != NULL &&
        (!vdib__number_scale(number, 0, &value, &exact) || !(exact || rounds) || value < 0 || value > UINT16_MAX))
        return false;
    *place = (uint16_t)value;
    *rounded = *rounded || !exact;
    return true;
}

bool vdib__columns_event(const vdib__columns *columns, const vdib__number *t, const vdib__number *x,
                         const vdib__number *y, const vdib__number *p, vdib_event *event, size_t *rounded) {
    int64_t polarity = 1 + columns->off;
    bool exact = true, rounds = false;
    if (!vdib__number_scale(t, columns->power, &event->t, NULL) || !place_of(x, columns->rounds, &event->x, &rounds) ||
        !place_of(y, columns->rounds, &event->y, &rounds))
        return false;
    if (p != NULL && !vdib__number_scale(p, 0, &polarity, &exact))
        return false;
    polarity -= columns->off;
    event->polarity = polarity == 1;
    bool good = exact && polarity >= (columns->off > 0 ? 0 : -1) && polarity <= 1;
    *rounded += good && rounds;
    return good;
}

void vdib__columns_tell(const vdib__columns *columns, vdib_events_info *info) {
    info->unit = columns->unit;
    info->unit_by = columns->unit_by;
    info->unit_doubt = columns->doubt;
    info->columns = columns->order;
    info->ambiguous = columns->ambiguous;
    info->polarities = columns->polarities;
    if (columns->width != 0 && columns->height != 0) {
        info->width = columns->width;
        info->height = columns->height;
    }
}
