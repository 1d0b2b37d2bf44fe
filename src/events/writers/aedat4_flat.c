/* SPDX-License-Identifier: MIT */
/* FlatBuffers have fixed places here: tables hold every field, so that a table's description (vtable) is the same for
 * all. Offsets are 32 bits, little endian, from the place where they stand; what a FlatBuffer holds is aligned in the
 * file's bytes with the length before it. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/sink.h"
#include "events/writers/aedat4.h"

enum { LENGTH = 4, EVENT = 16 };

static void put16(uint8_t *at, const uint16_t *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        at = vdib__put_little(at, values[i], 2);
}

void vdib__aedat4_packet_head(uint8_t head[VDIB_AEDAT4_PACKET_HEAD], uint32_t events) {
    static const uint16_t description[3] = {6, 8, 4}; /* of itself 6 bytes, the table 8; field 0 at 4 */
    uint8_t *at = vdib__put_little(head, VDIB_AEDAT4_PACKET_HEAD - LENGTH + (uint64_t)EVENT * events, 4);
    at = vdib__put_little(at, 16, 4); /* the root table */
    memcpy(at, "EVTS\0\0", 6);
    put16(at + 6, description, 3);
    at = vdib__put_little(at + 12, 6, 4); /* back to the description */
    at = vdib__put_little(at, 4, 4);      /* to the vector */
    vdib__put_little(at, events, 4);
}

vdib_status vdib__aedat4_header_write(int compression, const char *xml, uint8_t **bytes, size_t *size) {
    enum { DESCRIPTION = 18, TABLE = 28, TEXT = 48 };
    static const uint16_t description[5] = {10, 20, 4, 12, 8}; /* compression, position of the table, text */
    size_t length = strlen(xml), used = TEXT + 4 + (length + 4) / 4 * 4;
    uint8_t *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, used));
    vdib__put_little(made, used - LENGTH, 4);
    vdib__put_little(made + 4, TABLE - LENGTH, 4);
    memcpy(made + 8, "IOHE", 4);
    put16(made + DESCRIPTION, description, 5);
    vdib__put_little(made + TABLE, TABLE - DESCRIPTION, 4);
    vdib__put_little(made + TABLE + 4, (uint64_t)compression, 4);
    vdib__put_little(made + TABLE + 8, TEXT - (TABLE + 8), 4);
    vdib__put_little(made + VDIB_AEDAT4_TABLE_AT, UINT64_MAX, 8); /* there is none yet */
    vdib__put_little(made + TEXT, length, 4);
    memcpy(made + TEXT + 4, xml, length);
    *bytes = made;
    *size = used;
    return VDIB_OK;
}

/* An entry's table of 48 bytes: 4 to its description, stream and size (4 each), then offset, events and times. */
static void put_entry(uint8_t *at, size_t description, size_t place, const vdib__aedat4_entry *entry) {
    at = vdib__put_little(at, place - description, 4);
    at = vdib__put_little(at, 0, 4);
    at = vdib__put_little(at, entry->size, 4);
    at = vdib__put_little(at, entry->offset, 8);
    at = vdib__put_little(at, entry->events, 8);
    at = vdib__put_little(at, (uint64_t)entry->first_us, 8);
    vdib__put_little(at, (uint64_t)entry->last_us, 8);
}

vdib_status vdib__aedat4_table_write(const vdib__aedat4_entry *entries, size_t count, uint8_t **bytes, size_t *size) {
    enum { ROOT_DESCRIPTION = 14, ROOT = 20, VECTOR = 28, ENTRY = 48 };
    static const uint16_t root[3] = {6, 8, 4}, entry[7] = {14, 44, 12, 4, 20, 28, 36};
    size_t description = VECTOR + 4 + 4 * count, first = (description + sizeof entry + 7) / 8 * 8 + 4;
    size_t used = first + ENTRY * count;
    uint8_t *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, used));
    vdib__put_little(made, used - LENGTH, 4);
    vdib__put_little(made + 4, ROOT - LENGTH, 4);
    memcpy(made + 8, "FTAB", 4);
    put16(made + ROOT_DESCRIPTION, root, 3);
    vdib__put_little(made + ROOT, ROOT - ROOT_DESCRIPTION, 4);
    vdib__put_little(made + ROOT + 4, VECTOR - (ROOT + 4), 4);
    vdib__put_little(made + VECTOR, count, 4);
    put16(made + description, entry, 7);
    for (size_t i = 0; i < count; i++) {
        size_t slot = VECTOR + 4 + 4 * i, place = first + ENTRY * i;
        vdib__put_little(made + slot, place - slot, 4);
        put_entry(made + place, description, place, &entries[i]);
    }
    *bytes = made;
    *size = used;
    return VDIB_OK;
}
