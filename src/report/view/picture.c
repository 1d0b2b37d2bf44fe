/* SPDX-License-Identifier: MIT */
#include "report/view/picture.h"

#include "core/alloc.h"
#include "core/error.h"

size_t vdib__picture_scale(const vdib__cells *cells) {
    enum { SIDE = 480, MOST = 16 };
    size_t side = cells->width > cells->height ? cells->width : cells->height, scale = SIDE / side;
    return scale < 1 ? 1 : scale > MOST ? MOST : scale;
}

vdib_status vdib__picture_png(const vdib__cells *cells, size_t full, uint8_t **png, size_t *size) {
    vdib__canvas canvas = {0};
    vdib__writer writer;
    vdib__apng apng;
    VDIB_TRY(vdib__canvas_new(cells->width, cells->height, VDIB_COLOUR_PAPER, &canvas));
    vdib__canvas_cells(&canvas, 0, 0, 1, cells, full);
    vdib_status status = vdib__writer_open_memory(&writer, "a picture");
    if (status == VDIB_OK) {
        status = vdib__apng_begin(&writer, canvas.width, canvas.height, 1, 1, &apng);
        if (status == VDIB_OK)
            status = vdib__apng_end(&apng, vdib__apng_add(&apng, &canvas));
        if (status == VDIB_OK)
            vdib__writer_take(&writer, png, size);
        else
            vdib__writer_abandon(&writer);
    }
    vdib__free(canvas.pixels);
    return status;
}
