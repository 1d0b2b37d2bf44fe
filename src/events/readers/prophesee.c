/* SPDX-License-Identifier: MIT */
#include "events/readers/prophesee.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "events/seek.h"
#include "events/words.h"

enum {
    LINE = 4096, /* the longest of a header */
    KEY = 64,    /* bytes of a key or value that are looked at */
    MOST_SIDE = 65536,
    HIGH_BITS = 28, /* of a word TIME_HIGH of EVT 2 */
    LOW_BITS = 6,
    WRAP_US = 10000 /* a clock that ran out goes back by its length, less at most so much */
};

/* ---- lines ---- */

/* Whether bytes are the beginning of a header's line: text that begins with "% ", "%" and a letter, or "%" alone. */
static bool begins_header(const char *line, size_t length) {
    const char second = (char)(length > 1 ? line[1] | 0x20 : ' ');
    if (length < 1 || line[0] != '%' || (second != ' ' && line[1] != '\r' && (second < 'a' || second > 'z')))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

/* Whether a line of `length` bytes is of a header. */
static bool is_header(const char *line, size_t length) {
    return length >= 2 && line[length - 1] == '\n' && begins_header(line, length - 1);
}

/* The next word of a text (of `length`), up to one of `ends`; *text moves behind it. */
static void word(const char **text, size_t *length, const char *ends, char found[KEY]) {
    size_t used = 0;
    while (*length > 0 && (**text == ' ' || **text == '\t'))
        ++*text, --*length;
    while (*length > 0 && **text != '\n' && **text != '\r' && strchr(ends, **text) == NULL) {
        if (used + 1 < KEY)
            found[used++] = **text;
        ++*text, --*length;
    }
    while (used > 0 && found[used - 1] == ' ')
        used--;
    found[used] = '\0';
    if (*length > 0 && **text != '\n' && **text != '\r')
        ++*text, --*length;
}

/* A whole number up to `most`; 0 where there is none. */
static unsigned number(const char *text, unsigned most) {
    unsigned value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = 10 * value + (unsigned)(*text - '0');
        if (value > most)
            return 0;
    }
    return value;
}

static void read_order(const char *value, vdib__prophesee *header) {
    if (vdib__same_word(value, "little"))
        header->order = VDIB_PROPHESEE_LITTLE;
    else if (vdib__same_word(value, "legacy"))
        header->order = VDIB_PROPHESEE_LEGACY;
}

static void read_size(const char *key, const char *value, vdib__prophesee *header) {
    if (vdib__same_word(key, "width"))
        header->width = number(value, MOST_SIDE);
    else if (vdib__same_word(key, "height"))
        header->height = number(value, MOST_SIDE);
    else if (vdib__same_word(key, "endianness"))
        read_order(value, header);
}

/* "EVT3;height=720;width=1280" */
static void read_format(const char *value, size_t length, vdib__prophesee *header) {
    static const struct {
        const char *name;
        vdib__prophesee_format format;
    } names[] = {{"EVT2", VDIB_PROPHESEE_EVT2},    {"EVT2.0", VDIB_PROPHESEE_EVT2}, {"EVT21", VDIB_PROPHESEE_EVT21},
                 {"EVT2.1", VDIB_PROPHESEE_EVT21}, {"EVT3", VDIB_PROPHESEE_EVT3},   {"EVT3.0", VDIB_PROPHESEE_EVT3},
                 {"2.0", VDIB_PROPHESEE_EVT2},     {"2.1", VDIB_PROPHESEE_EVT21},   {"3.0", VDIB_PROPHESEE_EVT3},
                 {"2", VDIB_PROPHESEE_EVT2},       {"3", VDIB_PROPHESEE_EVT3}};
    char name[KEY], side[KEY], size[KEY];
    bool known = false;
    word(&value, &length, ";", name);
    if (strlen(name) > 3 && name[3] == ' ') /* "EVT 3.0" */
        memmove(name + 3, name + 4, strlen(name + 4) + 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (vdib__same_word(name, names[i].name)) {
            header->format = names[i].format;
            known = true;
        }
    if (!known)
        snprintf(header->other, sizeof header->other, "%.24s", name);
    while (length > 0 && *value != '\n' && *value != '\r') {
        word(&value, &length, "=", side);
        word(&value, &length, ";", size);
        read_size(side, size, header);
    }
}

/* The generation of the sensor that a camera's plug-in names, for example "hal_plugin_gen41_evk3"; 0: unknown. */
static unsigned generation_of(const char *plugin) {
    const char *at = strstr(plugin, "_gen");
    if (strstr(plugin, "genx320") != NULL)
        return 320;
    if (strstr(plugin, "imx636") != NULL)
        return 4;
    return at != NULL ? number((const char[]){at[4], '\0'}, 9) : 0;
}

static void read_system(unsigned system, vdib__prophesee *header) {
    static const struct { unsigned system, generation; } systems[] = {{21, 3}, {26, 3}, {28, 3}, {48, 4}, {49, 4}};
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        if (systems[i].system == system)
            header->generation = systems[i].generation;
}

/* One line of a header, "% key value". */
static void read_line(const char *line, size_t length, vdib__prophesee *header) {
    char key[KEY], value[KEY];
    line++;
    length--;
    word(&line, &length, " :", key);
    const char *at = line;
    size_t left = length;
    word(&at, &left, "", value);
    if (vdib__same_word(key, "evt") || vdib__same_word(key, "format"))
        read_format(line, length, header);
    else if (vdib__same_word(key, "geometry")) {
        word(&line, &length, "x", key);
        word(&line, &length, "", value);
        header->width = number(key, MOST_SIDE);
        header->height = number(value, MOST_SIDE);
    } else if (vdib__same_word(key, "system_ID"))
        read_system(number(value, UINT16_MAX), header);
    else if (vdib__same_word(key, "generation") || vdib__same_word(key, "sensor_generation"))
        header->generation = number(value, UINT16_MAX);
    else if (vdib__same_word(key, "plugin_name") && header->generation == 0)
        header->generation = generation_of(value);
    else if (vdib__same_word(key, "sensor_name") && header->generation == 0)
        header->generation = vdib__same_word(value, "IMX636") ? 4 : 0;
    else if (vdib__same_word(key, "Version"))
        header->version = number(value, KEY);
    else if (vdib__same_word(key, "Data") && header->format == VDIB_PROPHESEE_UNKNOWN)
        header->format = VDIB_PROPHESEE_DAT;
    else
        read_size(key, value, header);
}

static bool is_end(const char *line, size_t length) {
    char key[KEY];
    line++;
    length--;
    word(&line, &length, " ", key);
    return vdib__same_word(key, "end");
}

/* ---- headers ---- */

static void size_by_sensor(vdib__prophesee *header) {
    static const struct {
        unsigned generation, width, height;
    } sensors[] = {{3, 640, 480}, {4, 1280, 720}, {320, 320, 320}};
    for (size_t i = 0; i < sizeof sensors / sizeof *sensors; i++)
        if (header->generation == sensors[i].generation) {
            header->width = sensors[i].width;
            header->height = sensors[i].height;
        }
}

/* How many of the words of a file are of types that EVT 2.0 (32 bits, little endian) or EVT 3.0 (16 bits) has. */
static size_t known_words(const uint8_t *at, size_t count, size_t width) {
    const unsigned types = width == 4 ? 0xC503U : 0xE5FDU; /* bit n: there is a type n */
    size_t known = 0;
    for (size_t i = width - 1; i < count; i += width)
        known += types >> (at[i] >> 4) & 1;
    return known;
}

/* Of RAW files that name no format; the first ones were EVT 2.0. */
static void judge_words(const uint8_t *at, size_t count, vdib__prophesee *header) {
    enum { MOST = 4096 };
    count = count < MOST ? count : MOST;
    bool three = 2 * known_words(at, count, 4) < known_words(at, count, 2);
    header->format = three ? VDIB_PROPHESEE_EVT3 : VDIB_PROPHESEE_EVT2;
    header->assumed =
        three ? "EVT 3.0 by its words: its header names no format" : "EVT 2.0 by its words: its header names no format";
}

/* Whether a file begins with records of DAT: microseconds that hardly ever go back, x, y, and a polarity of 4 bits. */
static bool begins_with_records(const uint8_t *at, size_t count) {
    enum { RECORD = 8, MOST = 4096, FEW = 16, ONE_IN = 16, MOST_X = 2048 };
    const size_t records = (count < MOST ? count : MOST) / RECORD;
    size_t bad = 0, on = 0, moved = 0;
    for (size_t i = 0; i < records; i++, at += RECORD) {
        const uint32_t place = vdib__little32(at + 4), stamp = vdib__little32(at);
        const uint32_t step = i > 0 ? stamp - vdib__little32(at - RECORD) : 0;
        bad += place >> 29 != 0 || (place & 0x3FFF) >= MOST_X || (place >> 14 & 0x3FFF) >= MOST_X || step >> 24 != 0;
        on += place >> 28 == 1;
        moved += step > 0;
    }
    return records >= FEW && ONE_IN * bad <= records && on > 0 && moved > 0;
}

/* A RAW file that was cut at its beginning, or stripped of its header. */
static void conclude_bare(const uint8_t *at, size_t count, vdib__prophesee *header) {
    header->format = vdib__prophesee_of_words(at, count);
    header->bare = header->format != VDIB_PROPHESEE_UNKNOWN;
    header->assumed = header->format == VDIB_PROPHESEE_EVT2    ? "EVT 2.0 by its words: it has no header"
                      : header->format == VDIB_PROPHESEE_EVT21 ? "EVT 2.1 by its words: it has no header"
                      : header->bare                           ? "EVT 3.0 by its words: it has no header"
                                                               : NULL;
}

/* What the lines leave open: DAT files of some programs say nothing but their version, the first RAW files nothing.
 * `at` (count) is behind the lines. */
static void conclude(const char *path, bool begun, const uint8_t *at, size_t count, vdib__prophesee *header) {
    const char *dot = strrchr(path, '.');
    if (header->format == VDIB_PROPHESEE_UNKNOWN && header->version != 0)
        header->format = VDIB_PROPHESEE_DAT;
    if (header->format == VDIB_PROPHESEE_UNKNOWN && header->other[0] != '\0')
        header->format = VDIB_PROPHESEE_EVT2; /* whose reader refuses it */
    if (header->format == VDIB_PROPHESEE_UNKNOWN && begun && dot != NULL && vdib__same_word(dot, ".dat"))
        header->format = VDIB_PROPHESEE_DAT;
    if (header->format == VDIB_PROPHESEE_UNKNOWN && begun && dot != NULL && vdib__same_word(dot, ".raw"))
        judge_words(at, count, header);
    if (!begun && dot != NULL && vdib__same_word(dot, ".dat") && begins_with_records(at, count)) {
        header->format = VDIB_PROPHESEE_DAT;
        header->bare = true;
        header->version = 2;
        header->assumed = "DAT by its records: it has no header";
    }
    if (!begun && dot != NULL && vdib__same_word(dot, ".raw"))
        conclude_bare(at, count, header);
    if (header->width != 0 && header->height != 0)
        return;
    header->width = header->height = 0;
    if (header->format != VDIB_PROPHESEE_DAT)
        size_by_sensor(header);
}

vdib__likeness vdib__prophesee_detect(const vdib__event_head *head, vdib__prophesee_format format) {
    vdib__prophesee header = {0};
    const char *line = (const char *)head->bytes;
    size_t left = head->count;
    bool begun = false;
    for (const char *end = NULL; left > 0 && (end = memchr(line, '\n', left)) != NULL;) {
        size_t length = (size_t)(end + 1 - line);
        if (!is_header(line, length))
            break;
        begun = true;
        read_line(line, length, &header);
        line += length;
        left -= length;
    }
    conclude(head->path, begun, (const uint8_t *)line, left, &header);
    return (begun || header.bare) && header.format == format ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

vdib_status vdib__prophesee_header(vdib__bytes *bytes, vdib_events_info *info, vdib__prophesee *header) {
    const char *line = NULL;
    size_t length = 0;
    bool begun = false, ended = false;
    *header = (vdib__prophesee){0};
    while (!ended) {
        VDIB_TRY(vdib__bytes_line(bytes, LINE, &line, &length));
        if (!is_header(line, length)) {
            if (begins_header(line, length))
                (void)vdib__bytes_cut_header(bytes, line, length, &info->truncated);
            break;
        }
        begun = true;
        read_line(line, length, header);
        ended = is_end(line, length);
        vdib__bytes_take(bytes, length);
    }
    const uint8_t *at = NULL;
    VDIB_TRY(vdib__bytes_look(bytes, VDIB_EVENTS_HEAD, &at, &length));
    conclude(bytes->name, begun, at, length, header);
    if (header->other[0] != '\0' && header->format != VDIB_PROPHESEE_DAT)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: its header names the format '%s', which is not read; EVT2, EVT2.1, EVT3 and DAT are: "
                          "convert it with Prophesee's tools",
                          bytes->path, header->other);
    info->assumed = header->assumed;
    info->width = header->width;
    info->height = header->height;
    return VDIB_OK;
}

/* ---- the clock of EVT 2 ---- */

void vdib__prophesee_tick(vdib__prophesee_clock *clock, uint32_t high, vdib_events_info *info) {
    const int64_t turn = INT64_C(1) << HIGH_BITS;
    int64_t before = clock->base - ((int64_t)clock->high << LOW_BITS); /* of the turns so far */
    if (clock->known && high < clock->high &&
        ((int64_t)clock->high - high + 1) << LOW_BITS >= (turn << LOW_BITS) - WRAP_US) {
        before += turn << LOW_BITS;
        info->wraps++;
    }
    clock->known = true;
    clock->high = high;
    clock->base = before + ((int64_t)high << LOW_BITS);
}

vdib_status vdib__prophesee_seek(vdib__prophesee_clock *clock, vdib__bytes *bytes, size_t word,
                                 bool (*stamp)(const void *, const uint8_t *, size_t, size_t *, int64_t *),
                                 const void *state, int64_t us, vdib_events_info *info) {
    const int64_t turn = INT64_C(1) << (HIGH_BITS + LOW_BITS);
    const vdib__seek seek = {.bytes = bytes, .record = word, .turn_us = turn, .stamp = stamp, .state = state};
    int64_t turns = clock->known ? clock->base - ((int64_t)clock->high << LOW_BITS) : 0;
    vdib__sought sought;
    VDIB_TRY(vdib__seek_time(&seek, us - turns, &sought));
    if (!sought.found)
        return VDIB_OK;
    *clock = (vdib__prophesee_clock){.known = true,
                                     .high = (uint32_t)(sought.stamp_us >> LOW_BITS),
                                     .base = turns + sought.turns_us + sought.stamp_us};
    info->wraps += (size_t)(sought.turns_us / turn);
    return VDIB_OK;
}
