/* SPDX-License-Identifier: MIT */
/* The packets of AEDAT 4, one after the other. */

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "events/readers/aedat4.h"
#include "events/words.h"

enum { HEADER = 8, PREFIX = 4 /* the length before a FlatBuffer */ };

/* "0 IMUS, 1 FRME" */
static void list_streams(const vdib__aedat4_header *header, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < header->count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d %s", i > 0 ? ", " : "", (int)header->streams[i].id,
                                 header->streams[i].type[0] != '\0' ? header->streams[i].type : "of no type");
}

vdib_status vdib__aedat4_open(vdib__bytes *bytes, const char *type, vdib__aedat4_packets *packets, size_t *truncated) {
    enum { SAID = 200 };
    vdib__aedat4_packets made = {.bytes = bytes};
    char said[SAID];
    size_t before = *truncated;
    VDIB_TRY(vdib__aedat4_header_read(bytes, &made.header, truncated));
    list_streams(&made.header, said, sizeof said);
    vdib_status status = VDIB_OK;
    if (*truncated == before && vdib__aedat4_stream_at(&made.header, type, 0) == NULL)
        status = vdib__fail(VDIB_ERROR_FORMAT,
                            "%s: byte %llu: has no stream of type %s (%s%s); record or export it with one", bytes->path,
                            (unsigned long long)bytes->offset, type,
                            made.header.count > 0 ? "its streams: " : "its header describes no stream", said);
    if (status == VDIB_OK)
        status = vdib__payload_open(made.header.packing, bytes, &packets->payload);
    if (status != VDIB_OK) {
        vdib__aedat4_header_free(&made.header);
        return status;
    }
    if (made.header.table < (int64_t)bytes->offset) /* was never filled in */
        made.header.table = -1;
    packets->bytes = bytes;
    packets->header = made.header;
    vdib__aedat4_rewind(packets, bytes->offset);
    return VDIB_OK;
}

void vdib__aedat4_rewind(vdib__aedat4_packets *packets, uint64_t begin) {
    packets->begin = packets->at = packets->end = begin;
    packets->table = packets->header.table;
    packets->payload.left = 0;
}

void vdib__aedat4_close(vdib__aedat4_packets *packets) {
    vdib__payload_close(&packets->payload);
    vdib__aedat4_header_free(&packets->header);
}

/* Ends the packet before, and says whether there may be another one. */
static vdib_status end_packet(vdib__aedat4_packets *p, vdib_events_info *info, bool *more) {
    VDIB_TRY(vdib__payload_end(&p->payload));
    if (p->bytes->offset < p->end)
        vdib__bytes_blame(p->bytes, p->at, "the file ends inside a packet", &info->truncated, 1);
    const bool ended = p->bytes->offset == p->end && p->table > 0 && p->bytes->offset >= (uint64_t)p->table;
    *more = p->bytes->offset == p->end && !ended && p->table != 0;
    return ended && p->bytes->offset == (uint64_t)p->table ? vdib__aedat4_check_table(p, info) : VDIB_OK;
}

/* Nothing says where the next packet begins. */
static vdib_status give_up(vdib__aedat4_packets *p, const char *what, size_t *count) {
    vdib__bytes_blame(p->bytes, p->bytes->offset, what, count, 1);
    p->table = 0;
    VDIB_TRY(vdib__bytes_skip(p->bytes, VDIB_SIZE_UNKNOWN));
    p->end = p->bytes->offset;
    return VDIB_OK;
}

/* Less than the header of a packet is left. */
static void end_file(vdib__aedat4_packets *p, vdib_events_info *info, size_t ready) {
    vdib__bytes_cut(p->bytes, ready, &info->truncated);
    p->end = p->bytes->offset;
    if (ready == 0 && p->table > (int64_t)p->end)
        vdib__bytes_blame(p->bytes, p->end, "the file ends before its table", &info->truncated, 1);
    p->table = 0;
}

/* The header of a packet: takes it, and begins the packet, whose stream is *stream, NULL if it is none. */
static vdib_status begin_packet(vdib__aedat4_packets *p, vdib_events_info *info, const vdib__aedat4_stream **stream) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    VDIB_TRY(vdib__bytes_look(p->bytes, HEADER, &at, &ready));
    if (ready < HEADER) {
        end_file(p, info, ready);
        return VDIB_OK;
    }
    int32_t size = (int32_t)vdib__little32(at + 4);
    const vdib__aedat4_stream *known = vdib__aedat4_stream_of(&p->header, (int32_t)vdib__little32(at));
    p->at = p->bytes->offset;
    if (size <= 0 || (known == NULL && (uint64_t)size > p->bytes->size - p->at - HEADER))
        return give_up(p, "no header of a packet, with which the recording ends", &info->damaged);
    p->end = p->at + HEADER + (uint64_t)size;
    if (p->table >= 0 && p->end > (uint64_t)p->table) {
        vdib__bytes_blame(p->bytes, p->at, "the file's table begins inside a packet", &info->damaged, 1);
        p->table = -1;
    }
    if (known == NULL)
        vdib__bytes_blame(p->bytes, p->at, "a packet of no stream of the header", &info->damaged, 1);
    vdib__bytes_take(p->bytes, HEADER);
    *stream = known;
    return vdib__payload_begin(&p->payload, (uint64_t)size);
}

vdib_status vdib__aedat4_next(vdib__aedat4_packets *packets, vdib_events_info *info,
                              const vdib__aedat4_stream **stream) {
    bool more = true;
    *stream = NULL;
    while (*stream == NULL) {
        VDIB_TRY(end_packet(packets, info, &more));
        if (!more)
            break;
        VDIB_TRY(begin_packet(packets, info, stream));
    }
    return VDIB_OK;
}

void vdib__aedat4_blame(vdib__aedat4_packets *packets, vdib_events_info *info) {
    if (!packets->payload.cut) /* which the end of the packet counts */
        vdib__bytes_blame(packets->bytes, packets->at, "a packet that is not what its stream has", &info->damaged, 1);
}

vdib_status vdib__aedat4_look(vdib__aedat4_packets *packets, vdib_events_info *info, const char *type, vdib__flat *flat,
                              size_t *table) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    *table = 0;
    *flat = (vdib__flat){.bytes = NULL};
    VDIB_TRY(vdib__bytes_look(&packets->payload.inner, VDIB_BYTES_WINDOW, &at, &ready));
    packets->size = ready >= PREFIX ? vdib__little32(at) : 0;
    size_t seen = ready >= PREFIX ? ready - PREFIX : 0;
    *flat = (vdib__flat){
        .bytes = at + PREFIX, .size = seen < packets->size ? seen : (size_t)packets->size, .whole = packets->size};
    *table = vdib__flat_root(flat, type);
    if (flat->wrong)
        vdib__aedat4_blame(packets, info);
    return VDIB_OK;
}

void vdib__aedat4_take(vdib__aedat4_packets *packets, size_t at) {
    vdib__bytes_take(&packets->payload.inner, PREFIX + at - (size_t)packets->payload.inner.offset);
}
