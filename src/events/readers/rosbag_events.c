/* SPDX-License-Identifier: MIT */
/* Events of ROS 1 bags: arrays of dvs_msgs and prophesee_event_msgs, 13 bytes an event (x u16, y u16, seconds u32,
 * nanoseconds u32, polarity u8), and packets of event_camera_msgs whose bytes are words of EVT 3.0, which have the
 * sensor's time. Recording N of a bag is its topic N of these, in the order of connections. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/put.h"
#include "events/reader.h"
#include "events/readers/rosbag.h"
#include "events/words.h"

#define EVT3_HEADER "% evt 3.0\n% end\n"

enum { EVENT = 13, LENGTH = 4, HEAD = 4096 };

extern const vdib__event_reader vdib__reader_evt3;

typedef struct rosbag {
    vdib__bag bag;
    char topic[64]; /* which is read */
    vdib__bag_kind kind;
    uint64_t left;          /* events of the array that were not read */
    vdib_events_info *info; /* of the call, for the source of `words` */
    /* of packets */
    vdib__bytes words; /* the payloads of all messages, behind a header of EVT 3.0 */
    size_t said;       /* bytes of that header that were delivered */
    bool inside;       /* the message's words come next */
    void *evt3;        /* the state of their reader */
} rosbag;

static vdib__likeness detect(const vdib__event_head *head) {
    return vdib__bag_is(head->bytes, head->count) ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

/* ---- messages ---- */

/* Looks at the beginning of the message. */
static vdib_status look(rosbag *s, const uint8_t **at, size_t *ready) {
    return vdib__bytes_look(s->bag.from, s->bag.left < HEAD ? (size_t)s->bag.left : HEAD, at, ready);
}

/* The next message of the topic; *there is false at the end. */
static vdib_status next_message(rosbag *s, vdib_events_info *info, bool *there) {
    const vdib__bag_connection *connection = NULL;
    *there = false;
    while (!*there) {
        VDIB_TRY(vdib__bag_next(&s->bag, info, &connection));
        if (connection == NULL)
            return VDIB_OK;
        *there = connection->kind == s->kind && strcmp(connection->topic, s->topic) == 0;
        info->others += !*there;
    }
    return VDIB_OK;
}

/* The head of an array of events. */
static vdib_status begin_array(rosbag *s, vdib_events_info *info) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    vdib__bag_head head;
    VDIB_TRY(look(s, &at, &ready));
    bool whole = vdib__bag_head_of(at, ready, &head) && ready - head.size >= LENGTH;
    uint64_t count = whole ? vdib__little32(at + head.size) : 0, room = whole ? s->bag.left - head.size - LENGTH : 0;
    if (!whole || count * EVENT != room)
        vdib__bag_blame(&s->bag, info);
    if (!whole || count * EVENT > room)
        return VDIB_OK;
    vdib__bag_take(&s->bag, head.size + LENGTH);
    s->left = count;
    return VDIB_OK;
}

/* The head of a packet, up to its words; what is in them must be EVT 3.0. */
static vdib_status begin_packet(rosbag *s, vdib_events_info *info) {
    enum { NUMBERS = 16 }; /* the number of the packet, a time that EVT 3.0 does not use */
    const uint8_t *at = NULL;
    size_t ready = 0, length = 0;
    const char *encoding = NULL;
    vdib__bag_head head;
    s->inside = false;
    VDIB_TRY(look(s, &at, &ready));
    bool whole = vdib__bag_head_of(at, ready, &head) && ready - head.size >= NUMBERS &&
                 vdib__bag_text(at + head.size + NUMBERS, ready - head.size - NUMBERS, &encoding, &length);
    size_t before = whole ? head.size + NUMBERS + LENGTH + length + 1 + LENGTH : 0;
    if (!whole || ready < before || vdib__little32(at + before - LENGTH) != s->bag.left - before) {
        vdib__bag_blame(&s->bag, info);
        return VDIB_OK;
    }
    if (length != 4 || memcmp(encoding, "evt3", 4) != 0)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: byte %llu: the packets of topic %s are encoded as '%.*s', of which evt3 alone is read; "
                          "convert them to dvs_msgs/EventArray",
                          s->bag.bytes->path, (unsigned long long)s->bag.at, s->topic, (int)(length < 16 ? length : 16),
                          encoding);
    vdib__bag_take(&s->bag, before);
    s->inside = true;
    return VDIB_OK;
}

/* ---- the words of packets ---- */

static vdib_status read_words(void *state, uint8_t *to, size_t capacity, size_t *count, const char **fault) {
    rosbag *s = state;
    const uint8_t *at = NULL;
    *count = 0;
    *fault = NULL;
    if (s->said < strlen(EVT3_HEADER)) {
        size_t left = strlen(EVT3_HEADER) - s->said;
        *count = left < capacity ? left : capacity;
        memcpy(to, &EVT3_HEADER[s->said], *count);
        s->said += *count;
        return VDIB_OK;
    }
    for (bool there = true; there;) {
        size_t room = capacity < VDIB_BYTES_WINDOW ? capacity : VDIB_BYTES_WINDOW;
        if (s->inside)
            VDIB_TRY(vdib__bytes_look(s->bag.from, s->bag.left < room ? (size_t)s->bag.left : room, &at, count));
        if (*count > 0) {
            memcpy(to, at, *count);
            vdib__bag_take(&s->bag, *count);
            return VDIB_OK;
        }
        VDIB_TRY(next_message(s, s->info, &there));
        if (there)
            VDIB_TRY(begin_packet(s, s->info));
    }
    return VDIB_OK;
}

static void close_words(void *state) {
    (void)state;
}

static vdib_status open_words(rosbag *s, vdib_events_info *info) {
    vdib__byte_source source = {.state = s, .read = read_words, .close = close_words};
    vdib_events_info header = {.size = sizeof header}; /* says no size: the message did */
    s->info = info;
    VDIB_TRY(vdib__bytes_from(source, s->bag.bytes->path, s->bag.bytes->path, &s->words));
    return vdib__reader_evt3.open(&s->words, &header, &s->evt3);
}

static vdib_status read_packets(rosbag *s, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    size_t none = 0;
    s->info = info;
    VDIB_TRY(vdib__reader_evt3.read(s->evt3, info, events, capacity, count));
    if (s->words.fault != NULL)
        vdib__bytes_blame(s->bag.bytes, s->bag.at, s->words.fault, &none, 1);
    return VDIB_OK;
}

/* ---- the reader ---- */

static void close_words_of(rosbag *s) {
    if (s->evt3 != NULL)
        vdib__reader_evt3.close(s->evt3);
    s->evt3 = NULL;
    vdib__bytes_close(&s->words);
    s->said = 0;
}

static void close_rosbag(void *state) {
    rosbag *s = state;
    if (s == NULL)
        return;
    close_words_of(s);
    vdib__bag_close(&s->bag);
    vdib__free(s);
}

/* To the first message of the recording's topic, or to the end: s->kind stays VDIB_BAG_OTHERS. */
static vdib_status find_topic(rosbag *s, vdib_events_info *info) {
    const vdib__bag_connection *connection = NULL;
    while (s->kind == VDIB_BAG_OTHERS) {
        VDIB_TRY(vdib__bag_next(&s->bag, info, &connection));
        if (connection == NULL)
            return VDIB_OK;
        if (vdib__bag_topic(&s->bag, connection) != info->recording) {
            info->others++;
            continue;
        }
        s->kind = connection->kind;
        memcpy(s->topic, connection->topic, sizeof s->topic);
    }
    return VDIB_OK;
}

/* Finds the topic, of which the first message says the sensor's size, and begins that. */
static vdib_status choose_topic(rosbag *s, vdib_events_info *info) {
    const uint8_t *at = NULL;
    size_t ready = 0;
    vdib__bag_head head;
    info->recordings = vdib__bag_topic(&s->bag, NULL);
    if (info->recordings > 0 && info->recording >= info->recordings)
        return VDIB_OK; /* which the stream refuses */
    VDIB_TRY(find_topic(s, info));
    info->recordings = vdib__bag_topic(&s->bag, NULL);
    if (s->kind == VDIB_BAG_OTHERS)
        return info->recordings + info->truncated + info->damaged > 0 ? VDIB_OK
                                                                      : vdib__bag_fail_topics(&s->bag, "events");
    VDIB_TRY(look(s, &at, &ready));
    if (vdib__bag_head_of(at, ready, &head) && head.width <= UINT16_MAX && head.height <= UINT16_MAX) {
        info->width = head.width;
        info->height = head.height;
    }
    if (s->kind == VDIB_BAG_EVENTS)
        return begin_array(s, info);
    VDIB_TRY(begin_packet(s, info));
    return open_words(s, info);
}

static vdib_status open_rosbag(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    rosbag *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__bag_open(bytes, &made->bag);
    if (status == VDIB_OK)
        status = vdib__bag_index(&made->bag);
    if (status == VDIB_OK)
        status = choose_topic(made, info);
    if (status != VDIB_OK) {
        close_rosbag(made);
        return status;
    }
    *state = made;
    return VDIB_OK;
}

static vdib_status select_rosbag(void *state, vdib_events_info *info) {
    rosbag *s = state;
    VDIB_TRY(vdib__bag_rewind(&s->bag));
    close_words_of(s);
    s->kind = VDIB_BAG_OTHERS;
    s->left = 0;
    return choose_topic(s, info);
}

static vdib_status read_array(rosbag *s, vdib_event *events, size_t capacity, size_t *count) {
    enum { MOST = VDIB_BYTES_WINDOW / EVENT };
    const uint8_t *at = NULL;
    size_t ready = 0, wanted = capacity < MOST ? capacity : MOST;
    wanted = wanted < s->left ? wanted : (size_t)s->left;
    VDIB_TRY(vdib__bytes_look(s->bag.from, wanted * EVENT, &at, &ready));
    size_t records = ready / EVENT;
    for (size_t i = 0; i < records; i++, at += EVENT)
        vdib__event_put(&events[i], (int64_t)vdib__little32(at + 4) * 1000000 + vdib__little32(at + 8) / 1000,
                        vdib__place(vdib__little16(at), vdib__little16(at + 2), at[12] != 0));
    vdib__bag_take(&s->bag, records * EVENT);
    s->left = records < wanted ? 0 : s->left - records; /* the chunk, or the file, ends before */
    *count = records;
    return VDIB_OK;
}

static vdib_status read_rosbag(void *state, vdib_events_info *info, vdib_event *events, size_t capacity,
                               size_t *count) {
    rosbag *s = state;
    bool there = true;
    *count = 0;
    if (s->kind == VDIB_BAG_PACKETS)
        return read_packets(s, info, events, capacity, count);
    while (*count == 0 && there) {
        if (s->left > 0) {
            VDIB_TRY(read_array(s, events, capacity, count));
            continue;
        }
        VDIB_TRY(next_message(s, info, &there));
        if (there)
            VDIB_TRY(begin_array(s, info));
    }
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_rosbag;
const vdib__event_reader vdib__reader_rosbag = {
    .name = "rosbag",
    .help = "ROS 1 bag",
    .endings = ".bag",
    .detect = detect,
    .open = open_rosbag,
    .read = read_rosbag,
    .select = select_rosbag,
    .close = close_rosbag,
};
