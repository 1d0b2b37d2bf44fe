/* SPDX-License-Identifier: MIT */
/* Many recordings converted: a line that grows, what was left out of all of them, and which failed. */

#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "conversion.h"

typedef struct folder {
    bool terminal, json;
    bool drawn; /* the line of progress is on the screen */
    size_t total, converted, kept, failed;
    size_t read, written;
    cli_loss losses[CLI_LOSSES];
} folder;

void cli_losses(const vdib_conversion_report *report, const vdib_events_info *info, cli_loss losses[CLI_LOSSES]) {
    const cli_loss all[CLI_LOSSES] = {{"dropped", "marked as invalid in the file", info->dropped},
                                      {"outside", "beyond the sensor that the file states", info->outside},
                                      {"untimed", "without time: the file begins after what says it", info->untimed},
                                      {"damaged", "words, records or lines that are damaged", info->damaged},
                                      {"others", "of other kinds: frames, measurements, triggers", info->others},
                                      {"truncated", "bytes at the end that are no whole record", info->truncated},
                                      {"beyond_sensor", "beyond the sensor", report->beyond},
                                      {"hot", "of hot pixels", report->hot},
                                      {"cropped", "outside the crop", report->cropped},
                                      {"other_polarity", "of the other polarity", report->other_polarity},
                                      {"refractory", "within the refractory time", report->refractory},
                                      {"rounded", "with fractions of pixels: the nearest one is it", info->rounded},
                                      {"unpolarized", "without polarity: they are ON", info->unpolarized},
                                      {"late", "late: moved into the order of time", report->late}};
    memcpy(losses, all, sizeof all);
}

static void clear_line(folder *f) {
    if (f->drawn)
        fputs("\r\033[K", stdout);
    f->drawn = false;
}

static void draw_line(folder *f, size_t done) {
    enum { EVERY = 10 };
    if (!f->terminal || f->json || done % EVERY != 0)
        return;
    clear_line(f);
    printf("%zu of %zu recordings", done, f->total);
    fflush(stdout);
    f->drawn = true;
}

static void add(folder *f, const vdib_converted *file) {
    cli_loss losses[CLI_LOSSES];
    f->converted++;
    f->read += file->report->read;
    f->written += file->report->written;
    cli_losses(file->report, file->info, losses);
    for (size_t i = 0; i < CLI_LOSSES; i++) {
        losses[i].count += f->losses[i].count;
        f->losses[i] = losses[i];
    }
}

static void take(void *user, const vdib_converted *file) {
    folder *f = user;
    f->total = file->total;
    if (file->status == VDIB_OK)
        add(f, file);
    else if (file->status == VDIB_ERROR_EXISTS)
        f->kept++;
    else {
        f->failed++;
        clear_line(f);
        (void)cli_fail(CLI_FAILED, "%s", file->message);
    }
    draw_line(f, file->number + 1);
}

static void print_text(const folder *f, const char *from, const char *to, size_t passed_over) {
    char text[CLI_TEXT];
    printf("%s: %zu recording%s, %s event%s\n", from, f->total, cli_s(f->total), cli_count(f->read, text),
           cli_s(f->read));
    if (passed_over > 0)
        printf("  %-13zu file%s that are no recordings\n", passed_over, cli_s(passed_over));
    for (size_t i = 0; i < CLI_LOSSES; i++)
        if (f->losses[i].count > 0)
            printf("  %-13s %s\n", cli_count(f->losses[i].count, text), f->losses[i].what);
    printf("%s: %zu file%s written, %s event%s", to, f->converted, cli_s(f->converted), cli_count(f->written, text),
           cli_s(f->written));
    if (f->kept > 0)
        printf("; %zu were there and are kept (--force replaces them)", f->kept);
    puts("");
}

static int print_json(const folder *f, const char *from, const char *to, size_t passed_over) {
    json_t *counts = json_object();
    for (size_t i = 0; i < CLI_LOSSES && f->converted > 0; i++)
        json_object_set_new(counts, f->losses[i].key, json_integer((json_int_t)f->losses[i].count));
    json_t *all = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "from", from, "to", to, "recordings",
                            (json_int_t)f->total, "converted", (json_int_t)f->converted, "kept", (json_int_t)f->kept,
                            "failed", (json_int_t)f->failed, "passed_over", (json_int_t)passed_over, "read",
                            (json_int_t)f->read, "written", (json_int_t)f->written, "counts", counts);
    int code =
        all != NULL && json_dumpf(all, stdout, JSON_INDENT(2)) == 0 ? CLI_DONE : cli_fail(CLI_FAILED, "out of memory");
    puts("");
    json_decref(all);
    return code;
}

int cli_convert_folder(const cli_arguments *arguments, const vdib_conversion *conversion) {
    const char *from = arguments->operands[0], *to = arguments->operands[1];
    folder f = {.terminal = isatty(STDOUT_FILENO) == 1, .json = arguments->json};
    vdib_conversion used = *conversion;
    size_t passed_over = 0;
    used.user = &f;
    CLI_TRY_LIBRARY(vdib_convert_folder(from, to, &used, take, &passed_over));
    clear_line(&f);
    int code = CLI_DONE;
    if (f.json)
        code = print_json(&f, from, to, passed_over);
    else
        print_text(&f, from, to, passed_over);
    if (code != CLI_DONE || f.failed == 0)
        return code;
    return cli_fail(CLI_FAILED, "convert: %zu of %zu recordings could not be converted", f.failed, f.total);
}
