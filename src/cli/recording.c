/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <inttypes.h>
#include <string.h>

#include "recognized.h"

/* What is not as it should be in a file. */
typedef struct wrong {
    const char *key, *name, *what; /* in JSON, in text; `what` NULL: said of every file */
    size_t count;
} wrong;
enum { WRONGS = 11 };

static void list_wrongs(const vdib_events_info *info, wrong wrongs[WRONGS]) {
    const wrong all[WRONGS] = {
        {"out_of_order", "out of order", NULL, info->out_of_order},
        {"overflows", "overflows", NULL, info->overflows},
        {"wraps", "clock turns", "its time stamps have no more bits; the turns are added", info->wraps},
        {"restarts", "clock restarts", "time goes on from there", info->restarts},
        {"dropped", "invalid", "left out", info->dropped},
        {"outside", "outside", "beyond the sensor; left out", info->outside},
        {"untimed", "without time", "the file begins after what says their time or row; left out", info->untimed},
        {"damaged", "damaged", "nothing that the format knows; left out", info->damaged},
        {"rounded", "rounded", "x or y has a fraction: the nearest pixel is it", info->rounded},
        {"others", "other kinds", "no events of pixels: triggers, frames, measurements; left out", info->others},
        {"truncated", "cut", "bytes at the end that are no whole record; left out", info->truncated},
    };
    memcpy(wrongs, all, sizeof all);
}

static const char *name_of(const char *path) {
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* ---- text ---- */

static void print_wrongs(const vdib_events_info *info) {
    wrong wrongs[WRONGS];
    char text[CLI_TEXT];
    list_wrongs(info, wrongs);
    for (const wrong *w = wrongs; w < wrongs + WRONGS; w++)
        if (w->what == NULL)
            printf("  %-13s %s\n", w->name, cli_count(w->count, text));
        else if (w->count > 0)
            printf("  %-13s %s (%s)\n", w->name, cli_count(w->count, text), w->what);
}

/* Files that hold several recordings: which of them this is, and how to read the others. */
static void print_place(const char *path, const vdib_events_info *info) {
    const char *number = strrchr(path, '#');
    bool named = number != NULL && strspn(number + 1, "0123456789") == strlen(number + 1);
    if (info->recordings > 1)
        printf("  recording     %zu of 0 to %zu in this file; %.*s#N is recording N\n", info->recording,
               info->recordings - 1, (int)(named ? (size_t)(number - path) : strlen(path)), path);
    if (info->label >= 0)
        printf("  label         %lld\n", (long long)info->label);
    if (info->split != NULL)
        printf("  split         %s\n", info->split);
}

static void print_text(const char *path, const vdib_events_info *info) {
    char text[CLI_TEXT];
    printf("%s: recording, format %s\n", name_of(path), info->format);
    printf("  events        %s\n", cli_count(info->events, text));
    if (info->events > 0) {
        printf("  ON share      %.3f\n", (double)info->on_events / (double)info->events);
        printf("  time          %" PRId64 " .. %" PRId64 " us (%.3f s)\n", info->first_us, info->last_us,
               ((double)info->last_us - (double)info->first_us) / 1e6);
    }
    cli_recognized_print(stdout, info);
    if (info->width > 0 && info->height > 0)
        printf("  sensor        %zu x %zu (columns x rows)\n", info->width, info->height);
    print_wrongs(info);
    print_place(path, info);
    if (cli_is_empty(path))
        printf("  note          0 bytes: empty\n");
}

/* ---- JSON ---- */

static int print_json(const char *path, const vdib_events_info *info) {
    wrong wrongs[WRONGS];
    json_t *counts = json_object();
    list_wrongs(info, wrongs);
    for (const wrong *w = wrongs; w < wrongs + WRONGS; w++)
        json_object_set_new(counts, w->key, json_integer((json_int_t)w->count));
    json_object_set_new(counts, "unpolarized", json_integer((json_int_t)info->unpolarized));
    json_t *all =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s?, s:I, s:o, s:o}", "file", path,
                  "format", info->format, "events", (json_int_t)info->events, "on_events", (json_int_t)info->on_events,
                  "first_us", (json_int_t)info->first_us, "last_us", (json_int_t)info->last_us, "width",
                  (json_int_t)info->width, "height", (json_int_t)info->height, "recording", (json_int_t)info->recording,
                  "recordings", (json_int_t)info->recordings, "label", (json_int_t)info->label, "split", info->split,
                  "unpacked", (json_int_t)info->unpacked, "counts", counts, "recognized", cli_recognized_json(info));
    int code =
        all != NULL && json_dumpf(all, stdout, JSON_INDENT(2)) == 0
            ? CLI_DONE
            : cli_fail(CLI_FAILED, "info: %s: cannot be said in JSON: its name is not UTF-8, or memory is short", path);
    if (code == CLI_DONE)
        printf("\n");
    json_decref(all);
    return code;
}

/* ---- the command ---- */

/* Reads a file to its end, in packets. */
static vdib_status count_events(const char *path, const vdib_packets_options *options, vdib_events_info *info) {
    enum { PACKET = 4096 };
    static vdib_event packet[PACKET];
    vdib_packets *packets = NULL;
    size_t count = 1;
    vdib_status status = vdib_packets_open(path, options, &packets);
    while (status == VDIB_OK && count > 0)
        status = vdib_packets_read(packets, packet, PACKET, &count);
    if (status == VDIB_OK)
        status = vdib_packets_describe(packets, info);
    vdib_packets_close(packets);
    return status;
}

int cli_recording(const char *path, const cli_arguments *arguments) {
    vdib_events_info info = {.size = sizeof(vdib_events_info)};
    vdib_packets_options options = {.size = sizeof(vdib_packets_options),
                                    .strict = arguments->strict,
                                    .relative = arguments->relative,
                                    .unit = cli_word(arguments, OPTION_UNIT)};
    CLI_TRY(cli_range("info", arguments, &options.from_us, &options.to_us));
    CLI_TRY_LIBRARY(count_events(path, &options, &info));
    if (arguments->json)
        return print_json(path, &info);
    print_text(path, &info);
    return CLI_DONE;
}
