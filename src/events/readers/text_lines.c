/* SPDX-License-Identifier: MIT */
#include "events/readers/text_lines.h"

#include <stdint.h>

#include "events/put.h"

enum { MOST_DIGITS = 18, MOST_POWER = 9, LONGEST = 1024 /* bytes of a line */ };

/* whole / 10^places, negative or not. */
typedef struct plain {
    uint64_t whole;
    unsigned places;
    bool negative;
} plain;

static const char *skip_blanks(const char *at) {
    while (*at == ' ' || *at == '\t' || *at == '\r')
        at++;
    return at;
}

/* A number; NULL where it is none, or not plain. The text ends with a line's end, which no digit is. */
static inline const char *read_plain(const char *at, plain *number) {
    uint64_t whole = 0;
    unsigned digit = 0;
    number->negative = *at == '-';
    at += number->negative;
    const char *begin = at, *point = NULL;
    for (; (digit = (unsigned)((unsigned char)*at - '0')) < 10; at++)
        whole = 10 * whole + digit;
    size_t count = (size_t)(at - begin);
    if (*at == '.') {
        point = ++at;
        for (; (digit = (unsigned)((unsigned char)*at - '0')) < 10; at++)
            whole = 10 * whole + digit;
        count = (size_t)(at - begin) - 1;
    }
    number->whole = whole;
    number->places = point != NULL ? (unsigned)(at - point) : 0;
    bool ends = *at == ',' || *at == ' ' || *at == '\n' || *at == '\r' || *at == '\t' || *at == ';' || *at == '|';
    return ends && count > 0 && count <= MOST_DIGITS ? at : NULL;
}

/* The numbers of a line; returns the byte behind it, NULL where it is not as most are. */
static inline const char *read_line(const char *at, bool commas, plain numbers[VDIB_COLUMNS_MOST], int *count) {
    int used = 0;
    for (at = skip_blanks(at); *at != '\n' && used < VDIB_COLUMNS_MOST; used++) {
        at = read_plain(at, &numbers[used]);
        if (at == NULL)
            return NULL;
        at = skip_blanks(at);
        if (*at == ';' || *at == '|' || (*at == ',' && commas))
            at = skip_blanks(at + 1);
    }
    *count = used;
    return *at == '\n' ? at + 1 : NULL;
}

/* Microseconds, halves rounded away from 0; false where the number is too large or too fine. */
static inline bool time_of(const plain *number, int power, int64_t *t) {
    static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    int scale = power - (int)number->places;
    if (scale < -MOST_POWER || scale > MOST_POWER || (scale > 0 && number->whole > ((uint64_t)1 << 61) / powers[scale]))
        return false;
    uint64_t value = number->whole;
    if (scale > 0)
        value *= powers[scale];
    else if (scale < 0)
        value = value / powers[-scale] + (value % powers[-scale] >= (powers[-scale] + 1) / 2);
    *t = number->negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static inline bool is_place(const plain *number) {
    return number->places == 0 && number->whole <= UINT16_MAX && !(number->negative && number->whole > 0);
}

static const plain zero = {0, 0, false}, one = {1, 0, false};

static inline bool event_of(const vdib__columns *c, const plain *numbers, int count, vdib_event *event) {
    const uint64_t off = (uint64_t)c->off;
    int64_t t = 0;
    if (c->t >= count || c->x >= count || c->y >= count || c->p >= count)
        return false;
    const plain *x = &numbers[c->x], *y = c->y < 0 ? &zero : &numbers[c->y], *p = c->p < 0 ? &one : &numbers[c->p];
    if (!time_of(&numbers[c->t], c->power, &t) || !is_place(x) || !is_place(y) || p->places != 0 ||
        p->whole - off > 1 || (p->negative && off > 0))
        return false;
    vdib__event_put(event, t, vdib__place((uint32_t)x->whole, (uint32_t)y->whole, p->whole == off + 1 && !p->negative));
    return true;
}

size_t vdib__text_lines(const vdib__columns *columns, bool commas, const char **at, const char *end, vdib_event *events,
                        size_t capacity) {
    plain numbers[VDIB_COLUMNS_MOST];
    size_t made = 0;
    const char *line = *at;
    while (end > line && end[-1] != '\n') /* the last line may go on */
        end--;
    for (; made < capacity && line < end; made++) {
        int count = 0;
        const char *next = read_line(line, commas, numbers, &count);
        if (next == NULL || next - line > LONGEST || !event_of(columns, numbers, count, &events[made]))
            break;
        line = next;
    }
    *at = line;
    return made;
}
