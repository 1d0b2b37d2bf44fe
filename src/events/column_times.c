/* SPDX-License-Identifier: MIT */
/* The unit of times that no name says, by the times themselves. */
#include <math.h>

#include "events/columns.h"

enum { MICRO = 6, MILLI = 3, NANO = -3 };
enum { FEW = 32 }; /* rows that say nothing of how often events come */

/* Whole times from here on are nanoseconds since 1970. */
#define NANOSECONDS 1e17
/* Times since 1970 in seconds lie between 2001 and 2096. */
#define EPOCH_FIRST 1e9
#define EPOCH_LAST  4e9
/* Event sensors send at least a hundred events a second: the mean interval in the unit is at most so much. */
#define LONGEST_INTERVAL 0.01
#define LARGEST          0x1p62

const char *const vdib__columns_by_numbers = "by the numbers";

/* What times have in common. */
typedef struct traits {
    size_t count;     /* of times that are numbers */
    bool whole;       /* all are */
    bool thousands;   /* all are multiples of 1000 */
    size_t steps;     /* of times that are others than those before */
    bool thousandths; /* all are multiples of 0.001, as far as their precision shows that */
    bool shown;       /* it showed */
    bool millionths;  /* all are multiples of 0.000001 */
    double most;      /* the largest magnitude */
    double interval;  /* mean, from the least to the largest */
} traits;

static bool is_multiple(double fine, double slack) {
    return fabs(fine - round(fine)) <= slack;
}

static traits look(const double *rows, size_t count, size_t stride, bool single) {
    traits found = {.whole = true, .thousands = true, .thousandths = true, .millionths = !single};
    double least = INFINITY, most = -INFINITY, before = NAN;
    for (size_t i = 0; i < count; i++) {
        double time = rows[i * stride], size = fabs(time);
        if (!(size < LARGEST)) /* damaged */
            continue;
        double slack = single ? size * 0x1p-24 * 1.01 * 1e3 : 1e-9 * fmax(size * 1e3, 1.0);
        bool shows = !single || slack < 0.1;
        found.count++;
        found.whole = found.whole && time == floor(time);
        found.thousands = found.thousands && fmod(time, 1000) == 0;
        found.steps += time != before;
        before = time;
        found.thousandths = found.thousandths && (!shows || is_multiple(time * 1e3, slack));
        found.shown = found.shown || (shows && time != floor(time));
        found.millionths = found.millionths && is_multiple(time * 1e6, 1e-9 * fmax(size * 1e6, 1.0));
        found.most = fmax(found.most, size);
        least = fmin(least, time);
        most = fmax(most, time);
    }
    found.interval = found.count > 1 && most > least ? (most - least) / (double)(found.count - 1) : 0;
    return found;
}

/* The power of the unit of times with fractions. */
static int of_fractions(const traits *t, vdib__times kind) {
    bool array = kind != VDIB_TIMES_TEXT;
    bool often = t->count < FEW || kind == VDIB_TIMES_PICTURES || t->interval <= LONGEST_INTERVAL; /* as seconds are */
    if (often && t->most >= EPOCH_FIRST && t->most < EPOCH_LAST)
        return MICRO;
    if (t->most >= EPOCH_FIRST * 1e3)
        return t->most < EPOCH_LAST * 1e3 ? MILLI : 0;
    bool thousandths = t->thousandths && t->shown && kind != VDIB_TIMES_PICTURES;
    if (!often && t->interval > LONGEST_INTERVAL * 1e3)
        return 0;
    if (thousandths)
        return array || !often ? MILLI : MICRO;
    return often || t->millionths ? MICRO : MILLI;
}

void vdib__columns_time(const double *rows, size_t count, size_t stride, vdib__times kind, vdib__columns *columns) {
    if (columns->unit != NULL)
        return;
    traits found = look(rows + columns->t, count, stride, kind == VDIB_TIMES_SINGLE);
    int power = 0;
    if (!found.whole)
        power = of_fractions(&found, kind);
    else if (found.most >= NANOSECONDS)
        power = NANO;
    else if (found.thousands && found.count >= FEW && 2 * found.steps > found.count) /* steps of 1 ms would be shared */
        columns->doubt = "all of the first times are multiples of 1000, as those of nanoseconds are";
    vdib__columns_set_unit(columns, power, vdib__columns_by_numbers);
}
