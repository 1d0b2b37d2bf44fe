/* SPDX-License-Identifier: MIT */
/* The table at the end of AEDAT 4 files: where each packet is, and the times of its first and last element. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/range.h"
#include "events/readers/aedat4.h"
#include "events/words.h"

enum { PREFIX = 4, HEADER = 8, OFFSET_BYTES = 4 };
enum { ENTRIES = 0 };                               /* the field of the table */
enum { BYTE_OFFSET = 0, PACKET = 1, TIME_END = 4 }; /* of an entry */

/* Takes the whole FlatBuffer of the table: *content is freed by the caller, NULL where there is no sound one. It is not
 * larger than the file: an entry is smaller than its packet. */
static vdib_status take_table(vdib__payload *table, uint8_t **content, vdib__flat *flat) {
    const uint64_t most = table->outer->size;
    const uint8_t *at = NULL;
    size_t ready = 0, got = 0, capacity = 0;
    VDIB_TRY(vdib__payload_begin(table, most - table->outer->offset));
    VDIB_TRY(vdib__bytes_look(&table->inner, PREFIX, &at, &ready));
    size_t size = ready == PREFIX ? vdib__little32(at) : 0;
    vdib__bytes_take(&table->inner, ready);
    if (size > most)
        return VDIB_OK;
    for (ready = 1; got < size && ready > 0; got += ready) {
        size_t wanted = size - got < VDIB_BYTES_WINDOW ? size - got : VDIB_BYTES_WINDOW;
        VDIB_TRY(vdib__bytes_look(&table->inner, wanted, &at, &ready));
        VDIB_TRY(VDIB_RESERVE(content, &capacity, got + ready));
        if (ready > 0)
            memcpy(*content + got, at, ready);
        vdib__bytes_take(&table->inner, ready);
    }
    *flat = (vdib__flat){.bytes = *content, .size = got, .whole = got};
    return VDIB_OK;
}

/* The same, from its place in the file. */
static vdib_status read_table(vdib__aedat4_packets *p, uint8_t **content, vdib__flat *flat) {
    vdib__payload table = {.packing = NULL};
    VDIB_TRY(vdib__bytes_seek(p->bytes, (uint64_t)p->table));
    VDIB_TRY(vdib__payload_open(p->header.packing, p->bytes, &table));
    vdib_status status = take_table(&table, content, flat);
    vdib__payload_close(&table);
    return status;
}

/* The byte offset of the first packet of a stream that ends at `us` or later; -1: none, or no sound table. */
static int64_t find_packet(vdib__flat *flat, int32_t stream, int64_t us, int32_t *size) {
    uint64_t count = 0, first = vdib__flat_vector(flat, vdib__flat_root(flat, "FTAB"), ENTRIES, OFFSET_BYTES, &count);
    for (uint64_t i = 0; i < count && !flat->wrong; i++) {
        size_t entry = vdib__flat_follow(flat, first + OFFSET_BYTES * i);
        size_t packet = vdib__flat_field(flat, entry, PACKET, HEADER);
        if (packet == 0 || vdib__flat_at(flat, packet, 4) != stream ||
            vdib__flat_number(flat, entry, TIME_END, 8, 0) < us)
            continue;
        *size = (int32_t)vdib__flat_at(flat, packet + 4, 4);
        int64_t at = vdib__flat_number(flat, entry, BYTE_OFFSET, 8, -1);
        return flat->wrong ? -1 : at;
    }
    return -1;
}

/* Whether a packet of that stream and size has its header at a byte. */
static vdib_status is_packet(vdib__bytes *bytes, int64_t at, int32_t stream, int32_t size, bool *is) {
    const uint8_t *header = NULL;
    size_t ready = 0;
    *is = false;
    if (at < 0 || (uint64_t)at > bytes->size)
        return VDIB_OK;
    VDIB_TRY(vdib__bytes_seek(bytes, (uint64_t)at));
    VDIB_TRY(vdib__bytes_look(bytes, HEADER, &header, &ready));
    *is = ready == HEADER && (int32_t)vdib__little32(header) == stream && (int32_t)vdib__little32(header + 4) == size;
    return VDIB_OK;
}

/* Entries of DV say where a packet's frame begins, those of other programs where its header does. */
static vdib_status go_to_packet(vdib__aedat4_packets *p, uint64_t before, int64_t at, int32_t stream, int32_t size,
                                bool *found) {
    for (int64_t place = at - HEADER; place <= at && !*found; place += HEADER)
        if (place >= (int64_t)before)
            VDIB_TRY(is_packet(p->bytes, place, stream, size, found));
    return VDIB_OK;
}

/* Whether a table's bytes end before it does, by the length that it begins with, or by its packing; and where what
 * follows it begins, 0 if nothing does; it begins at `begin` itself. */
static vdib_status find_end(vdib__payload *table, uint64_t begin, bool *cut, uint64_t *behind) {
    enum { MARK = 8, MARKED = 12 }; /* "FTAB" behind the length and the root */
    const uint8_t *at = NULL;
    size_t ready = 0;
    VDIB_TRY(vdib__bytes_look(&table->inner, MARKED, &at, &ready));
    const uint64_t end = ready == MARKED ? PREFIX + (uint64_t)vdib__little32(at) : MARKED;
    const bool known = ready < MARKED || memcmp(at + MARK, "FTAB", 4) == 0;
    VDIB_TRY(vdib__bytes_skip(&table->inner, end));
    const bool early = table->inner.offset < end && !table->damaged;
    *cut = known && (early || table->cut || (table->damaged && table->left == 0));
    if (!known || *cut)
        return VDIB_OK;
    VDIB_TRY(vdib__bytes_look(&table->inner, 1, &at, &ready)); /* takes the end of what is packed */
    const bool more = table->packing == NULL && table->outer->offset - begin > end;
    VDIB_TRY(vdib__bytes_look(table->outer, 1, &at, &ready));
    *behind = more ? begin + end : ready > 0 ? table->outer->offset : 0;
    return VDIB_OK;
}

vdib_status vdib__aedat4_check_table(vdib__aedat4_packets *packets, vdib_events_info *info) {
    vdib__payload table = {.packing = NULL};
    const uint64_t begin = packets->bytes->offset;
    uint64_t behind = 0;
    bool cut = false;
    VDIB_TRY(vdib__payload_open(packets->header.packing, packets->bytes, &table));
    vdib_status status = vdib__payload_begin(&table, packets->bytes->size - begin);
    if (status == VDIB_OK)
        status = find_end(&table, begin, &cut, &behind);
    vdib__payload_close(&table);
    if (cut)
        vdib__bytes_blame(packets->bytes, begin, "the file ends inside its table", &info->truncated, 1);
    if (behind > 0)
        vdib__bytes_blame(packets->bytes, behind, "something follows the file's table", &info->damaged, 1);
    return status;
}

vdib_status vdib__aedat4_seek(vdib__aedat4_packets *packets, int32_t stream, int64_t us, bool *found) {
    uint64_t before = packets->bytes->offset;
    uint8_t *content = NULL;
    vdib__flat flat = {.bytes = NULL};
    int32_t size = 0;
    *found = false;
    if (packets->table <= (int64_t)before || (uint64_t)packets->table >= packets->bytes->size)
        return VDIB_OK;
    vdib_status status = read_table(packets, &content, &flat);
    int64_t sought = us > INT64_MIN + VDIB_RANGE_SLACK_US ? us - VDIB_RANGE_SLACK_US : INT64_MIN;
    int64_t at = status == VDIB_OK && content != NULL ? find_packet(&flat, stream, sought, &size) : -1;
    vdib__free(content);
    if (status == VDIB_OK && at > 0)
        status = go_to_packet(packets, before, at, stream, size, found);
    if (status == VDIB_OK && !*found)
        return vdib__bytes_seek(packets->bytes, before);
    if (*found) {
        packets->payload.left = 0;
        packets->end = packets->at = packets->bytes->offset;
    }
    return status;
}
