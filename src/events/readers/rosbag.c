/* SPDX-License-Identifier: MIT */
#include "events/readers/rosbag.h"

#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/words.h"

#define LINE       "#ROSBAG V2.0\n"
#define ANY_LINE   "#ROSBAG V"
#define CUT        "the file ends inside a record"
#define NO_RECORD  "no record of a bag, with which "
#define NO_MESSAGE "a message that is not what its type has"

enum { LENGTH = 4, MOST_HEADER = 4096, MOST_CONNECTIONS = 1024 };
enum { MESSAGE = 2, BAG = 3, INDEX = 4, CHUNK = 5, CHUNK_INFO = 6, CONNECTION = 7 };

/* What a record's header says. */
typedef struct record {
    unsigned operation; /* 0: none that is known */
    uint32_t connection;
    char text[64];  /* a chunk's compression */
    uint64_t index; /* where the bag's connections are */
    uint32_t data;  /* bytes that follow */
} record;

bool vdib__bag_is(const uint8_t *bytes, size_t count) {
    return count >= strlen(ANY_LINE) && memcmp(bytes, ANY_LINE, strlen(ANY_LINE)) == 0;
}

vdib_status vdib__bag_open(vdib__bytes *bytes, vdib__bag *bag) {
    const char *line = NULL;
    size_t length = 0;
    VDIB_TRY(vdib__bytes_line(bytes, strlen(LINE), &line, &length));
    if (length == strlen(LINE) && memcmp(line, LINE, length) != 0)
        return vdib__fail(
            VDIB_ERROR_FORMAT,
            "%s: byte 0: is a ROS bag of another version than 2.0; mend it with `rosbag fix`, or convert it",
            bytes->path);
    vdib__bytes_take(bytes, length);
    *bag = (vdib__bag){.bytes = bytes, .from = bytes, .begin = length};
    return VDIB_OK;
}

void vdib__bag_close(vdib__bag *bag) {
    for (size_t i = 0; i < VDIB_BAG_PACKINGS; i++)
        vdib__payload_close(&bag->payloads[i]);
    vdib__free(bag->connections);
    bag->connections = NULL;
}

void vdib__bag_take(vdib__bag *bag, size_t count) {
    vdib__bytes_take(bag->from, count);
    bag->left -= count;
}

void vdib__bag_blame(vdib__bag *bag, vdib_events_info *info) {
    vdib__bytes_blame(bag->bytes, bag->at, NO_MESSAGE, &info->damaged, 1);
}

/* ---- fields ---- */

/* The next field of at[*used..count): its name's length and its value; false: there is none. */
static bool next_field(const uint8_t *at, size_t count, size_t *used, const char **name, size_t *length,
                       const uint8_t **value, size_t *size) {
    if (count - *used < LENGTH)
        return false;
    size_t whole = vdib__little32(at + *used);
    if (whole > count - *used - LENGTH)
        return false;
    const uint8_t *field = at + *used + LENGTH, *equals = whole > 0 ? memchr(field, '=', whole) : NULL;
    if (equals == NULL)
        return false;
    *used += LENGTH + whole;
    *name = (const char *)field;
    *length = (size_t)(equals - field);
    *value = equals + 1;
    *size = whole - *length - 1;
    return true;
}

static bool is_named(const char *name, size_t length, const char *wanted) {
    return length == strlen(wanted) && memcmp(name, wanted, length) == 0;
}

/* Texts as messages may show them: cut to their room, and at what is no letter of ASCII. */
static void copy_text(char *to, size_t room, const uint8_t *value, size_t size) {
    size_t length = 0;
    while (length + 1 < room && length < size && value[length] > ' ' && value[length] < 0x7F) {
        to[length] = (char)value[length];
        length++;
    }
    to[length] = '\0';
}

static void read_header(const uint8_t *at, size_t count, record *r) {
    const char *name = NULL;
    const uint8_t *value = NULL;
    size_t used = 0, length = 0, size = 0;
    while (next_field(at, count, &used, &name, &length, &value, &size)) {
        if (is_named(name, length, "op") && size == 1)
            r->operation = *value;
        else if (is_named(name, length, "conn") && size == 4)
            r->connection = vdib__little32(value);
        else if (is_named(name, length, "index_pos") && size == 8)
            r->index = vdib__little64(value);
        else if (is_named(name, length, "compression"))
            copy_text(r->text, sizeof r->text, value, size);
    }
}

/* ---- connections ---- */

static vdib__bag_kind kind_of(const char *type) {
    static const struct {
        const char *type;
        vdib__bag_kind kind;
    } kinds[] = {{"dvs_msgs/EventArray", VDIB_BAG_EVENTS},
                 {"prophesee_event_msgs/EventArray", VDIB_BAG_EVENTS},
                 {"event_camera_msgs/EventPacket", VDIB_BAG_PACKETS},
                 {"event_array_msgs/EventArray", VDIB_BAG_PACKETS},
                 {"sensor_msgs/Image", VDIB_BAG_IMAGES}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(type, kinds[i].type) == 0)
            return kinds[i].kind;
    return VDIB_BAG_OTHERS;
}

static const vdib__bag_connection *connection_of(const vdib__bag *bag, uint32_t id) {
    for (size_t i = 0; i < bag->count; i++)
        if (bag->connections[i].id == id)
            return &bag->connections[i];
    return NULL;
}

/* The record of a connection, whose data are a header again; the first one of a number counts. */
static vdib_status add_connection(vdib__bag *bag, const record *r) {
    const uint8_t *at = NULL, *value = NULL;
    const char *name = NULL;
    size_t ready = 0, used = 0, length = 0, size = 0;
    vdib__bag_connection made = {.id = r->connection};
    if (connection_of(bag, r->connection) != NULL || bag->count == MOST_CONNECTIONS)
        return VDIB_OK;
    size_t wanted = bag->left < VDIB_BYTES_WINDOW ? (size_t)bag->left : VDIB_BYTES_WINDOW;
    VDIB_TRY(vdib__bytes_look(bag->from, wanted, &at, &ready));
    while (next_field(at, ready, &used, &name, &length, &value, &size)) {
        if (is_named(name, length, "topic"))
            copy_text(made.topic, sizeof made.topic, value, size);
        else if (is_named(name, length, "type"))
            copy_text(made.type, sizeof made.type, value, size);
    }
    made.kind = kind_of(made.type);
    VDIB_TRY(VDIB_RESERVE(&bag->connections, &bag->capacity, bag->count + 1));
    bag->connections[bag->count++] = made;
    return VDIB_OK;
}

vdib_status vdib__bag_fail_topics(const vdib__bag *bag, const char *what) {
    char said[300] = "";
    for (size_t i = 0, used = 0; i < bag->count && used < sizeof said; i++)
        used += (size_t)snprintf(said + used, sizeof said - used, "%s%s %s",
                                 i > 0 ? ", " : "; its topics: ", bag->connections[i].topic, bag->connections[i].type);
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: has no topic of %s%s; record or convert it with one", bag->bytes->path,
                      what, said);
}

/* ---- chunks ---- */

static vdib_status end_chunk(vdib__bag *bag, vdib_events_info *info) {
    if (bag->payload->damaged)
        vdib__bytes_blame(bag->bytes, bag->at, "a chunk that cannot be unpacked", &info->damaged, 1);
    VDIB_TRY(vdib__payload_end(bag->payload));
    if (bag->bytes->offset < bag->end)
        vdib__bytes_blame(bag->bytes, bag->at, CUT, &info->truncated, 1);
    bag->from = bag->bytes;
    bag->end = bag->left = 0;
    return VDIB_OK;
}

static vdib_status begin_chunk(vdib__bag *bag, vdib_events_info *info, const record *r) {
    static const struct {
        const char *name;
        const vdib__packing *packing;
    } packings[VDIB_BAG_PACKINGS] = {{"none", NULL}, {"bz2", &vdib__packing_bzip2}, {"lz4", &vdib__packing_lz4}};
    for (size_t i = 0; i < VDIB_BAG_PACKINGS; i++) {
        if (strcmp(r->text, packings[i].name) != 0)
            continue;
        bag->payload = &bag->payloads[i];
        if (bag->payload->inner.buffer == NULL)
            VDIB_TRY(vdib__payload_open(packings[i].packing, bag->bytes, bag->payload));
        bag->end = bag->bytes->offset + r->data;
        bag->left = 0;
        bag->from = &bag->payload->inner;
        return vdib__payload_begin(bag->payload, r->data);
    }
    vdib__bytes_blame(bag->bytes, bag->at, "a chunk of no known compression", &info->damaged, 1);
    return VDIB_OK;
}

/* ---- records ---- */

/* Nothing says where the next record begins: the chunk, or the bag, ends. */
static vdib_status give_up(vdib__bag *bag, vdib_events_info *info) {
    if (bag->end > 0) {
        if (!bag->payload->damaged && !bag->payload->cut)
            vdib__bytes_blame(bag->bytes, bag->at, NO_RECORD "its chunk ends", &info->damaged, 1);
        return end_chunk(bag, info);
    }
    vdib__bytes_blame(bag->bytes, bag->at, NO_RECORD "the recording ends", &info->damaged, 1);
    bag->ended = true;
    return vdib__bytes_skip(bag->bytes, VDIB_SIZE_UNKNOWN);
}

/* The file or the chunk has `ready` bytes left, less than the record. */
static vdib_status end_early(vdib__bag *bag, vdib_events_info *info, size_t ready) {
    if (bag->end > 0)
        return ready > 0 ? give_up(bag, info) : end_chunk(bag, info);
    vdib__bytes_cut(bag->bytes, ready, &info->truncated);
    bag->ended = true;
    return VDIB_OK;
}

/* What is left of the record before. */
static vdib_status end_record(vdib__bag *bag, vdib_events_info *info) {
    uint64_t before = bag->from->offset;
    VDIB_TRY(vdib__bytes_skip(bag->from, bag->left));
    bool whole = bag->from->offset - before == bag->left;
    bag->left = 0;
    if (whole)
        return VDIB_OK;
    if (bag->end > 0)
        return give_up(bag, info);
    vdib__bytes_blame(bag->bytes, bag->at, CUT, &info->truncated, 1);
    bag->ended = true;
    return VDIB_OK;
}

/* Takes the header of the next record: *there, false at the end of a chunk or of the bag, which is ended then. */
static vdib_status next_record(vdib__bag *bag, vdib_events_info *info, record *r, bool *there) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    *there = false;
    *r = (record){.operation = 0};
    if (bag->end == 0)
        bag->at = bag->bytes->offset;
    VDIB_TRY(vdib__bytes_look(bag->from, LENGTH, &at, &ready));
    if (ready < LENGTH)
        return end_early(bag, info, ready);
    size_t length = vdib__little32(at), whole = LENGTH + length + LENGTH;
    if (length > MOST_HEADER)
        return give_up(bag, info);
    VDIB_TRY(vdib__bytes_look(bag->from, whole, &at, &ready));
    if (ready < whole)
        return end_early(bag, info, ready);
    read_header(at + LENGTH, length, r);
    r->data = vdib__little32(at + LENGTH + length);
    vdib__bytes_take(bag->from, whole);
    bag->left = r->data;
    *there = true;
    return VDIB_OK;
}

vdib_status vdib__bag_next(vdib__bag *bag, vdib_events_info *info, const vdib__bag_connection **connection) {
    *connection = NULL;
    while (*connection == NULL) {
        record r;
        bool there = false;
        VDIB_TRY(end_record(bag, info));
        if (bag->ended)
            return VDIB_OK;
        VDIB_TRY(next_record(bag, info, &r, &there));
        if (!there)
            continue;
        if (r.operation == MESSAGE) {
            *connection = connection_of(bag, r.connection);
            if (*connection == NULL)
                vdib__bytes_blame(bag->bytes, bag->at, "a message of no connection", &info->damaged, 1);
        } else if (r.operation == CONNECTION) {
            VDIB_TRY(add_connection(bag, &r));
        } else if (r.operation == CHUNK && bag->end == 0) {
            VDIB_TRY(begin_chunk(bag, info, &r));
        } else if (r.operation != BAG && r.operation != INDEX && r.operation != CHUNK_INFO) {
            vdib__bytes_blame(bag->bytes, bag->at, "a record of no known kind", &info->damaged, 1);
        }
    }
    return VDIB_OK;
}

/* ---- the index ---- */

vdib_status vdib__bag_rewind(vdib__bag *bag) {
    VDIB_TRY(vdib__bytes_seek(bag->bytes, bag->begin));
    bag->from = bag->bytes;
    bag->left = bag->end = 0;
    bag->ended = false;
    return VDIB_OK;
}

/* The connections from where the bytes are, up to another record. */
static vdib_status read_connections(vdib__bag *bag, vdib_events_info *none) {
    record r;
    bool there = true;
    while (there && bag->count < MOST_CONNECTIONS) {
        VDIB_TRY(next_record(bag, none, &r, &there));
        there = there && r.operation == CONNECTION;
        if (there)
            VDIB_TRY(add_connection(bag, &r));
        VDIB_TRY(end_record(bag, none));
        there = there && !bag->ended;
    }
    return VDIB_OK;
}

vdib_status vdib__bag_index(vdib__bag *bag) {
    vdib_events_info none = {.size = sizeof none}; /* what is wrong is counted when it is read in its turn */
    const char *fault = bag->bytes->fault;
    uint64_t fault_at = bag->bytes->fault_at;
    record r;
    bool there = false;
    if (!vdib__bytes_can_seek(bag->bytes))
        return VDIB_OK;
    VDIB_TRY(next_record(bag, &none, &r, &there));
    bool has = there && r.operation == BAG && r.index > bag->begin && r.index < bag->bytes->size;
    if (has) {
        VDIB_TRY(vdib__bytes_seek(bag->bytes, r.index));
        bag->left = 0;
        VDIB_TRY(read_connections(bag, &none));
    }
    bag->bytes->fault = fault;
    bag->bytes->fault_at = fault_at;
    return vdib__bag_rewind(bag);
}

/* Whether it is the first connection of a topic with events. */
static bool is_first(const vdib__bag *bag, size_t index) {
    const vdib__bag_connection *all = bag->connections;
    if (all[index].kind != VDIB_BAG_EVENTS && all[index].kind != VDIB_BAG_PACKETS)
        return false;
    for (size_t i = 0; i < index; i++)
        if (all[i].kind == all[index].kind && strcmp(all[i].topic, all[index].topic) == 0)
            return false;
    return true;
}

size_t vdib__bag_topic(const vdib__bag *bag, const vdib__bag_connection *connection) {
    size_t topics = 0;
    for (size_t i = 0; i < bag->count; i++) {
        const vdib__bag_connection *one = &bag->connections[i];
        if (!is_first(bag, i))
            continue;
        if (connection != NULL && one->kind == connection->kind && strcmp(one->topic, connection->topic) == 0)
            return topics;
        topics++;
    }
    return connection == NULL ? topics : SIZE_MAX;
}

/* ---- what messages begin with ---- */

bool vdib__bag_text(const uint8_t *at, size_t count, const char **text, size_t *length) {
    if (count < LENGTH || vdib__little32(at) > count - LENGTH)
        return false;
    *text = (const char *)at + LENGTH;
    *length = vdib__little32(at);
    return true;
}

bool vdib__bag_head_of(const uint8_t *at, size_t count, vdib__bag_head *head) {
    enum { BEFORE = 12 }; /* the number of the message, seconds, nanoseconds */
    const char *frame = NULL;
    size_t length = 0;
    if (count < BEFORE || !vdib__bag_text(at + BEFORE, count - BEFORE, &frame, &length) ||
        count - BEFORE - LENGTH - length < 8)
        return false;
    const uint8_t *behind = at + BEFORE + LENGTH + length;
    *head = (vdib__bag_head){.t = (int64_t)vdib__little32(at + 4) * 1000000 + vdib__little32(at + 8) / 1000,
                             .height = vdib__little32(behind),
                             .width = vdib__little32(behind + 4),
                             .size = BEFORE + LENGTH + length + 8};
    return true;
}
