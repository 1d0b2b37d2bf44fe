/* SPDX-License-Identifier: MIT */
/* YAML in and out. libyaml's events are turned into (dotted key, value text, line), which go through the one setter. */
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "config/keys.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/release.h"
#include "core/text.h"
#include "vdib/vdib.h"

enum { PLACE = 512, LARGEST = 1 << 20, RELEASE = 32 };

/* How a complete configuration begins; the release that wrote it follows. */
static const char HEAD[] = "# vdib ", COMPLETE[] = "configuration, complete: every key with its value.";

typedef struct yaml_reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    const char *origin;
    vdib_config *config;
    size_t key_line; /* of the key whose value is being read */
    size_t *lines;   /* (keys) line that set each key, 0 if none did */
} yaml_reader;

static size_t line_of(const yaml_reader *reader) {
    return reader->event.start_mark.line + 1;
}

/* "ORIGIN:LINE" */
static const char *place_in(const yaml_reader *reader, size_t line, char place[PLACE]) {
    enum { LONGEST = 400 }; /* of a longer path the end is shown: it names the file */
    size_t length = strlen(reader->origin);
    snprintf(place, PLACE, "%s:%zu", reader->origin + (length > LONGEST ? length - LONGEST : 0), line);
    return place;
}

/* The place of the current event. */
static const char *place_of(const yaml_reader *reader, char place[PLACE]) {
    return place_in(reader, line_of(reader), place);
}

/* Moves to the next event. */
static vdib_status advance(yaml_reader *reader) {
    yaml_event_delete(&reader->event);
    if (yaml_parser_parse(&reader->parser, &reader->event))
        return VDIB_OK;
    memset(&reader->event, 0, sizeof reader->event);
    if (reader->parser.error == YAML_MEMORY_ERROR)
        return vdib__fail(VDIB_ERROR_MEMORY, "%s: out of memory while reading YAML", reader->origin);
    const char *problem = reader->parser.problem != NULL ? reader->parser.problem : "it cannot be parsed";
    if (reader->parser.error == YAML_READER_ERROR)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: is not valid YAML at byte %zu: %s; it must be UTF-8 text",
                          reader->origin, reader->parser.problem_offset, problem);
    return vdib__fail(VDIB_ERROR_CONFIG,
                      "%s:%zu: is not valid YAML: %s; write 'key: value' lines under 'section:' lines", reader->origin,
                      reader->parser.problem_mark.line + 1, problem);
}

/* The current scalar's text, which is NUL-terminated; one with a NUL inside is refused. */
static vdib_status scalar_text(const yaml_reader *reader, const char **text) {
    const char *value = (const char *)reader->event.data.scalar.value;
    char place[PLACE];
    if (strlen(value) != reader->event.data.scalar.length)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: holds a NUL character; remove it", place_of(reader, place));
    *text = value;
    return VDIB_OK;
}

/* The key of a full name; refuses unknown and repeated ones. */
static vdib_status claim_key(yaml_reader *reader, const char *name, const vdib__config_key **key) {
    char place[PLACE];
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    place_in(reader, reader->key_line, place);
    *key = vdib__config_key_find(name);
    if (*key == NULL)
        return vdib__config_unknown(place, name);
    size_t *line = &reader->lines[*key - keys];
    if (*line != 0)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: %s is given twice, first in line %zu; remove one of them", place,
                          (*key)->name, *line);
    *line = reader->key_line;
    return VDIB_OK;
}

static vdib_status refuse_value(const yaml_reader *reader, const vdib__config_key *key, const char *what) {
    char place[PLACE];
    return vdib__fail(VDIB_ERROR_CONFIG, "%s: %s is %s; it takes %s", place_of(reader, place), key->name, what,
                      key->takes);
}

/* [a, b, c] or its block form, as the text "[a, b, c]". */
static vdib_status read_sequence(yaml_reader *reader, const vdib__config_key *key) {
    char text[VDIB_CONFIG_VALUE], place[PLACE];
    place_of(reader, place);
    size_t used = (size_t)snprintf(text, sizeof text, "[");
    if (key->type != VDIB_KEY_LIST)
        return refuse_value(reader, key, "a list");
    for (size_t items = 0;; items++) {
        VDIB_TRY(advance(reader));
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        if (reader->event.type != YAML_SCALAR_EVENT)
            return refuse_value(reader, key, "a list of lists");
        const char *item = NULL;
        VDIB_TRY(scalar_text(reader, &item));
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", items == 0 ? "" : ", ", item);
        if (used + 2 > sizeof text)
            return refuse_value(reader, key, "too long a list");
    }
    snprintf(text + used, sizeof text - used, "]");
    return vdib__config_assign(reader->config, key, place, text);
}

/* The value that the current event begins, for the key `name`; `name` is no section of mappings. */
static vdib_status read_value(yaml_reader *reader, const char *name) {
    const vdib__config_key *key = NULL;
    const char *text = NULL;
    char place[PLACE];
    VDIB_TRY(claim_key(reader, name, &key));
    switch (reader->event.type) {
    case YAML_SCALAR_EVENT:
        VDIB_TRY(scalar_text(reader, &text));
        return vdib__config_assign(reader->config, key, place_of(reader, place), text);
    case YAML_SEQUENCE_START_EVENT:
        return read_sequence(reader, key);
    case YAML_MAPPING_START_EVENT:
        return refuse_value(reader, key, "a section");
    default:
        return refuse_value(reader, key, "an alias");
    }
}

/* A section that is named but empty, as one is whose lines are all commented out. */
static bool is_empty_section(const yaml_reader *reader, const char *name) {
    return vdib__config_is_section(name) && reader->event.type == YAML_SCALAR_EVENT &&
           reader->event.data.scalar.length == 0 && reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* The keys of a mapping up to its end. section: "" at the top. */
static vdib_status read_mapping(yaml_reader *reader, const char *section) {
    for (;;) {
        VDIB_TRY(advance(reader));
        if (reader->event.type == YAML_MAPPING_END_EVENT)
            return VDIB_OK;
        char name[2 * VDIB_CONFIG_KEY_NAME], place[PLACE];
        if (reader->event.type != YAML_SCALAR_EVENT)
            return vdib__fail(VDIB_ERROR_CONFIG, "%s: a key must be a plain name", place_of(reader, place));
        const char *text = NULL;
        VDIB_TRY(scalar_text(reader, &text));
        reader->key_line = line_of(reader);
        /* A name that is cut here is longer than any key: it stays unknown. */
        snprintf(name, sizeof name, "%s%s%s", section, section[0] != '\0' ? "." : "", text);
        VDIB_TRY(advance(reader));
        if (section[0] == '\0' && reader->event.type == YAML_MAPPING_START_EVENT && vdib__config_is_section(name))
            VDIB_TRY(read_mapping(reader, name));
        else if (section[0] != '\0' || !is_empty_section(reader, name))
            VDIB_TRY(read_value(reader, name));
    }
}

/* The whole stream: nothing, or one document with a mapping. */
static vdib_status read_stream(yaml_reader *reader) {
    char place[PLACE];
    VDIB_TRY(advance(reader)); /* start of the stream */
    VDIB_TRY(advance(reader));
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return VDIB_OK;
    VDIB_TRY(advance(reader));
    bool empty = reader->event.type == YAML_SCALAR_EVENT && reader->event.data.scalar.length == 0;
    if (reader->event.type == YAML_MAPPING_START_EVENT)
        VDIB_TRY(read_mapping(reader, ""));
    else if (!empty)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: is no configuration; write 'key: value' lines under 'section:' lines",
                          place_of(reader, place));
    VDIB_TRY(advance(reader)); /* end of the document */
    VDIB_TRY(advance(reader));
    if (reader->event.type != YAML_STREAM_END_EVENT)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: a second document begins; keep one", place_of(reader, place));
    return VDIB_OK;
}

/* What the first line says. */
typedef struct heading {
    char release[RELEASE]; /* that wrote the file; "" where it does not say one */
    bool complete;         /* it has every key that there was */
} heading;

static heading read_heading(const char *yaml, size_t size) {
    const size_t head = sizeof HEAD - 1;
    heading found = {.complete = false};
    char line[128];
    size_t length = 0;
    for (; length < size && length + 1 < sizeof line && yaml[length] != '\n'; length++)
        line[length] = yaml[length];
    line[length] = '\0';
    if (strncmp(line, HEAD, head) != 0)
        return found;
    snprintf(found.release, sizeof found.release, "%.*s", (int)strcspn(line + head, " "), line + head);
    found.complete = strstr(line + head, COMPLETE) != NULL;
    return found;
}

static bool names_key(const void *file, const vdib__config_key *key) {
    const yaml_reader *reader = file;
    return reader->lines[key - vdib__config_keys(&(size_t){0})] != 0;
}

vdib_status vdib_config_parse(const char *yaml, size_t size, const char *origin, vdib_config **config) {
    if ((yaml == NULL && size != 0) || origin == NULL || config == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_parse: no argument may be NULL");
    if (size > LARGEST)
        return vdib__fail(VDIB_ERROR_CONFIG, "%s: is no configuration: %zu byte%s, more than 1 MiB", origin, size,
                          vdib__s(size));
    yaml_reader reader = {.origin = origin};
    VDIB_TRY(vdib_config_create(&reader.config));
    vdib_status status;
    VDIB_TRY_GOTO(VDIB_NEW(&reader.lines, vdib_config_key_count()), free_config);
    if (!yaml_parser_initialize(&reader.parser)) {
        status = vdib__fail(VDIB_ERROR_MEMORY, "%s: the YAML parser could not be started", origin);
        goto free_lines;
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(yaml != NULL ? yaml : ""), size);
    const heading first = read_heading(yaml, size);
    status = vdib__release_explain(read_stream(&reader), first.release);
    if (status == VDIB_OK && first.complete)
        status = vdib__config_fill(reader.config, &(vdib__config_file){origin, &reader, names_key});
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
free_lines:
    vdib__free(reader.lines);
free_config:
    if (status == VDIB_OK)
        *config = reader.config;
    else
        vdib_config_destroy(reader.config);
    return status;
}

/* Whether a text needs no quotes: it begins with a letter and cannot be taken for anything but a string or `other`. */
static bool is_plain(const char *text) {
    static const char *const words[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (vdib__same_word(text, words[i]))
            return false;
    bool letter = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    return letter && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")] == '\0';
}

static void print_value(FILE *stream, const vdib__config_key *key, const char *text) {
    if (key->type != VDIB_KEY_TEXT || is_plain(text)) {
        fprintf(stream, "%s\n", text);
        return;
    }
    fputc('\'', stream);
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputc('\'', stream); /* a quote is doubled */
        fputc(*text, stream);
    }
    fputs("'\n", stream);
}

static void print_config(FILE *stream, const vdib_config *config) {
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    const char *section = "";
    fprintf(stream, "%s%s %s\n", HEAD, VDIB_VERSION, COMPLETE);
    for (size_t i = 0; i < count; i++) {
        char text[VDIB_CONFIG_VALUE];
        vdib__config_format(config, &keys[i], text);
        const char *dot = strchr(keys[i].name, '.');
        const char *name = dot != NULL ? dot + 1 : keys[i].name;
        size_t length = (size_t)(name - keys[i].name);
        if (length > 0 && strncmp(section, keys[i].name, length) != 0)
            fprintf(stream, "\n%.*s:\n", (int)length - 1, keys[i].name);
        section = keys[i].name;
        fprintf(stream, "%s%s: ", length > 0 ? "  " : "", name);
        print_value(stream, &keys[i], text);
    }
}

vdib_status vdib_config_save(const vdib_config *config, const char *path) {
    if (config == NULL || path == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_save: neither argument may be NULL");
    vdib__writer writer;
    VDIB_TRY(vdib__writer_open(&writer, path));
    print_config(writer.stream, config);
    return vdib__writer_commit(&writer);
}
