/* SPDX-License-Identifier: MIT */
#ifndef VDIB_HDF5_FILTERS_H
#define VDIB_HDF5_FILTERS_H
/* Filters of chunks that libhdf5 does not bring. Each is a row of the table in filters.c.
 *
 * libhdf5 takes what a filter returns for a whole chunk, whatever its size: what they return is never smaller than
 * filter_chunk_bytes, which is set before a dataset is read. */

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

/* A decoded chunk: its bytes, from malloc; NULL if the code is damaged. */
typedef struct decoded {
    uint8_t *bytes;
    size_t size;
} decoded;

extern size_t filter_chunk_bytes;

/* Room for a chunk of `size` bytes, filled up with zeros to filter_chunk_bytes; NULL if that is too much. */
decoded filter_room(size_t size);

typedef struct filter {
    int number;       /* as registered with the HDF Group */
    const char *name; /* for messages */
    /* `values` (count) are those that the file has beside the filter. */
    decoded (*decode)(const uint8_t *bytes, size_t size, const unsigned *values, size_t count);
    decoded (*encode)(const uint8_t *bytes, size_t size); /* NULL: it is not written */
} filter;

extern const filter filter_ecf, filter_lzf, filter_lz4, filter_bzip2, filter_zstd, filter_blosc;

#endif
