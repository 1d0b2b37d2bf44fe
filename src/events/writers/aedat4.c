/* SPDX-License-Identifier: MIT */
/* AEDAT 4.0 with one stream of events, in packets of up to 4,096, packed by LZ4 where this build has it, and with a
 * table of the packets behind them (readers/aedat4.h says how they lie). */

#include "events/writers/aedat4.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "events/writer.h"

#if VDIB_WITH_LZ4
#include <lz4frame.h>
#endif

enum {
    LINE = 14, /* bytes of the first line */
    EVENT = 16,
    PACKET = 4096, /* events */
    MOST_SIDE = 32768,
    NONE = 0,
    LZ4 = 1
};

typedef struct aedat4 {
    uint8_t packet[VDIB_AEDAT4_PACKET_HEAD + EVENT * PACKET];
    vdib__aedat4_entry open; /* the packet that is being filled */
    vdib__aedat4_entry *entries;
    size_t count, capacity;
    uint8_t *packed; /* (packed_capacity) */
    size_t packed_capacity;
} aedat4;

static void close_aedat4(void *state) {
    aedat4 *s = state;
    if (s == NULL)
        return;
    vdib__free(s->entries);
    vdib__free(s->packed);
    vdib__free(s);
}

#define NODE(name, path) "<node name=\"" name "\" path=\"" path "\">"
#define TEXT(key, text)  "<attr key=\"" key "\" type=\"string\">" text "</attr>"

static vdib_status begin_aedat4(vdib__event_output *output) {
    static const char line[LINE + 1] = "#!AER-DAT4.0\r\n";
    char xml[1024];
    uint8_t *header = NULL;
    size_t size = 0;
    aedat4 *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    output->state = made;
    vdib__format(xml, sizeof xml,
                 "<dv version=\"2.0\">" NODE("outInfo", "/outInfo/") NODE("0", "/outInfo/0/") TEXT("compression", "%s")
                     TEXT("originalModuleName", "vdib") TEXT("originalOutputName", "events")
                         TEXT("typeDescription", "Array of events (polarity ON/OFF).") TEXT("typeIdentifier", "EVTS")
                             NODE("info", "/outInfo/0/info/") "<attr key=\"sizeX\" type=\"int\">%zu</attr>"
                                                              "<attr key=\"sizeY\" type=\"int\">%zu</attr>" TEXT(
                                                                  "source", "vdib") "</node></node></node></dv>\n",
                 VDIB_WITH_LZ4 ? "LZ4" : "NONE", output->width, output->height);
    VDIB_TRY(vdib__sink_put(&output->sink, line, LINE));
    VDIB_TRY(vdib__aedat4_header_write(VDIB_WITH_LZ4 ? LZ4 : NONE, xml, &header, &size));
    vdib_status status = vdib__sink_put(&output->sink, header, size);
    vdib__free(header);
    return status;
}

/* What is written of `bytes` (size): *packed (*count), as they are or packed. */
#if VDIB_WITH_LZ4
static vdib_status pack(aedat4 *s, const uint8_t *bytes, size_t size, const uint8_t **packed, size_t *count) {
    VDIB_TRY(VDIB_RESERVE(&s->packed, &s->packed_capacity, LZ4F_compressFrameBound(size, NULL)));
    size_t made = LZ4F_compressFrame(s->packed, s->packed_capacity, bytes, size, NULL);
    if (LZ4F_isError(made))
        return vdib__fail(VDIB_ERROR_MEMORY, "a packet of AEDAT 4 cannot be packed: %s", LZ4F_getErrorName(made));
    *packed = s->packed;
    *count = made;
    return VDIB_OK;
}
#else
static vdib_status pack(aedat4 *s, const uint8_t *bytes, size_t size, const uint8_t **packed, size_t *count) {
    (void)s;
    *packed = bytes;
    *count = size;
    return VDIB_OK;
}
#endif

/* Writes the packet that was being filled. */
static vdib_status put_packet(vdib__event_output *output) {
    aedat4 *s = output->state;
    const uint8_t *packed = NULL;
    uint8_t head[8];
    size_t size = 0;
    if (s->open.events == 0)
        return VDIB_OK;
    vdib__aedat4_packet_head(s->packet, s->open.events);
    VDIB_TRY(pack(s, s->packet, VDIB_AEDAT4_PACKET_HEAD + (size_t)EVENT * s->open.events, &packed, &size));
    VDIB_TRY(VDIB_RESERVE(&s->entries, &s->capacity, s->count + 1));
    vdib__put_little(vdib__put_little(head, 0, 4), size, 4);
    VDIB_TRY(vdib__sink_put(&output->sink, head, sizeof head));
    s->open.offset = output->sink.offset;
    s->open.size = (uint32_t)size;
    s->entries[s->count++] = s->open;
    s->open.events = 0;
    return vdib__sink_put(&output->sink, packed, size);
}

static void put_event(uint8_t *at, const vdib_event *event) {
    at = vdib__put_little(at, (uint64_t)event->t, 8);
    at = vdib__put_little(at, event->x, 2);
    at = vdib__put_little(at, event->y, 2);
    vdib__put_little(at, event->polarity, 4);
}

static vdib_status put_aedat4(vdib__event_output *output, const vdib_event *events, size_t count) {
    aedat4 *s = output->state;
    for (size_t i = 0; i < count; i++) {
        if (s->open.events == PACKET)
            VDIB_TRY(put_packet(output));
        if (s->open.events == 0)
            s->open.first_us = events[i].t;
        put_event(s->packet + VDIB_AEDAT4_PACKET_HEAD + (size_t)EVENT * s->open.events++, &events[i]);
        s->open.last_us = events[i].t;
    }
    return VDIB_OK;
}

/* The table, and where it is. */
static vdib_status end_aedat4(vdib__event_output *output) {
    aedat4 *s = output->state;
    uint8_t *table = NULL, position[8];
    const uint8_t *packed = NULL;
    size_t size = 0, count = 0;
    VDIB_TRY(put_packet(output));
    vdib__put_little(position, output->sink.offset, sizeof position);
    VDIB_TRY(vdib__aedat4_table_write(s->entries, s->count, &table, &size));
    vdib_status status = pack(s, table, size, &packed, &count);
    if (status == VDIB_OK)
        status = vdib__sink_put(&output->sink, packed, count);
    if (status == VDIB_OK)
        status = vdib__sink_patch(&output->sink, LINE + VDIB_AEDAT4_TABLE_AT, position, sizeof position);
    vdib__free(table);
    return status;
}

extern const vdib__event_writer vdib__writer_aedat4;
const vdib__event_writer vdib__writer_aedat4 = {
    .name = "aedat4",
    .help = "AEDAT 4.0",
    .endings = ".aedat4",
    .sized = true,
    .columns = MOST_SIDE,
    .rows = MOST_SIDE,
    .most_us = INT64_MAX,
    .negative = true,
    .gap_us = UINT64_MAX,
    .lost = "",
    .begin = begin_aedat4,
    .put = put_aedat4,
    .end = end_aedat4,
    .close = close_aedat4,
};
