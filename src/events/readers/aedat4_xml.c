/* SPDX-License-Identifier: MIT */
/* The description of an AEDAT 4 file's streams. Of XML it has elements `node` with a name, which hold each other, and
 * `attr` with a key and a text:
 *
 *     <node name="outInfo"><node name="0"> <attr key="typeIdentifier">EVTS</attr>
 *                              <node name="info"> <attr key="sizeX">640</attr> ... */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "events/readers/aedat4.h"

enum {
    NAME = 64,
    STREAM = 2, /* levels, from the node outInfo, 1, on */
    INFO = 3,
    MOST_STREAMS = 256 /* real files have up to ten */
};

/* A place in the text, and the nodes around it. */
typedef struct place {
    const char *at, *end;
    vdib__aedat4_header *header;
    size_t depth;   /* nodes that are open */
    size_t out;     /* the depth of outInfo; 0: not in it */
    bool in_info;   /* the node at level INFO is the stream's */
    bool described; /* the stream at level STREAM has a number: the last one of the header */
} place;

/* The value of an attribute of the tag [at, end), cut to `size`; false: it has none. */
static bool value_of(const char *at, const char *end, const char *name, char *value, size_t size) {
    size_t length = strlen(name);
    for (; (size_t)(end - at) > length + 2; at++) {
        char quote = at[length + 1];
        if (memcmp(at, name, length) != 0 || at[length] != '=' || (quote != '"' && quote != '\''))
            continue;
        const char *first = at + length + 2, *last = memchr(first, quote, (size_t)(end - first));
        if (last == NULL)
            return false;
        snprintf(value, size, "%.*s", (int)((size_t)(last - first) < size ? (size_t)(last - first) : size), first);
        return true;
    }
    return false;
}

static size_t level(const place *p) {
    return p->out == 0 ? 0 : p->depth - p->out + 1;
}

static vdib_status open_node(place *p, const char *tag, const char *end) {
    char name[NAME] = "", *rest = name;
    (void)value_of(tag, end, " name", name, sizeof name);
    p->depth++;
    if (p->out == 0 && strcmp(name, "outInfo") == 0)
        p->out = p->depth;
    if (level(p) == INFO)
        p->in_info = strcmp(name, "info") == 0;
    if (level(p) != STREAM)
        return VDIB_OK;
    long id = strtol(name, &rest, 10);
    p->described = rest != name && *rest == '\0' && id >= INT32_MIN && id <= INT32_MAX &&
                   p->header->count < MOST_STREAMS && vdib__aedat4_stream_of(p->header, (int32_t)id) == NULL;
    if (!p->described)
        return VDIB_OK;
    vdib_status status = VDIB_RESERVE(&p->header->streams, &p->header->capacity, p->header->count + 1);
    if (status == VDIB_OK)
        p->header->streams[p->header->count++] = (vdib__aedat4_stream){.id = (int32_t)id};
    return status;
}

static void close_node(place *p) {
    if (p->depth == 0)
        return;
    if (p->depth == p->out)
        p->out = 0;
    p->depth--;
}

/* A sensor's side; 0 where it is no such number. */
static size_t side(const char *text) {
    long value = strtol(text, NULL, 10);
    return value > 0 && value <= UINT16_MAX ? (size_t)value : 0;
}

/* An attr of a stream or of its info; its text begins behind the tag. */
static void read_attr(place *p, const char *tag, const char *end) {
    char key[NAME], text[NAME];
    if (level(p) < STREAM || level(p) > INFO || !p->described || !value_of(tag, end, " key", key, sizeof key))
        return;
    const char *first = end + 1, *last = memchr(first, '<', (size_t)(p->end - first));
    size_t length = (size_t)((last != NULL ? last : p->end) - first);
    vdib__aedat4_stream *stream = &p->header->streams[p->header->count - 1];
    snprintf(text, sizeof text, "%.*s", (int)(length < sizeof text ? length : sizeof text), first);
    if (level(p) == STREAM && strcmp(key, "typeIdentifier") == 0)
        snprintf(stream->type, sizeof stream->type, "%.4s", text);
    if (level(p) != INFO || !p->in_info)
        return;
    if (strcmp(key, "sizeX") == 0)
        stream->width = side(text);
    else if (strcmp(key, "sizeY") == 0)
        stream->height = side(text);
    else if (strcmp(key, "source") == 0)
        memcpy(stream->source, text, sizeof stream->source);
}

static bool is_tag(const char *tag, const char *end, const char *name) {
    size_t length = strlen(name);
    return (size_t)(end - tag) >= length && memcmp(tag, name, length) == 0 &&
           (tag + length == end || strchr(" \t\r\n/", tag[length]) != NULL);
}

/* One tag, from behind its "<" up to its ">". */
static vdib_status read_tag(place *p, const char *tag, const char *end) {
    if (is_tag(tag, end, "/node"))
        close_node(p);
    else if (is_tag(tag, end, "attr"))
        read_attr(p, tag, end);
    else if (is_tag(tag, end, "node")) {
        vdib_status status = open_node(p, tag, end);
        if (status != VDIB_OK)
            return status;
        if (end[-1] == '/')
            close_node(p);
    }
    return VDIB_OK;
}

static int by_id(const void *a, const void *b) {
    int32_t x = ((const vdib__aedat4_stream *)a)->id, y = ((const vdib__aedat4_stream *)b)->id;
    return x < y ? -1 : x > y;
}

vdib_status vdib__aedat4_describe(const char *xml, size_t length, vdib__aedat4_header *header) {
    place p = {.at = xml, .end = xml + length, .header = header};
    while ((p.at = memchr(p.at, '<', (size_t)(p.end - p.at))) != NULL) {
        const char *tag = p.at + 1, *end = memchr(tag, '>', (size_t)(p.end - tag));
        if (end == NULL)
            break;
        vdib_status status = read_tag(&p, tag, end);
        if (status != VDIB_OK)
            return status;
        p.at = end;
    }
    if (header->count > 1)
        qsort(header->streams, header->count, sizeof *header->streams, by_id);
    return VDIB_OK;
}
