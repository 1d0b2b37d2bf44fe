/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_FLAT_H
#define VDIB_EVENTS_READERS_FLAT_H
/* FlatBuffers, read without trust: the layout that flatbuffers.dev calls its binary format. All places are counted from
 * the beginning of the buffer; 0 stands for what is not there, as nothing but the root's offset is at 0. Whatever
 * points outside sets `wrong`, which stays. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct vdib__flat {
    const uint8_t *bytes; /* (size) the beginning of the buffer */
    size_t size;
    uint64_t whole; /* bytes of the buffer, `size` of which can be looked at */
    bool wrong;     /* something pointed outside */
} vdib__flat;

/* The root table of a buffer with this identifier of four letters. */
size_t vdib__flat_root(vdib__flat *flat, const char *identifier);

/* Where a table has its field of `bytes` bytes; 0: it has none, and the default stands. */
size_t vdib__flat_field(vdib__flat *flat, size_t table, unsigned field, size_t bytes);

/* A field that is a number of 1, 2, 4 or 8 bytes with a sign, or its default. */
int64_t vdib__flat_number(vdib__flat *flat, size_t table, unsigned field, size_t bytes, int64_t otherwise);

/* The number of `bytes` bytes at a place that a field, or an element of a vector, stands at. */
int64_t vdib__flat_at(vdib__flat *flat, uint64_t place, size_t bytes);

/* The table, string or vector that the offset at a place leads to. */
size_t vdib__flat_follow(vdib__flat *flat, uint64_t place);

/* A field that is a vector of elements of `bytes` bytes, or a string (1 byte): where its first element is, and how many
 * there are. The elements lie within `whole`, not necessarily within `size`. */
uint64_t vdib__flat_vector(vdib__flat *flat, size_t table, unsigned field, size_t bytes, uint64_t *count);

#endif
