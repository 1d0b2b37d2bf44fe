/* SPDX-License-Identifier: MIT */
/* Text: an event a line, its numbers between blanks, commas or semicolons. Before them there may be comments, a line of
 * the columns' names, a line with the sensor's width and height. */

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "events/columns.h"
#include "events/reader.h"
#include "events/readers/text_lines.h"

enum { LINE = 1024, LOOKED = 32768 };

/* What the beginning of a text says. */
typedef struct heading {
    vdib__columns columns;
    bool named;
    size_t begin; /* the byte of the first event */
    size_t rows;
    double sample[VDIB_COLUMNS_SAMPLE * VDIB_COLUMNS_MOST]; /* (rows, VDIB_COLUMNS_MOST) */
} heading;

typedef struct text {
    vdib__bytes *bytes;
    vdib__columns columns;
} text;

/* ---- lines ---- */

static bool is_blank(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

static bool is_end(char letter) {
    return is_blank(letter) || letter == ',' || letter == ';';
}

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* To the next field of a line: over blanks, and one comma or semicolon. */
static const char *skip_separator(const char *at, const char *end) {
    at = skip_blanks(at, end);
    return at < end && (*at == ',' || *at == ';') ? skip_blanks(at + 1, end) : at;
}

static bool is_comment(const char *at, const char *end) {
    return at == end || *at == '#' || *at == '%' || (*at == '/' && end - at > 1 && at[1] == '/');
}

/* The numbers of a line, VDIB_COLUMNS_MOST at most; 0 if anything else stands there. */
static size_t read_numbers(const char *at, const char *end, vdib__number *numbers) {
    size_t count = 0;
    for (at = skip_blanks(at, end); at < end && count < VDIB_COLUMNS_MOST; at = skip_separator(at, end))
        if (!vdib__number_read(&at, end, &numbers[count++]) || (at < end && !is_end(*at)))
            return 0;
    return count;
}

/* ---- the heading ---- */

/* Names with blanks in them, "Timestamp [us]", stand between commas or semicolons. */
static bool read_names(heading *h, const char *at, const char *end) {
    vdib__columns columns = vdib__columns_none;
    const bool marked = memchr(at, ',', (size_t)(end - at)) != NULL || memchr(at, ';', (size_t)(end - at)) != NULL;
    int column = 0;
    while (at < end && (is_blank(*at) || *at == '#' || *at == '%'))
        at++;
    for (; at < end && column < VDIB_COLUMNS_MOST; at = skip_separator(at, end), column++) {
        const char *name = at;
        while (at < end && (marked ? *at != ',' && *at != ';' && *at != '\r' && *at != '\n' : !is_end(*at)))
            at++;
        (void)vdib__columns_name(&columns, column, name, (size_t)(at - name));
    }
    if (!vdib__columns_complete(&columns))
        return false;
    h->columns = columns;
    h->named = true;
    return true;
}

static void add_row(heading *h, const vdib__number *numbers, size_t count) {
    double *row = &h->sample[VDIB_COLUMNS_MOST * h->rows++];
    for (size_t i = 0; i < VDIB_COLUMNS_MOST; i++)
        row[i] = i < count ? vdib__number_value(&numbers[i]) : (double)NAN;
}

static bool is_size(const vdib__number *numbers, size_t count) {
    return count == 2 && numbers[0].power == 0 && numbers[1].power == 0 && numbers[0].whole > 0 &&
           numbers[1].whole > 0 && numbers[0].whole <= UINT16_MAX && numbers[1].whole <= UINT16_MAX;
}

/* One line; false if it belongs to no text of events. */
static bool read_heading_line(heading *h, const char *line, const char *end, size_t at) {
    vdib__number numbers[VDIB_COLUMNS_MOST];
    const char *begin = skip_blanks(line, end);
    if (is_comment(begin, end)) {
        if (h->rows == 0 && begin < end)
            (void)read_names(h, begin, end);
        return true;
    }
    size_t count = read_numbers(line, end, numbers);
    if (count == 0 && h->rows == 0 && !h->named)
        return read_names(h, begin, end);
    if (h->rows == 0 && !h->named && is_size(numbers, count) && h->columns.width == 0) {
        h->columns.width = (size_t)numbers[0].whole;
        h->columns.height = (size_t)numbers[1].whole;
        return true;
    }
    if (count < (h->named ? 2 : 4))
        return h->rows > 0; /* a damaged line among others */
    if (h->rows == 0)
        h->begin = at;
    add_row(h, numbers, count);
    return true;
}

/* Whether a file that begins with `content` is a text of events; *h says which. */
static bool read_heading(const char *content, size_t size, bool whole, heading *h) {
    static const char mark[] = "\xEF\xBB\xBF"; /* of UTF-8, which spreadsheets write */
    size_t at = size >= 3 && memcmp(content, mark, 3) == 0 ? 3 : 0;
    *h = (heading){.columns = vdib__columns_none};
    while (at < size && h->rows < VDIB_COLUMNS_SAMPLE) {
        const char *end = memchr(content + at, '\n', size - at);
        if (end == NULL && !whole)
            break;
        size_t next = end != NULL ? (size_t)(end + 1 - content) : size;
        if (next - at > LINE || memchr(content + at, '\0', next - at) != NULL ||
            !read_heading_line(h, content + at, content + next, at))
            return false;
        at = next;
    }
    if (h->rows == 0)
        h->begin = at;
    if (!h->named && !vdib__columns_guess(h->sample, h->rows, VDIB_COLUMNS_MOST, &h->columns))
        return false;
    vdib__columns_time(h->sample, h->rows, VDIB_COLUMNS_MOST, false, &h->columns);
    return h->rows > 0 || whole;
}

/* ---- the reader ---- */

static vdib__likeness detect(const vdib__event_head *head) {
    heading *h = NULL;
    if (head->count == 0 || VDIB_NEW(&h, 1) != VDIB_OK)
        return VDIB_LIKENESS_NONE;
    bool found = read_heading((const char *)head->bytes, head->count, head->count == head->size, h);
    vdib__free(h);
    return found ? VDIB_LIKENESS_CONTENT : VDIB_LIKENESS_NONE;
}

static vdib_status open_text(vdib__bytes *bytes, vdib_events_info *info, void **state) {
    heading *h = NULL;
    text *made = NULL;
    const uint8_t *at = NULL;
    size_t ready = 0;
    vdib_status status = VDIB_NEW(&h, 1);
    if (status == VDIB_OK)
        status = vdib__bytes_look(bytes, LOOKED, &at, &ready);
    if (status == VDIB_OK && !read_heading((const char *)at, ready, ready < LOOKED || ready == bytes->size, h))
        status = vdib__fail(VDIB_ERROR_FORMAT,
                            "%s: its first lines are no events; write t x y p, x y p t or x y t p, or name the columns",
                            bytes->path);
    const char *fault =
        status == VDIB_OK ? vdib__columns_judge(h->sample, h->rows, VDIB_COLUMNS_MOST, &h->columns) : NULL;
    if (fault != NULL)
        status =
            vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: its rows are no events: %s", bytes->path, h->begin, fault);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made, 1);
    if (status == VDIB_OK) {
        vdib__bytes_take(bytes, h->begin);
        *made = (text){.bytes = bytes, .columns = h->columns};
        info->width = h->columns.width;
        info->height = h->columns.height;
        info->unit = h->columns.unit;
        *state = made;
    }
    vdib__free(h);
    return status;
}

/* What a line is. */
static bool parse(const text *s, const char *line, const char *end, vdib_event *event) {
    const vdib__columns *c = &s->columns;
    vdib__number numbers[VDIB_COLUMNS_MOST];
    int count = (int)read_numbers(line, end, numbers);
    if (c->t >= count || c->x >= count || c->y >= count || c->p >= count)
        return false;
    return vdib__columns_event(c, &numbers[c->t], &numbers[c->x], c->y < 0 ? NULL : &numbers[c->y],
                               c->p < 0 ? NULL : &numbers[c->p], event);
}

/* Lines that are as most are, as many as are in memory. */
static vdib_status read_lines(text *s, vdib_event *events, size_t capacity, size_t *count) {
    const uint8_t *bytes = NULL;
    size_t ready = 0;
    VDIB_TRY(vdib__bytes_look_ahead(s->bytes, LINE, &bytes, &ready));
    const char *begin = (const char *)bytes, *at = begin;
    *count += vdib__text_lines(&s->columns, &at, begin + ready, events, capacity);
    vdib__bytes_take(s->bytes, (size_t)(at - begin));
    return VDIB_OK;
}

static vdib_status read_text(void *state, vdib_events_info *info, vdib_event *events, size_t capacity, size_t *count) {
    text *s = state;
    for (*count = 0; *count < capacity;) {
        const char *line = NULL;
        size_t length = 0;
        VDIB_TRY(read_lines(s, events + *count, capacity - *count, count));
        if (*count == capacity)
            break;
        VDIB_TRY(vdib__bytes_line(s->bytes, LINE, &line, &length));
        if (length == 0)
            break;
        const char *end = line + length, *begin = skip_blanks(line, end);
        if (parse(s, line, end, &events[*count]))
            ++*count;
        else if (!is_comment(begin, end))
            vdib__bytes_blame(s->bytes, s->bytes->offset, "a line that is no event", &info->damaged, 1);
        vdib__bytes_take(s->bytes, length);
    }
    return VDIB_OK;
}

extern const vdib__event_reader vdib__reader_text;
const vdib__event_reader vdib__reader_text = {
    .name = "text",
    .help = "text",
    .endings = ".csv .txt",
    .common_endings = true,
    .detect = detect,
    .open = open_text,
    .read = read_text,
    .close = vdib__free,
};
