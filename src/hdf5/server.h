/* SPDX-License-Identifier: MIT */
#ifndef VDIB_HDF5_SERVER_H
#define VDIB_HDF5_SERVER_H
/* The helper program: one HDF5 file, and a socket on which it is asked (core/hdf5_protocol.h).
 *
 * Functions that can fail return false and have set the line of the refusal by refuse(). Memory and open objects that a
 * failure leaves behind are given back at the end of the program: it is short-lived, and limited. */

#include <hdf5.h>
#include <stdbool.h>

#include "core/hdf5_protocol.h"

/* Bytes that grow. */
typedef struct buffer {
    uint8_t *bytes;
    size_t used, capacity;
} buffer;

typedef struct server {
    hid_t file;
    bool writes;
    buffer request, reply;
    vdib__hdf5_message message; /* what is left of the request */
    uint32_t operation;
    char line[VDIB_HDF5_LINE];
    struct opened *opened; /* datasets that were used last (rows.c) */
} server;

/* A path, and the name of an attribute ("": none). */
typedef struct place {
    char path[VDIB_HDF5_NAME + 1], attribute[VDIB_HDF5_NAME + 1];
} place;

/* ---- wire.c ---- */

/* Sets the line of the refusal, returns false. */
bool refuse(server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, and what libhdf5 says is the reason. */
bool refuse_because(server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The next request; false at the end. */
bool receive(server *s);
/* Answers by the reply, or by the refusal; false if nobody listens. */
bool answer(server *s, bool done);

bool put(server *s, const void *bytes, size_t size);
bool put8(server *s, uint8_t value);
bool put16(server *s, uint16_t value);
bool put32(server *s, uint32_t value);
bool put64(server *s, uint64_t value);
/* Room for `size` bytes of the reply, which the caller fills; NULL: too many. */
uint8_t *put_room(server *s, size_t size);
bool put_padding(server *s);
bool take_place(server *s, place *at);
/* The request is not one. */
bool refuse_request(server *s);

/* ---- types.c ---- */

/* A column as it lies in memory after H5Dread. */
typedef struct column {
    char *name;
    uint8_t type;  /* vdib__hdf5_type */
    bool lists;    /* hvl_t; texts that are not `fixed` are pointers */
    bool fixed;    /* a text of `size` bytes, filled up by `pad` */
    char pad;      /* ' ', or 0 */
    size_t offset; /* in an element */
    size_t size;   /* bytes in an element */
} column;

/* Elements of a dataset or an attribute. */
typedef struct elements {
    hid_t memory; /* the type that they have in memory; -1: nothing of them is delivered */
    size_t size;  /* bytes of one in memory */
    size_t columns;
    column column[VDIB_HDF5_COLUMNS];
    int rank;
    hsize_t shape[VDIB_HDF5_RANK];
    uint64_t rows, width;
    bool holds_memory; /* lists or texts, whose memory is given back */
} elements;

bool describe(server *s, hid_t type, hid_t space, elements *e);
void describe_end(elements *e);
/* The type of libhdf5 that numbers of a vdib__hdf5_type have here; -1: none. */
hid_t native_of(unsigned type);

/* ---- objects.c, rows.c, write.c ---- */

bool look(server *s);
bool list(server *s);
bool read_rows(server *s);

/* A dataset that is kept open. */
typedef struct opened {
    char *path;
    hid_t dataset;
    elements e;
    size_t chunk_bytes; /* of a chunk as libhdf5 has it in memory */
    uint64_t used;      /* when */
} opened;
bool open_dataset(server *s, const char *path, opened **dataset);
void close_datasets(server *s);

bool make_group(server *s);
bool create(server *s);
bool write_rows(server *s);
bool finish(server *s);

/* ---- driver.c, limits.c, filters.c ---- */

/* Access to the file by the descriptor VDIB_HDF5_FILE and nothing else; -1 on failure. */
hid_t driver_access(void);
/* What is done once, before a byte of the file is read. */
void limit_descriptors(void);
/* memory: bytes that it may allocate, 0 for no bound but that of every helper. */
bool limit_resources(bool writes, unsigned long long memory);
/* Ends the program if it works on for longer than is allowed; `working` false: it waits. */
void limit_time(bool working);
bool register_filters(void);
/* half.c: numbers of half precision are converted by the program itself. */
bool register_half(void);

#endif
