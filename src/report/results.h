/* SPDX-License-Identifier: MIT */
#ifndef VDIB_REPORT_RESULTS_H
#define VDIB_REPORT_RESULTS_H
/* The page of a table of runs: what its parts share. */

#include <stdio.h>

#include "core/text.h"
#include "vdib/figures.h"
#include "vdib/results.h"

enum { VDIB__RESULTS_COLOURS = 8 }; /* classes s0 .. s7 of the style sheet */

/* The figures of one split. */
typedef struct vdib__results_part {
    const vdib_results *results;
    vdib_split split;
    bool stepwise;
    const size_t *colours; /* (settings) vdib__results_colours */
} vdib__results_part;

/* The values of the first key are numbered in the order in which they come: colours (settings). */
void vdib__results_colours(const vdib_results *results, size_t *colours);

/* "objective.beta=0.1, decoder.type=mlp", without key `but`; the experiment's name where nothing else is to be said. */
void vdib__results_setting(FILE *page, const vdib_results *results, size_t setting, size_t but);

/* Rate and spikes against distortion and accuracy, a dot a setting. */
void vdib__results_planes(FILE *page, const vdib__results_part *part);

/* Every figure against a key, a line for the settings that differ in nothing else. */
vdib_status vdib__results_against(FILE *page, const vdib__results_part *part, size_t key);

#endif
