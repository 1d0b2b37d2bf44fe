/* SPDX-License-Identifier: MIT */
/* Pictures of ROS 1 bags: messages sensor_msgs/Image of the first topic of them, of 8 bits a channel, grey or in
 * colour. */

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/frames.h"
#include "events/readers/rosbag.h"
#include "events/words.h"

enum { LENGTH = 4, HEAD = 4096 };

typedef struct frames {
    vdib__bag bag;
    char topic[64];
    bool found, begun; /* a topic; its first message is the bag's, not yet read */
    uint8_t *pixels;   /* (capacity) */
    size_t capacity;
} frames;

/* How a pixel is encoded: bytes, and where they have red, green, blue (grey: the first one). */
typedef struct encoding {
    const char *name;
    size_t bytes, channels;
    uint8_t place[3];
} encoding;

static const encoding encodings[] = {{"mono8", 1, 1, {0}},      {"8UC1", 1, 1, {0}},       {"rgb8", 3, 3, {0, 1, 2}},
                                     {"bgr8", 3, 3, {2, 1, 0}}, {"8UC3", 3, 3, {2, 1, 0}}, {"rgba8", 4, 3, {0, 1, 2}},
                                     {"bgra8", 4, 3, {2, 1, 0}}};

static const encoding *encoding_of(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (length == strlen(encodings[i].name) && memcmp(name, encodings[i].name, length) == 0)
            return &encodings[i];
    return NULL;
}

static void close_frames(void *state) {
    frames *s = state;
    if (s == NULL)
        return;
    vdib__bag_close(&s->bag);
    vdib__free(s->pixels);
    vdib__free(s);
}

/* To the next message of the topic, or the first one of any topic of pictures; *there is false at the end. */
static vdib_status next_message(frames *s, vdib_events_info *counts, bool *there) {
    const vdib__bag_connection *connection = NULL;
    *there = s->begun;
    s->begun = false;
    while (!*there) {
        VDIB_TRY(vdib__bag_next(&s->bag, counts, &connection));
        if (connection == NULL)
            return VDIB_OK;
        *there = connection->kind == VDIB_BAG_IMAGES && (!s->found || strcmp(connection->topic, s->topic) == 0);
        if (*there && !s->found)
            memcpy(s->topic, connection->topic, sizeof s->topic);
        s->found |= *there;
    }
    return VDIB_OK;
}

static vdib_status open_frames(vdib__bytes *bytes, vdib_frames_info *info, void **state) {
    frames *made = NULL;
    vdib_events_info counts = {.size = sizeof counts};
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__bag_open(bytes, &made->bag);
    if (status == VDIB_OK)
        status = next_message(made, &counts, &made->begun);
    if (status == VDIB_OK && !made->begun && counts.damaged + counts.truncated == 0)
        status = vdib__bag_fail_topics(&made->bag, "pictures");
    if (status != VDIB_OK) {
        close_frames(made);
        return status;
    }
    info->damaged += counts.damaged;
    info->truncated += counts.truncated;
    *state = made;
    return VDIB_OK;
}

/* What stands before the pixels of an image. */
typedef struct image {
    vdib__bag_head head;
    const encoding *encoding;
    size_t step, count; /* bytes of a row, and of all */
} image;

/* Takes that; false: it is no picture that is read. */
static vdib_status read_head(frames *s, image *made, bool *sound) {
    const uint8_t *at = NULL;
    const char *name = NULL;
    size_t ready = 0, length = 0;
    *sound = false;
    VDIB_TRY(vdib__bytes_look(s->bag.from, s->bag.left < HEAD ? (size_t)s->bag.left : HEAD, &at, &ready));
    if (!vdib__bag_head_of(at, ready, &made->head) ||
        !vdib__bag_text(at + made->head.size, ready - made->head.size, &name, &length))
        return VDIB_OK;
    size_t before = made->head.size + LENGTH + length; /* then: order of bytes u8, step u32, count u32 */
    if (ready - before < 1 + LENGTH + LENGTH)
        return VDIB_OK;
    made->encoding = encoding_of(name, length);
    made->step = vdib__little32(at + before + 1);
    made->count = vdib__little32(at + before + 1 + LENGTH);
    before += 1 + LENGTH + LENGTH;
    if (made->encoding == NULL || made->count != s->bag.left - before || made->count > VDIB_FRAME_MOST ||
        made->head.width == 0 || made->head.height == 0 || made->head.width > made->step / made->encoding->bytes ||
        made->head.height != made->count / made->step || made->count % made->step != 0)
        return VDIB_OK;
    vdib__bag_take(&s->bag, before);
    *sound = true;
    return VDIB_OK;
}

/* Takes the pixels; memory grows as they come. *whole: all were there. */
static vdib_status take_pixels(frames *s, size_t count, bool *whole) {
    size_t got = 0, ready = 1;
    while (got < count && ready > 0) {
        const uint8_t *at = NULL;
        size_t wanted = count - got < VDIB_BYTES_WINDOW ? count - got : VDIB_BYTES_WINDOW;
        VDIB_TRY(vdib__bytes_look(s->bag.from, wanted, &at, &ready));
        VDIB_TRY(VDIB_RESERVE(&s->pixels, &s->capacity, got + ready));
        if (ready > 0)
            memcpy(s->pixels + got, at, ready);
        vdib__bag_take(&s->bag, ready);
        got += ready;
    }
    *whole = got == count;
    return VDIB_OK;
}

/* Rows without what is behind them, channels in order, in place. */
static void arrange(uint8_t *pixels, const image *made) {
    const encoding *e = made->encoding;
    uint8_t *to = pixels;
    for (size_t y = 0; y < made->head.height; y++)
        for (size_t x = 0; x < made->head.width; x++, to += e->channels) {
            const uint8_t *from = pixels + y * made->step + x * e->bytes;
            uint8_t channels[3] = {from[e->place[0]], from[e->place[1] % e->bytes], from[e->place[2] % e->bytes]};
            memcpy(to, channels, e->channels);
        }
}

static vdib_status next_frame(void *state, vdib_frames_info *info, vdib_frame *frame) {
    frames *s = state;
    vdib_events_info counts = {.size = sizeof counts};
    vdib_status status = VDIB_OK;
    bool there = true;
    while (status == VDIB_OK && frame->pixels == NULL) {
        image made;
        bool sound = false, whole = false;
        status = next_message(s, &counts, &there);
        if (status != VDIB_OK || !there)
            break;
        status = read_head(s, &made, &sound);
        if (status == VDIB_OK && sound)
            status = take_pixels(s, made.count, &whole);
        if (status == VDIB_OK && !sound)
            vdib__bag_blame(&s->bag, &counts);
        if (status != VDIB_OK || !whole)
            continue;
        arrange(s->pixels, &made);
        *frame = (vdib_frame){.size = sizeof *frame,
                              .t = made.head.t,
                              .width = made.head.width,
                              .height = made.head.height,
                              .channels = made.encoding->channels,
                              .pixels = s->pixels};
    }
    info->damaged += counts.damaged;
    info->truncated += counts.truncated;
    return status;
}

extern const vdib__frame_reader vdib__frames_rosbag;
const vdib__frame_reader vdib__frames_rosbag = {
    .name = "rosbag", .detect = vdib__bag_is, .open = open_frames, .next = next_frame, .close = close_frames};
