/* SPDX-License-Identifier: MIT */
/* Text: an event a line, its numbers between blanks, commas, semicolons or bars, in brackets or not. Before them there
 * may be comments, a line of the columns' names, a line with the sensor's width and height. */

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
    bool named, by_comment; /* names were found; in a comment, which may be prose */
    size_t names;           /* how many there are */
    bool commas;            /* stand between numbers; else they are decimal points, if any */
    char line_end;          /* of each line: a line feed, or a carriage return where there is none */
    size_t begin;           /* the byte of the first event */
    size_t rows;
    const char *fault;                                      /* why it is no text of events, static */
    double sample[VDIB_COLUMNS_SAMPLE * VDIB_COLUMNS_MOST]; /* (rows, VDIB_COLUMNS_MOST) */
} heading;

typedef struct text {
    vdib__bytes *bytes;
    vdib__columns columns;
    bool commas;
    bool plain; /* lines are as most are: they end with a line feed, and times stand in one column */
    char line_end;
} text;

/* ---- lines ---- */

static bool is_blank(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

static bool is_quote(char letter) {
    return letter == '"' || letter == '\'';
}

static bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

static bool is_separator(char letter) {
    return letter == ',' || letter == ';' || letter == '|';
}

static bool is_end(char letter) {
    return is_blank(letter) || is_separator(letter);
}

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* To the next field of a line: over blanks, and one comma, semicolon or bar. */
static const char *skip_separator(const char *at, const char *end) {
    at = skip_blanks(at, end);
    return at < end && is_separator(*at) ? skip_blanks(at + 1, end) : at;
}

static bool is_one_of(char letter, const char *letters) {
    return letter != '\0' && strchr(letters, letter) != NULL;
}

/* Leaves out what stands around the fields of a line: "[1, 2, 3, 1],", "| 1 | 2 | 3 | 1 |". */
static void strip(const char **at, const char **end) {
    const char *last = *end;
    while (*at < *end && (is_blank(**at) || is_one_of(**at, "[({")))
        ++*at;
    *at = *at < *end && **at == '|' ? skip_blanks(*at + 1, *end) : *at;
    while (last > *at && (is_blank(last[-1]) || last[-1] == ','))
        last--;
    while (last > *at && (is_blank(last[-1]) || is_one_of(last[-1], "])}|")))
        *end = --last;
}

/* A line between the names and the rows of a table: "|---|---|", "----+----". */
static bool is_rule(const char *at, const char *end) {
    enum { LEAST = 3 };
    size_t dashes = 0;
    for (; at < end; at++) {
        if (!is_blank(*at) && !is_one_of(*at, "-=+|:"))
            return false;
        dashes += *at == '-' || *at == '=';
    }
    return dashes >= LEAST;
}

/* "sep=;", which Excel wants and writes. */
static bool is_excel(const char *at, const char *end) {
    return end - at > 4 && memcmp(at, "sep=", 4) == 0;
}

/* Brackets alone are one, too: those around all rows. */
static bool is_comment(const char *at, const char *end) {
    const char *begin = at, *last = end;
    strip(&begin, &last);
    return begin == last || is_excel(at, end) || *at == '#' || *at == '%' ||
           (*at == '/' && end - at > 1 && at[1] == '/') || is_rule(at, end);
}

/* A number, in quotes or not; signs alone are polarities. */
static bool read_field(const char **at, const char *end, vdib__number *number) {
    bool quoted = is_quote(**at);
    *at += quoted;
    const char *next = *at + (*at < end);
    bool alone = next == end || is_end(*next) || is_quote(*next);
    if (next > *at && alone && (**at == '+' || **at == '-')) {
        *number = (vdib__number){.whole = **at == '+'};
        *at = next;
    } else if (!vdib__number_read(at, end, number)) {
        return false;
    }
    *at += quoted && *at < end && is_quote(**at);
    return *at == end || is_end(**at);
}

/* What stands between fields: blanks only where nothing else does, since names may have them, "Timestamp [us]". */
static char separator_of(const char *at, const char *end) {
    static const char marks[] = {';', '\t', '|', ','};
    for (size_t i = 0; i < sizeof marks; i++)
        if (memchr(at, marks[i], (size_t)(end - at)) != NULL)
            return marks[i];
    return ' ';
}

/* Behind a field that may be anything, in quotes or not. */
static const char *skip_field(const char *at, const char *end, char separator) {
    const char *close = is_quote(*at) ? memchr(at + 1, *at, (size_t)(end - at - 1)) : NULL;
    at = close != NULL ? close + 1 : at;
    while (at < end && *at != separator && *at != '\n')
        at++;
    return at;
}

static bool is_passed_over(const vdib__columns *c, size_t column) {
    int place = (int)column;
    return c != NULL && place != c->t && place != c->x && place != c->y && place != c->p;
}

/* The numbers of a line, VDIB_COLUMNS_MOST at most; 0 if anything else stands there, except in columns that have names
 * (`named`, NULL: none) and are passed over. */
static size_t split_numbers(const char *at, const char *end, const vdib__columns *named, vdib__number *numbers) {
    size_t count = 0;
    strip(&at, &end);
    const char separator = separator_of(at, end);
    for (at = skip_blanks(at, end); at < end && count < VDIB_COLUMNS_MOST; at = skip_separator(at, end), count++) {
        const char *begin = at;
        if (read_field(&at, end, &numbers[count]))
            continue;
        if (!is_passed_over(named, count))
            return 0;
        numbers[count] = (vdib__number){.is_real = true, .real = (double)NAN};
        at = skip_field(begin, end, separator);
    }
    return count;
}

/* Whether the commas of a line are decimal points: each stands in a number, and other things stand between these. */
static bool has_decimal_commas(const char *at, const char *end) {
    size_t commas = 0, marks = 0, tabs = 0, blanks = 0;
    for (const char *c = at; c < end; c++) {
        if (*c == ',' && (c == at || c + 1 == end || !is_digit(c[-1]) || !is_digit(c[1])))
            return false;
        commas += *c == ',';
        marks += *c == ';' || *c == '|';
        tabs += *c == '\t';
        blanks += *c == ' ' && c > at && !is_blank(c[-1]);
    }
    return commas > 0 && (marks > 1 || tabs > 1 || blanks > 2);
}

/* The same, with commas as decimal points where they are none between numbers. */
static size_t read_numbers(const char *line, const char *end, bool commas, const vdib__columns *named,
                           vdib__number *numbers) {
    char points[LINE];
    size_t length = (size_t)(end - line);
    if (commas || length > sizeof points || memchr(line, ',', length) == NULL || !has_decimal_commas(line, end))
        return split_numbers(line, end, named, numbers);
    for (size_t i = 0; i < length; i++)
        points[i] = (char)(line[i] == ',' ? '.' : line[i]);
    return split_numbers(points, points + length, named, numbers);
}

/* ---- the heading ---- */

/* The end of the name at `at`; "time [s]" is one name where blanks stand between them, too. */
static const char *end_of_name(const char *at, const char *end, char separator) {
    while (at < end && *at != separator && *at != '\n' && *at != '\r') {
        at++;
        if (separator == ' ' && end - at > 1 && *at == ' ' && (at[1] == '[' || at[1] == '('))
            at++;
    }
    return at;
}

/* Behind the first `word` of a line; its end if there is none. */
static const char *behind(const char *word, const char *at, const char *end) {
    size_t length = strlen(word);
    for (; (size_t)(end - at) >= length; at++)
        if (strncmp(at, word, length) == 0)
            return at + length;
    return end;
}

/* The next number; 0 if something else stands there. */
static size_t next_size(const char **at, const char *end) {
    size_t size = 0;
    while (*at < end && **at != '\0' && strchr(" \t:=,x\"", **at) != NULL)
        ++*at;
    for (; *at < end && is_digit(**at) && size <= UINT16_MAX; ++*at)
        size = 10 * size + (size_t)(**at - '0');
    return size;
}

/* "width: 640, height: 480", on one line or two, "geometry:640,480": the sensor's size in a heading's words. */
static void read_sizes(heading *h, const char *line, const char *end) {
    const char *at = behind("geometry", line, end);
    bool both = at < end;
    at = both ? at : behind("width", line, end);
    size_t width = next_size(&at, end);
    at = both ? at : behind("height", line, end);
    size_t height = next_size(&at, end);
    h->columns.width = width - 1 > UINT16_MAX ? h->columns.width : width;
    h->columns.height = height - 1 > UINT16_MAX ? h->columns.height : height;
}

static bool read_names(heading *h, const char *at, const char *end) {
    vdib__columns columns = vdib__columns_none;
    int column = 0;
    const bool comment = is_comment(at, end);
    while (at < end && (is_blank(*at) || *at == '#' || *at == '%' || (comment && *at == '/')))
        at++;
    at += at < end && *at == '|';
    const char separator = separator_of(at, end);
    while (at < end && column < VDIB_COLUMNS_MOST) {
        const char *name = at;
        at = end_of_name(at, end, separator);
        (void)vdib__columns_name(&columns, column++, name, (size_t)(at - name));
        at = separator == ' ' ? skip_blanks(at, end) : at + (at < end);
        at += at < end && (*at == '\n' || *at == '\r');
    }
    if (!vdib__columns_complete(&columns)) {
        h->fault = vdib__columns_are_boxes(&columns) ? "its columns are boxes around objects (w and h)"
                   : column > 1 && !comment
                       ? "its first line names no columns of t and x, nor path, as a list of recordings does"
                       : h->fault;
        return false;
    }
    if (columns.width == 0 || columns.height == 0) { /* a line before may have said them */
        columns.width = h->columns.width;
        columns.height = h->columns.height;
    }
    h->columns = columns;
    h->named = true;
    h->by_comment = comment;
    h->names = (size_t)column;
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

/* Names in a comment that are not as many as the numbers are prose. */
static void forget_prose(heading *h, size_t count) {
    if (!h->by_comment || h->names == count)
        return;
    const size_t width = h->columns.width, height = h->columns.height;
    h->columns = vdib__columns_none;
    h->columns.width = width;
    h->columns.height = height;
    h->named = h->by_comment = false;
}

/* A line of words; false if it belongs to no text of events. */
static bool read_words(heading *h, const char *begin, const char *end) {
    if (h->rows > 0 || begin == end)
        return true;
    read_sizes(h, begin, end);
    bool names = read_names(h, begin, end), sizes = (end - begin > 5 && strncmp(begin, "width", 5) == 0) ||
                                                    (end - begin > 6 && strncmp(begin, "height", 6) == 0);
    return names || sizes || is_comment(begin, end);
}

/* One line; false if it belongs to no text of events. */
static bool read_heading_line(heading *h, const char *line, const char *end, size_t at) {
    vdib__number numbers[VDIB_COLUMNS_MOST];
    const char *begin = skip_blanks(line, end);
    if (is_comment(begin, end))
        return read_words(h, begin, end);
    size_t count = read_numbers(line, end, h->commas, h->named ? &h->columns : NULL, numbers);
    if (count == 0 && h->rows == 0 && !h->named)
        return read_words(h, begin, end);
    if (h->rows == 0 && !h->named && is_size(numbers, count) && h->columns.width == 0) {
        h->columns.width = (size_t)numbers[0].whole;
        h->columns.height = (size_t)numbers[1].whole;
        return true;
    }
    if (h->rows == 0)
        forget_prose(h, count);
    if (count < (h->named ? 2 : 3)) {
        h->fault = count > 0 ? "its rows have too few numbers" : "its first lines are no rows of numbers";
        return h->rows > 0; /* a damaged line among others */
    }
    if (h->rows == 0) {
        h->begin = at;
        h->commas = memchr(line, ',', (size_t)(end - line)) != NULL && !has_decimal_commas(line, end);
    }
    add_row(h, numbers, count);
    return true;
}

/* Whether a file that begins with `content` is a text of events; *h says which. */
static bool read_heading(const char *content, size_t size, bool whole, heading *h) {
    static const char mark[] = "\xEF\xBB\xBF"; /* of UTF-8, which spreadsheets write */
    size_t at = size >= 3 && memcmp(content, mark, 3) == 0 ? 3 : 0;
    *h = (heading){.columns = vdib__columns_none, .fault = "its first lines are no rows of numbers"};
    h->line_end = memchr(content, '\n', size) == NULL && memchr(content, '\r', size) != NULL ? '\r' : '\n';
    while (at < size && h->rows < VDIB_COLUMNS_SAMPLE) {
        const char *end = memchr(content + at, h->line_end, size - at);
        if (end == NULL && !whole)
            break;
        size_t next = end != NULL ? (size_t)(end + 1 - content) : size;
        if (next - at > LINE && h->rows > 0)
            break; /* a damaged line among others */
        if (next - at > LINE || memchr(content + at, '\0', next - at) != NULL ||
            !read_heading_line(h, content + at, content + next, at))
            return false;
        at = next;
    }
    if (h->rows == 0)
        h->begin = at;
    if (!h->named && !vdib__columns_guess(h->sample, h->rows, VDIB_COLUMNS_MOST, &h->columns)) {
        h->fault = h->rows > 0 ? "its columns are events in no order of t, x, y and p" : h->fault;
        return false;
    }
    return h->rows > 0 || whole;
}

/* ---- the reader ---- */

extern const vdib__event_reader vdib__reader_text;

static vdib__likeness detect(const vdib__event_head *head) {
    heading *h = NULL;
    if (head->count == 0)
        return VDIB_LIKENESS_NONE;
    if (VDIB_NEW(&h, 1) != VDIB_OK)
        return VDIB_LIKENESS_UNSEEN;
    bool found = read_heading((const char *)head->bytes, head->count, head->count == head->size, h);
    bool named =
        vdib__event_reader_named(&vdib__reader_text, head->path) && memchr(head->bytes, 0, head->count) == NULL;
    vdib__free(h);
    return found ? VDIB_LIKENESS_CONTENT : named ? VDIB_LIKENESS_NAME : VDIB_LIKENESS_NONE;
}

/* Nanoseconds stand beside seconds that are whole; else they are the same times once more. */
static void judge_nanos(heading *h) {
    size_t whole = 0;
    for (size_t i = 0; h->columns.nanos >= 0 && i < h->rows; i++) {
        const double *row = &h->sample[VDIB_COLUMNS_MOST * i];
        whole +=
            row[h->columns.t] == floor(row[h->columns.t]) && row[h->columns.nanos] >= 0 && row[h->columns.nanos] < 1e9;
    }
    h->columns.nanos = 2 * whole > h->rows ? h->columns.nanos : -1;
}

/* What rows say beyond the names of their columns: unit, polarities; `asked` is a unit, or NULL. */
static vdib_status conclude(const vdib__bytes *bytes, const char *asked, heading *h) {
    if (asked != NULL)
        (void)vdib__columns_ask_unit(&h->columns, asked);
    judge_nanos(h);
    vdib__columns_time(h->sample, h->rows, VDIB_COLUMNS_MOST, VDIB_TIMES_TEXT, &h->columns);
    const char *fault = vdib__columns_judge(h->sample, h->rows, VDIB_COLUMNS_MOST, &h->columns);
    if (fault == NULL)
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: its rows are no events: %s", bytes->path, h->begin, fault);
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
                            "%s: is no text of events: %s; write t x y p, x y p t or x y t p, or name the columns in a "
                            "first line: t,x,y,p",
                            bytes->path, h->fault);
    if (status == VDIB_OK)
        status = conclude(bytes, info->unit, h);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made, 1);
    if (status == VDIB_OK) {
        vdib__bytes_take(bytes, h->begin);
        *made = (text){.bytes = bytes, .columns = h->columns, .commas = h->commas, .line_end = h->line_end};
        made->plain = h->line_end == '\n' && h->columns.nanos < 0;
        vdib__columns_tell(&h->columns, info);
        *state = made;
    }
    vdib__free(h);
    return status;
}

/* What a line is. */
static bool parse(const text *s, const char *line, const char *end, vdib_event *event, size_t *rounded) {
    const vdib__columns *c = &s->columns;
    vdib__number numbers[VDIB_COLUMNS_MOST];
    int count = (int)read_numbers(line, end, s->commas, c->order == NULL ? c : NULL, numbers);
    if (c->t >= count || c->x >= count || c->y >= count || c->p >= count || c->nanos >= count)
        return false;
    if (!vdib__columns_event(c, &numbers[c->t], &numbers[c->x], c->y < 0 ? NULL : &numbers[c->y],
                             c->p < 0 ? NULL : &numbers[c->p], event, rounded))
        return false;
    int64_t more = 0;
    bool good = c->nanos < 0 || vdib__number_scale(&numbers[c->nanos], -3, &more, NULL);
    event->t += more;
    return good;
}

/* Lines that are as most are, as many as are in memory. */
static vdib_status read_lines(text *s, vdib_event *events, size_t capacity, size_t *count) {
    const uint8_t *bytes = NULL;
    size_t ready = 0;
    if (!s->plain)
        return VDIB_OK;
    VDIB_TRY(vdib__bytes_look_ahead(s->bytes, LINE, &bytes, &ready));
    const char *begin = (const char *)bytes, *at = begin;
    *count += vdib__text_lines(&s->columns, s->commas, &at, begin + ready, events, capacity);
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
        VDIB_TRY(vdib__bytes_line_to(s->bytes, s->line_end, LINE, &line, &length));
        if (length == 0)
            break;
        const char *end = line + length, *begin = skip_blanks(line, end);
        if (parse(s, line, end, &events[*count], &info->rounded))
            ++*count;
        else if (!is_comment(begin, end))
            vdib__bytes_blame(s->bytes, s->bytes->offset, "a line that is no event", &info->damaged, 1);
        vdib__bytes_take(s->bytes, length);
    }
    info->unpolarized += s->columns.p < 0 ? *count : 0;
    return VDIB_OK;
}

const vdib__event_reader vdib__reader_text = {
    .name = "text",
    .help = "text",
    .endings = ".csv .txt .tsv",
    .common_endings = true,
    .columns = true,
    .detect = detect,
    .open = open_text,
    .read = read_text,
    .close = vdib__free,
};
