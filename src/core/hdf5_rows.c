/* SPDX-License-Identifier: MIT */
/* Many rows of an HDF5 file, block by block, with one block under way. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/hdf5_file.h"

struct vdib__hdf5_rows {
    vdib__hdf5 *file;
    size_t count;
    vdib__hdf5_place *places; /* (count) */
    vdib__hdf5_info *infos;   /* (count) */
    vdib__hdf5_array *arrays; /* (count, VDIB_HDF5_COLUMNS) */
    uint64_t next, end, step; /* rows */
};

bool vdib__hdf5_is_alive(const vdib__hdf5 *file) {
    return file->helper.socket >= 0;
}

vdib_status vdib__hdf5_ask(vdib__hdf5 *file, uint32_t operation, const vdib__helper_piece *pieces, size_t count,
                           vdib__hdf5_message *reply) {
    if (file->ahead != NULL) {
        file->ahead = NULL; /* it asks again; a refusal comes again too */
        (void)vdib__helper_receive(&file->helper, reply);
    }
    return vdib__helper_ask(&file->helper, operation, pieces, count, reply);
}

/* As many rows as fit, of lists nobody knows. */
static uint64_t fitting(const vdib__hdf5_rows *rows, uint64_t step) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t c = 0; c < rows->infos[i].columns; c++)
            bytes += rows->infos[i].width * (vdib__hdf5_size(rows->infos[i].column[c].type) + 8);
    uint64_t most = VDIB_HDF5_PAYLOAD / 2 / (bytes > 0 ? bytes : 1);
    return step < most ? step : most > 0 ? most : 1;
}

vdib_status vdib__hdf5_rows_open(vdib__hdf5 *file, const char *const *paths, const vdib__hdf5_info *infos, size_t count,
                                 uint64_t first, uint64_t end, uint64_t step, vdib__hdf5_rows **rows) {
    vdib__hdf5_rows *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    *made = (vdib__hdf5_rows){.file = file, .count = count, .next = first, .end = end};
    vdib_status status = VDIB_NEW(&made->places, count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->infos, count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->arrays, count * VDIB_HDF5_COLUMNS);
    for (size_t i = 0; status == VDIB_OK && i < count; i++) {
        made->infos[i] = infos[i];
        made->end = infos[i].rows < made->end ? infos[i].rows : made->end;
        status = vdib__hdf5_place_of(file, paths[i], NULL, &made->places[i]);
    }
    if (status != VDIB_OK) {
        vdib__hdf5_rows_close(made);
        return status;
    }
    made->step = fitting(made, step);
    *rows = made;
    return VDIB_OK;
}

void vdib__hdf5_rows_close(vdib__hdf5_rows *rows) {
    vdib__hdf5_message reply;
    if (rows == NULL)
        return;
    if (rows->file->ahead == rows) {
        rows->file->ahead = NULL;
        (void)vdib__helper_receive(&rows->file->helper, &reply);
    }
    vdib__free(rows->places);
    vdib__free(rows->infos);
    vdib__free(rows->arrays);
    vdib__free(rows);
}

static uint64_t block(const vdib__hdf5_rows *rows) {
    uint64_t left = rows->next < rows->end ? rows->end - rows->next : 0;
    return left < rows->step ? left : rows->step;
}

/* Asks for the block at `next`. */
static vdib_status ask_for_block(vdib__hdf5_rows *rows) {
    const uint64_t range[2] = {rows->next, block(rows)};
    const uint16_t count = (uint16_t)rows->count;
    vdib__helper_piece pieces[2 + VDIB_HDF5_PLACES] = {{range, sizeof range}, {&count, sizeof count}};
    for (size_t i = 0; i < rows->count; i++)
        pieces[2 + i] = (vdib__helper_piece){rows->places[i].bytes, rows->places[i].size};
    VDIB_TRY(vdib__helper_send(&rows->file->helper, VDIB_HDF5_READ, pieces, 2 + rows->count));
    rows->file->ahead = rows;
    return VDIB_OK;
}

vdib_status vdib__hdf5_rows_next(vdib__hdf5_rows *rows, uint64_t *row, uint64_t *rows_read,
                                 const vdib__hdf5_array **arrays) {
    vdib__hdf5_message reply;
    vdib__hdf5 *file = rows->file;
    *row = rows->next;
    *rows_read = block(rows);
    if (*rows_read == 0)
        return VDIB_OK;
    if (file->ahead != NULL && file->ahead != rows) {
        file->ahead = NULL;
        (void)vdib__helper_receive(&file->helper, &reply);
    }
    if (file->ahead == NULL)
        VDIB_TRY(ask_for_block(rows));
    file->ahead = NULL;
    rows->next += *rows_read;
    VDIB_TRY(vdib__helper_receive(&file->helper, &reply));
    for (size_t i = 0; i < rows->count; i++)
        if (!vdib__hdf5_take_arrays(&reply, &rows->infos[i], *rows_read, rows->arrays + i * VDIB_HDF5_COLUMNS))
            return vdib__helper_distrust(&file->helper);
    *arrays = rows->arrays;
    return block(rows) > 0 ? ask_for_block(rows) : VDIB_OK;
}
