/* SPDX-License-Identifier: MIT */
/* CSV as RFC 4180 describes it: fields between commas (or semicolons, or tabs, if the line of names has these), in
 * double quotes where they hold one or the end of a line. Blank lines, and those that begin with #, are passed over. */

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "data/manifest/manifest.h"

enum { MOST_FIELDS = 256, FOUND = 200 /* letters of the names that a message repeats */ };

/* Where in the text a reader is. */
typedef struct csv_reader {
    const char *path;
    char *at;
    char separator;
    size_t line;
} csv_reader;

/* The field that begins in a quote, unquoted in place; *end is behind the closing one. */
static vdib_status unquote(csv_reader *r, char **field, char **end) {
    char *from = r->at + 1, *to = from;
    size_t line = r->line;
    *field = to;
    for (; *from != '\0'; from++) {
        if (*from == '"' && from[1] != '"')
            break;
        from += *from == '"';
        r->line += *from == '\n';
        *to++ = *from;
    }
    if (*from == '\0')
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: line %zu: a quoted field does not end; close it with \"", r->path,
                          line);
    *end = from + 1;
    *to = '\0'; /* before *end, or at the quote */
    return VDIB_OK;
}

static bool ends_field(const csv_reader *r, char c) {
    return c == r->separator || c == '\n' || c == '\r' || c == '\0';
}

/* The next field, without blanks around it; *last: it ends its line. */
static vdib_status next_field(csv_reader *r, char **field, bool *last) {
    r->at += strspn(r->at, " ");
    char *end = r->at;
    bool quoted = *r->at == '"';
    if (quoted) {
        VDIB_TRY(unquote(r, field, &end));
        end += strspn(end, " ");
        if (!ends_field(r, *end))
            return vdib__fail(VDIB_ERROR_FORMAT,
                              "%s: line %zu: something follows a closing quote; write \"\" for a quote inside a field",
                              r->path, r->line);
    } else {
        *field = r->at;
        for (end = r->at; !ends_field(r, *end); end++)
            ;
    }
    char what = *end, *behind = end;
    if (what == '\r' && end[1] == '\n')
        behind++;
    r->at = what == '\0' ? end : behind + 1;
    *last = what != r->separator;
    r->line += *last && what != '\0';
    *end = '\0';
    for (; !quoted && end > *field && end[-1] == ' '; end--)
        end[-1] = '\0';
    return VDIB_OK;
}

static char separator_of(const char *text) {
    size_t length = strcspn(text, "\r\n");
    for (const char *c = ",;\t"; *c != '\0'; c++)
        if (memchr(text, *c, length) != NULL)
            return *c;
    return ',';
}

/* columns (*count): the column of every field. */
static vdib_status read_names(csv_reader *r, int *columns, size_t *count, vdib__manifest_ignored *ignored) {
    size_t places[VDIB_MANIFEST_COLUMNS] = {0}, line = r->line, used = 0;
    char found[FOUND] = "";
    bool last = false;
    for (*count = 0; !last; ++*count) {
        char *name = NULL;
        VDIB_TRY(next_field(r, &name, &last));
        if (*count == MOST_FIELDS)
            return vdib__fail(VDIB_ERROR_FORMAT, "%s: line %zu: has more than %d columns; take some out", r->path, line,
                              MOST_FIELDS);
        int column = columns[*count] = vdib__manifest_column_of(name);
        if (used < sizeof found)
            used += (size_t)snprintf(found + used, sizeof found - used, "%s'%s'", *count > 0 ? ", " : "", name);
        if (column == VDIB_MANIFEST_COLUMNS) {
            if (ignored->count++ == 0)
                (void)snprintf(ignored->first, sizeof ignored->first, "%s", name);
        } else if (places[column] != 0) {
            return vdib__fail(VDIB_ERROR_FORMAT, "%s: line %zu: names column '%s' twice (%zu and %zu); take one out",
                              r->path, line, vdib__manifest_column_name(column), places[column], *count + 1);
        } else {
            places[column] = *count + 1;
        }
    }
    if (places[VDIB_MANIFEST_PATH] == 0)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: line %zu: names no column 'path', but %s; the first line names the columns, as in "
                          "path,split,label,from,to",
                          r->path, line, found);
    return VDIB_OK;
}

static vdib_status read_line(csv_reader *r, const int *columns, size_t count, vdib__manifest_row *row) {
    size_t fields = 0;
    bool last = false;
    *row = (vdib__manifest_row){.line = r->line};
    for (int c = 0; c < VDIB_MANIFEST_COLUMNS; c++)
        row->values[c] = vdib__manifest_absent;
    while (!last) {
        char *value = NULL;
        VDIB_TRY(next_field(r, &value, &last));
        if (fields < count && columns[fields] != VDIB_MANIFEST_COLUMNS)
            row->values[columns[fields]] = value;
        fields++;
    }
    if (fields != count)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "%s: line %zu: has %zu field%s, the first line names %zu; quote fields "
                          "that hold a separator",
                          r->path, row->line, fields, vdib__s(fields), count);
    return VDIB_OK;
}

/* The beginning of the first line that is neither blank nor a comment; *line counts. */
static char *skip_comments(char *at, size_t *line) {
    while (*at != '\0') {
        char *begin = at + strspn(at, " "), *end = begin + strcspn(begin, "\r\n");
        if (*begin != '#' && begin != end)
            break;
        *line += *end != '\0';
        at = end + (end[0] == '\r' && end[1] == '\n' ? 2 : *end != '\0');
    }
    return at;
}

vdib_status vdib__manifest_read_csv(const char *path, char *text, size_t size, vdib__manifest_take *take, void *user,
                                    vdib__manifest_ignored *ignored) {
    int columns[MOST_FIELDS];
    size_t count = 0;
    vdib__manifest_row row;
    if (strlen(text) != size)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: byte %zu: is 0, which no text holds; write the manifest as UTF-8",
                          path, strlen(text));
    csv_reader r = {.path = path, .at = vdib__manifest_text(text), .line = 1};
    r.at = skip_comments(r.at, &r.line);
    r.separator = separator_of(r.at);
    VDIB_TRY(read_names(&r, columns, &count, ignored));
    for (r.at = skip_comments(r.at, &r.line); *r.at != '\0'; r.at = skip_comments(r.at, &r.line)) {
        VDIB_TRY(read_line(&r, columns, count, &row));
        VDIB_TRY(take(user, &row));
    }
    return VDIB_OK;
}

bool vdib__manifest_is_csv(char *beginning) {
    size_t line = 1;
    const char *text = skip_comments(vdib__manifest_text(beginning), &line);
    char separator = separator_of(text);
    for (const char *end = text + strcspn(text, "\r\n"); text < end;) {
        char name[8] = "";
        const char *stop = memchr(text, separator, (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        text += strspn(text, " \"");
        size_t length = strcspn(text, " \",;\t\r\n");
        if (length < sizeof name)
            (void)snprintf(name, sizeof name, "%.*s", (int)length, text);
        if (vdib__manifest_column_of(name) == VDIB_MANIFEST_PATH)
            return true;
        text = stop + 1;
    }
    return false;
}
