/* SPDX-License-Identifier: MIT */
/* Step-by-step tasks: the true pair of units under the decoded one, step after step. */
#include "core/text.h"
#include "data/blobs.h"
#include "report/html.h"

/* A cell of the drawing is CELL x CELL; unit 0 is at the top, as in the rasters. */
enum { CELL = 5, LEFT = 26, TOP = 6, BELOW = 34 };

static int column(size_t step) {
    return LEFT + CELL * (int)step;
}

static int row(uint32_t unit) {
    return TOP + CELL * (int)unit;
}

static void put_true(FILE *page, const vdib__report_strip *strip) {
    fputs("<path class=\"truth\" d=\"", page);
    for (size_t t = 0; t < strip->count; t++) {
        uint32_t units[2];
        vdib__blobs_pair(strip->truth[t], &units[0], &units[1]);
        for (int u = 0; u < (units[0] == units[1] ? 1 : 2); u++)
            fprintf(page, "M%d %dh%dv%dh-%dz", column(t), row(units[u]), CELL, CELL, CELL);
    }
    fputs("\"/>", page);
}

/* The decoded units that are true (right) or not. */
static void put_decoded(FILE *page, const vdib__report_strip *strip, bool right) {
    const int inset = 1, side = CELL - 2 * inset;
    fprintf(page, "<path class=\"%s\" d=\"", right ? "right" : "wrong");
    for (size_t t = 0; t < strip->count; t++) {
        uint32_t units[2], truth[2];
        vdib__blobs_pair(strip->said[t], &units[0], &units[1]);
        vdib__blobs_pair(strip->truth[t], &truth[0], &truth[1]);
        for (int u = 0; u < (units[0] == units[1] ? 1 : 2); u++)
            if ((units[u] == truth[0] || units[u] == truth[1]) == right)
                fprintf(page, "M%d %dh%dv%dh-%dz", column(t) + inset, row(units[u]) + inset, side, side, side);
    }
    fputs("\"/>", page);
}

static void put_scales(FILE *page, const vdib__report_strip *strip) {
    const int bottom = TOP + CELL * VDIB_BLOB_UNITS;
    fprintf(page, "<g class=\"axis\"><path d=\"M%d %dH%d\"/>", LEFT, bottom + 2, column(strip->count));
    for (uint32_t unit = 0; unit < VDIB_BLOB_UNITS; unit += 5)
        fprintf(page, "<text class=\"end\" x=\"%d\" y=\"%d\">%u</text>", LEFT - 6, row(unit) + CELL, (unsigned)unit);
    for (size_t t = 0; t < strip->count; t++) {
        if ((strip->first + t) % 20 != 0)
            continue;
        fprintf(page, "<text class=\"middle\" x=\"%d\" y=\"%d\">%zu</text>", column(t) + CELL / 2, bottom + 16,
                strip->first + t);
    }
    fprintf(page, "<text class=\"middle name\" x=\"%d\" y=\"%d\">time step</text></g>", column(strip->count / 2),
            bottom + BELOW - 4);
}

void vdib__html_strip(FILE *page, const vdib__report_content *content) {
    const vdib__report_strip *strip = &content->strip;
    size_t exact = 0;
    for (size_t t = 0; t < strip->count; t++)
        exact += strip->truth[t] == strip->said[t];
    int width = column(strip->count) + 8, height = TOP + CELL * VDIB_BLOB_UNITS + BELOW;
    fprintf(
        page,
        "<p>The first test sequence, steps %zu to %zu: the two units that spike (20 units from top to bottom) and the "
        "units of the most probable class. Both units are right in %zu of %zu step%s.</p>\n",
        strip->first, strip->first + strip->count - 1, exact, strip->count, vdib__s(strip->count));
    fputs("<p class=\"key\"><span class=\"truth\">true unit</span> <span class=\"right\">decoded, right</span> "
          "<span class=\"wrong\">decoded, wrong</span></p>\n",
          page);
    fprintf(
        page,
        "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"true and decoded units\"><svg class=\"strip\" "
        "viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"True and decoded units over %zu step%s\">",
        width, height, width, strip->count, vdib__s(strip->count));
    put_true(page, strip);
    put_decoded(page, strip, true);
    put_decoded(page, strip, false);
    put_scales(page, strip);
    fputs("</svg></div>\n", page);
}
