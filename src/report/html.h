/* SPDX-License-Identifier: MIT */
#ifndef VDIB_REPORT_HTML_H
#define VDIB_REPORT_HTML_H
/* Pieces of the report's page. Nothing that comes from a file or a name reaches the page but through vdib__html_text.
 */

#include "core/png.h"
#include "report/report.h"

/* ---- words and numbers (html.c) ---- */

/* Text as HTML text or attribute value: markup is escaped, control characters are replaced. */
void vdib__html_text(FILE *page, const char *text);

/* About four significant digits, thousands with commas; "–" for NaN. */
void vdib__html_number(FILE *page, double value);

/* A figure's name with a capital, and its unit: "bits per example". */
void vdib__html_label(FILE *page, const vdib__figure *figure);
void vdib__html_unit(FILE *page, const vdib__figure *figure, bool stepwise);

/* A class's name, or its number where the data name no classes. */
void vdib__html_class(FILE *page, const vdib_evaluation *evaluation, size_t class_number);

/* An <img> that holds its picture as a data URI. */
typedef struct vdib__html_image {
    vdib__png_kind kind;
    const char *class;
    size_t height; /* on the page, pixels; 0: by the style sheet */
    const char *alt;
} vdib__html_image;
vdib_status vdib__html_picture(FILE *page, const vdib__report_picture *picture, const vdib__html_image *image);

/* A <canvas> for one frame of a sheet, which it holds as a data URI in data-sheet. */
vdib_status vdib__html_sheet(FILE *page, const vdib__report_sheet *sheet, const char *label);

/* Of more classes than so many, the most probable ones have a bar, and the true one. */
#define VDIB_HTML_MOST_BARS     40
#define VDIB_HTML_PROBABLE_BARS 10

/* The probabilities (classes) of all classes as bars; the true class's bar is marked. label: what is read aloud */
typedef struct vdib__html_bars {
    const float *probabilities;
    size_t classes;
    uint32_t truth;
    const char *label;
    bool few; /* of many classes the most probable ones alone; else all, which a script may move */
} vdib__html_bars;
void vdib__html_put_bars(FILE *page, const vdib_evaluation *evaluation, const vdib__html_bars *bars); /* (bars.c) */

/* ---- the page (page.c) ---- */

/* Everything up to the title, which stands in an open <header>. kind: "report"; style: rules behind those of every
 * page; script: the page's only one, which vdib__html_end() writes, or NULL. */
void vdib__html_head(FILE *page, const char *title, const char *kind, const char *style, const char *const script[2]);
/* The page's end, from the end of <main> on. */
void vdib__html_end(FILE *page, const char *const script[2]);

/* Opens a <section>. */
void vdib__html_section(FILE *page, const char *id, const char *title);

/* ---- sections ---- */

extern const char VDIB__REPORT_STYLE[], VDIB__REPORT_SCRIPT[]; /* (style.c) */

void vdib__html_tiles(FILE *page, const vdib__report_content *content);            /* (figures.c) */
void vdib__html_figures(FILE *page, const vdib__report_content *content);          /* (figures.c) */
void vdib__html_curves(FILE *page, const vdib__report_content *content);           /* (curves.c) */
void vdib__html_rate_distortion(FILE *page, const vdib__report_content *content);  /* (curves.c) */
vdib_status vdib__html_examples(FILE *page, const vdib__report_content *content);  /* (examples.c) */
vdib_status vdib__html_rasters(FILE *page, const vdib__report_content *content);   /* (examples.c) */
void vdib__html_strip(FILE *page, const vdib__report_content *content);            /* (strip.c) */
bool vdib__html_has_spikes(const vdib__report_content *content);                   /* (spikes.c) */
void vdib__html_spikes(FILE *page, const vdib__report_content *content);           /* (spikes.c) */
void vdib__html_energy(FILE *page, const vdib__report_content *content);           /* (energy.c) */
vdib_status vdib__html_confusion(FILE *page, const vdib__report_content *content); /* (confusion.c) */

/* ---- a linear axis (axis.c) ---- */

/* Values from `low` to `high` (low < high) at pixels `from` to `to`; ticks at multiples of `tick`. */
typedef struct vdib__axis {
    double low, high, tick;
    double from, to;
} vdib__axis;

/* An axis with round ends and 3 to 6 ticks around the values low .. high (any order, equal is fine). */
vdib__axis vdib__axis_make(double low, double high, double from, double to);
double vdib__axis_at(const vdib__axis *axis, double value);
/* A tick's text: 0.25, 40, 6k, 1.5M. */
void vdib__axis_label(const vdib__axis *axis, double value, char text[24]);

#endif
