/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_HDF5_PROTOCOL_H
#define VDIB_CORE_HDF5_PROTOCOL_H
/* What the library and its helper program vdib-hdf5 (src/hdf5/) say to each other.
 *
 * The library opens the file and starts the helper with two descriptors, a socket and the file. The helper greets with
 * a reply (u32 VDIB_HDF5_VERSION), then answers every request with one reply, until the socket is closed. Neither
 * trusts a length of the other.
 *
 *     request   u32 operation, u32 bytes that follow
 *     reply     u32 0 done or 1 refused, u32 bytes that follow (of a refusal: one line of text)
 *
 * Numbers are in the byte order of the machine that both run on. A place is an object of the file, or one of its
 * attributes: u16 length, path, u16 length, name of the attribute (length 0: the object).
 *
 *     operation    request                                        reply
 *     LOOK         place                                          u8 kind, u8 rank, u8 columns, u8 home, u64 rows of a
 *                                                                 chunk (0: none), u64 rows that are stored, u64 x
 *                                                                 rank; columns: u8 type, u8 whether lists of it,
 *                                                                 u16 length, name
 *     LIST         u8 0 members or 1 attributes, place            u32 count; entries: u8 kind, u16 length, name
 *     READ         u64 first row, u64 rows, u16 count, places     for each place u8 columns, for each of these
 *                                                                 u8 type, u8 whether lists, u64 numbers; padding to
 *                                                                 8; u64 x elements (lengths of lists and of texts);
 *                                                                 numbers; padding to 8
 *     GROUP        place                                          -
 *     CREATE       place, u8 type, u8 rank, u8 whether it grows,  -
 *                  u8 storage, u8 members, u64 rows of a chunk,
 *                  u64 x rank; members: u8 type, u16 offset,
 *                  u16 length, name; u16 bytes of a row
 *     WRITE        place, u64 first row, u64 rows, padding to 8;  -
 *                  rows; of texts u64 x elements (lengths), bytes
 *     FINISH       -                                              -
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    VDIB_HDF5_VERSION = 1,
    VDIB_HDF5_SOCKET = 3, /* descriptors of the helper */
    VDIB_HDF5_FILE = 4,
    VDIB_HDF5_RANK = 8,           /* dimensions */
    VDIB_HDF5_COLUMNS = 32,       /* members of a compound type */
    VDIB_HDF5_PLACES = 8,         /* of a READ */
    VDIB_HDF5_LINE = 512,         /* of a refusal */
    VDIB_HDF5_PAYLOAD = 64 << 20, /* bytes of a request or a reply */
    VDIB_HDF5_NAME = 4096         /* of a path */
};

enum {
    VDIB_HDF5_LOOK = 1,
    VDIB_HDF5_LIST,
    VDIB_HDF5_READ,
    VDIB_HDF5_GROUP,
    VDIB_HDF5_CREATE,
    VDIB_HDF5_WRITE,
    VDIB_HDF5_FINISH
};

enum { VDIB_HDF5_DONE, VDIB_HDF5_REFUSED };

/* Where the next array of a message begins. */
static inline size_t vdib__hdf5_padded(size_t at) {
    return (at + 7) & ~(size_t)7;
}

/* What is left of a message that is being read. */
typedef struct vdib__hdf5_message {
    const uint8_t *begin, *at, *end;
    int short_of; /* it ended too early */
} vdib__hdf5_message;

static inline vdib__hdf5_message vdib__hdf5_message_of(const void *bytes, size_t size) {
    return (vdib__hdf5_message){.begin = bytes, .at = bytes, .end = (const uint8_t *)bytes + size};
}

/* The next `size` bytes; NULL if there are fewer. */
static inline const void *vdib__hdf5_take(vdib__hdf5_message *message, uint64_t size) {
    const uint8_t *at = message->at;
    if (message->short_of || size > (uint64_t)(message->end - at)) {
        message->short_of = 1;
        return NULL;
    }
    message->at += size;
    return at;
}

static inline uint64_t vdib__hdf5_take_number(vdib__hdf5_message *message, size_t size) {
    const void *at = vdib__hdf5_take(message, size);
    uint8_t one = 0;
    uint16_t two = 0;
    uint32_t four = 0;
    uint64_t eight = 0;
    if (at == NULL)
        return 0;
    switch (size) {
    case 1:
        memcpy(&one, at, 1);
        return one;
    case 2:
        memcpy(&two, at, 2);
        return two;
    case 4:
        memcpy(&four, at, 4);
        return four;
    default:
        memcpy(&eight, at, sizeof eight);
        return eight;
    }
}

static inline uint8_t vdib__hdf5_take8(vdib__hdf5_message *message) {
    return (uint8_t)vdib__hdf5_take_number(message, 1);
}
static inline uint16_t vdib__hdf5_take16(vdib__hdf5_message *message) {
    return (uint16_t)vdib__hdf5_take_number(message, 2);
}
static inline uint32_t vdib__hdf5_take32(vdib__hdf5_message *message) {
    return (uint32_t)vdib__hdf5_take_number(message, 4);
}
static inline uint64_t vdib__hdf5_take64(vdib__hdf5_message *message) {
    return vdib__hdf5_take_number(message, 8);
}

/* Leaves out the padding before an array. */
static inline void vdib__hdf5_take_padding(vdib__hdf5_message *message) {
    size_t at = (size_t)(message->at - message->begin);
    (void)vdib__hdf5_take(message, vdib__hdf5_padded(at) - at);
}

#endif
