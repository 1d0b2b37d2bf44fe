/* SPDX-License-Identifier: MIT */
/* What the library makes of anything that its helper program for HDF5 may answer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/hdf5_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

size_t fuzz_accepted; /* arrays that were read: replay.c */

enum { MOST = 60000 /* bytes that a socket holds */ };

/* Every number of an array can be looked at. */
static void use_array(const vdib__hdf5_array *array) {
    volatile double sum = 0;
    fuzz_accepted += array->count > 0;
    uint64_t total = 0;
    for (size_t i = 0; array->type != VDIB_HDF5_NONE && i < array->count; i++)
        sum = sum + vdib__hdf5_real(array, i) + (double)vdib__hdf5_whole(array, i);
    (void)sum;
    for (size_t i = 0; array->lengths != NULL && i < array->elements; i++)
        total += array->lengths[i];
    if (array->lengths != NULL && total != array->count)
        abort();
}

static void use_rows(vdib__hdf5 *file, const vdib__hdf5_info *info) {
    const char *const paths[] = {"/a", "/b"};
    const vdib__hdf5_info infos[] = {*info, *info};
    vdib__hdf5_rows *rows = NULL;
    const vdib__hdf5_array *arrays = NULL;
    uint64_t row = 0, count = 1;
    if (vdib__hdf5_rows_open(file, paths, infos, 2, 0, info->rows, 16, &rows) != VDIB_OK)
        return;
    for (size_t i = 0; i < 4 && count > 0 && vdib__hdf5_rows_next(rows, &row, &count, &arrays) == VDIB_OK; i++)
        for (size_t c = 0; count > 0 && c < info->columns; c++)
            use_array(&arrays[VDIB_HDF5_COLUMNS + c]);
    vdib__hdf5_rows_close(rows);
}

static void use_dataset(vdib__hdf5 *file) {
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    vdib__hdf5_info info;
    if (vdib__hdf5_look(file, "/a", NULL, &info) != VDIB_OK || info.kind != VDIB_HDF5_IS_DATASET)
        return;
    if (vdib__hdf5_read(file, "/a", &info, 0, info.rows < 100 ? info.rows : 100, arrays) == VDIB_OK)
        for (size_t c = 0; c < info.columns; c++)
            use_array(&arrays[c]);
    use_rows(file, &info);
}

static void use_whole(vdib__hdf5 *file) {
    vdib__hdf5_names names = {.count = 0};
    double *values = NULL;
    char **texts = NULL;
    size_t count = 0;
    if (vdib__hdf5_list(file, "/", false, &names) == VDIB_OK)
        for (size_t i = 0; i < names.count; i++)
            (void)strlen(names.names[i]);
    vdib__hdf5_names_free(&names);
    if (vdib__hdf5_texts(file, "/t", NULL, 1000, &texts, &count, NULL) == VDIB_OK)
        for (size_t i = 0; i < count; i++)
            (void)strlen(texts[i]);
    vdib__free(texts);
    (void)vdib__hdf5_numbers(file, "/n", "a", 1000, &values, &count, NULL);
    vdib__free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    vdib__hdf5 *file = NULL;
    int pair[2];
    if (size > MOST || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 0;
    if (send(pair[1], bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        abort();
    shutdown(pair[1], SHUT_WR);
    if (vdib__hdf5_open_socket("fuzz", pair[0], &file) == VDIB_OK) {
        use_dataset(file);
        use_whole(file);
    }
    if (vdib_last_message()[0] != '\0' && strchr(vdib_last_message(), '\n') != NULL)
        abort();
    vdib__hdf5_close(file);
    close(pair[1]);
    return 0;
}
