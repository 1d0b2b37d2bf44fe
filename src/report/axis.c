/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "report/html.h"

enum { TICKS = 4 }; /* aimed at */

/* The largest of 1, 2, 5, 10 times a power of ten that cuts `range` into at least TICKS - 1 parts, or the next below.
 */
static double round_step(double range) {
    double step = range / TICKS, power = 1;
    while (power > step)
        power /= 10;
    while (power * 10 <= step)
        power *= 10;
    double factor = step / power;
    return power * (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10);
}

vdib__axis vdib__axis_make(double low, double high, double from, double to) {
    if (low > high) {
        double swap = low;
        low = high;
        high = swap;
    }
    double least = fmax(fabs(low), fabs(high)) * 1e-6;
    if (high - low <= least) {
        double half = high != 0 ? fabs(high) * 0.1 : 0.5;
        low -= half;
        high += half;
    }
    double tick = round_step(high - low);
    return (vdib__axis){
        .low = floor(low / tick) * tick, .high = ceil(high / tick) * tick, .tick = tick, .from = from, .to = to};
}

double vdib__axis_at(const vdib__axis *axis, double value) {
    return axis->from + (value - axis->low) / (axis->high - axis->low) * (axis->to - axis->from);
}

void vdib__axis_label(const vdib__axis *axis, double value, char text[24]) {
    double largest = fmax(fabs(axis->low), fabs(axis->high)), unit = 1;
    const char *suffix = "";
    if (largest >= 1e6) {
        unit = 1e6;
        suffix = "M";
    } else if (largest >= 1e4) {
        unit = 1e3;
        suffix = "k";
    }
    double shown = value / unit, tick = axis->tick / unit;
    int decimals = 0;
    for (double part = tick; decimals < 6 && fabs(part - round(part)) > 1e-6 * tick; part *= 10)
        decimals++;
    if (fabs(shown) < 1e-9 * tick)
        snprintf(text, 24, "0");
    else
        snprintf(text, 24, "%.*f%s", decimals, shown, suffix);
}
