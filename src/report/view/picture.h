/* SPDX-License-Identifier: MIT */
#ifndef VDIB_REPORT_VIEW_PICTURE_H
#define VDIB_REPORT_VIEW_PICTURE_H
/* Pictures of cells. */

#include "report/view/view.h"

/* Pixels of a cell's side, such that small sensors are seen well. */
size_t vdib__picture_scale(const vdib__cells *cells);

/* A PNG of cells alone, in memory, freed with vdib__free. */
vdib_status vdib__picture_png(const vdib__cells *cells, size_t full, uint8_t **png, size_t *size);

#endif
