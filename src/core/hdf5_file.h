/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_HDF5_FILE_H
#define VDIB_CORE_HDF5_FILE_H
/* What the files hdf5*.c share. */

#include "core/hdf5.h"
#include "core/helper.h"

/* A dataset that was looked at: readers of many recordings look at the same ones for each. */
typedef struct vdib__hdf5_seen {
    char *path; /* NULL: none */
    vdib__hdf5_info info;
    bool readable; /* reading no rows of it, which finds filters that are not here, has succeeded */
} vdib__hdf5_seen;

enum { VDIB_HDF5_SEEN = 4 };

struct vdib__hdf5 {
    vdib__helper helper;
    vdib__hdf5_seen seen[VDIB_HDF5_SEEN]; /* the last ones, in turn */
    size_t next_seen;
    vdib__hdf5_rows *ahead; /* whose next block was asked for and is not received; NULL: nothing is under way */
};

/* Asks for something, after what is under way was received and left. */
vdib_status vdib__hdf5_ask(vdib__hdf5 *file, uint32_t operation, const vdib__helper_piece *pieces, size_t count,
                           vdib__hdf5_message *reply);

/* A place as requests have it. */
typedef struct vdib__hdf5_place {
    size_t size;
    uint8_t bytes[VDIB_HDF5_NAME + 4];
} vdib__hdf5_place;
vdib_status vdib__hdf5_place_of(const vdib__hdf5 *file, const char *path, const char *attribute,
                                vdib__hdf5_place *place);

/* Whether rows of this kind fit in one reply; of texts and lists nobody knows. */
bool vdib__hdf5_fits(const vdib__hdf5_info *info, uint64_t rows);

/* The columns of a dataset in the reply to READ; false if they are not of the size that was asked for. */
bool vdib__hdf5_take_arrays(vdib__hdf5_message *reply, const vdib__hdf5_info *info, uint64_t rows,
                            vdib__hdf5_array *arrays);

/* A file that somebody else than the helper answers for, on a socket that the file takes. */
vdib_status vdib__hdf5_open_socket(const char *path, int socket, vdib__hdf5 **file);

#endif
