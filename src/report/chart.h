/* SPDX-License-Identifier: MIT */
#ifndef VDIB_REPORT_CHART_H
#define VDIB_REPORT_CHART_H
/* What all charts of a page have in common: the drawing area, ranges, axes, titles. */

#include "report/html.h"

/* The drawing area of every chart, in units of its viewBox. */
enum {
    VDIB__CHART_WIDTH = 400,
    VDIB__CHART_HEIGHT = 220,
    VDIB__CHART_LEFT = 44,
    VDIB__CHART_RIGHT = 390,
    VDIB__CHART_TOP = 10,
    VDIB__CHART_BOTTOM = 180
};

/* Least and largest value so far; empty is {INFINITY, -INFINITY}. */
typedef struct vdib__range {
    double low, high;
} vdib__range;

/* Values that are not finite are passed over. */
void vdib__range_widen(vdib__range *range, double value);

/* An axis whose lowest value is near zero starts at zero. */
void vdib__range_reach_zero(vdib__range *range);

/* Both axes in their <g>; or the upright axis and the name under the other one, inside a <g class="axis">. */
void vdib__chart_axes(FILE *page, const vdib__axis *x, const vdib__axis *y, const char *x_name);
void vdib__chart_upright_axis(FILE *page, const vdib__axis *y);
void vdib__chart_axis_name(FILE *page, const char *name);

/* Opens <figure class="chart"> with the figure's name and unit. */
void vdib__chart_title(FILE *page, const vdib__figure *figure, bool stepwise);

#endif
