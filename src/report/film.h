/* SPDX-License-Identifier: MIT */
#ifndef VDIB_REPORT_FILM_H
#define VDIB_REPORT_FILM_H
/* A trial frame by frame: the input as it comes, and what is decoded from the spikes that have arrived by then. */

#include "report/report.h"

/* Frames of a film, and pixels of each of its sheets, at most; a film has two frames at least. */
enum { VDIB_FILM_FRAMES = 50, VDIB_FILM_PIXELS = 1 << 20 };

/* The film of trial number i of the batch: input, spikes so far, and what the decoder makes of the window whose later
 * steps are 0 (docs/method.md, 'Anytime decoding'). A model that sends no spikes decodes nothing before the end. */
vdib_status vdib__film_trial(const vdib_model *model, int threads, const vdib__batch *batch, size_t i,
                             vdib__report_film *film);

/* The film of a sequence that is decoded step by step: a frame for every step of the strip. */
vdib_status vdib__film_strip(const vdib__report_strip *strip, const vdib__trial *trial, vdib__report_film *film);

/* Frees what the film points to. */
void vdib__film_clear(vdib__report_film *film);

/* ---- on the page (film_page.c) ---- */

extern const char VDIB__FILM_STYLE[], VDIB__FILM_SCRIPT[];

/* Attributes of the trial's element that the script reads; none if there is no film. */
void vdib__film_attributes(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial);

/* Pictures and the slider, which stay hidden where no script runs. */
vdib_status vdib__film_player(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial);

#endif
