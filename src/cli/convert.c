/* SPDX-License-Identifier: MIT */
/* An event file in, one of another format out. */

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "commands.h"
#include "conversion.h"
#include "recognized.h"
#include "signals.h"

/* What was read and written. */
typedef struct result {
    const char *from, *to;
    vdib_conversion_report report;
    vdib_events_info info;
} result;

static void print_hot(FILE *stream, const vdib_conversion_report *report) {
    enum { SHOWN = 10 };
    char text[CLI_TEXT];
    fprintf(stream, "  hot pixels    %s", cli_count(report->pixel_count, text));
    for (size_t i = 0; i < report->pixel_count && i < SHOWN; i++)
        fprintf(stream, "%s (%" PRIu64 ", %" PRIu64 ") with %s events", i > 0 ? "," : ":", report->pixels[3 * i],
                report->pixels[3 * i + 1], cli_count(report->pixels[3 * i + 2], text));
    fprintf(stream, "%s\n", report->pixel_count > SHOWN ? ", ..." : "");
}

static void print_sensor(FILE *stream, const vdib_conversion_report *report) {
    if (report->width != 0)
        fprintf(stream, ", %zu x %zu pixels%s", report->width, report->height,
                report->measured ? " (as many as the events need; --sensor names others)" : "");
}

static void print_text(FILE *stream, const result *r, bool hot) {
    cli_loss losses[CLI_LOSSES];
    char text[CLI_TEXT];
    cli_losses(&r->report, &r->info, losses);
    fprintf(stream, "%s: %s, %s event%s\n", r->from, r->info.format, cli_count(r->report.read, text),
            cli_s(r->report.read));
    cli_recognized_print(stream, &r->info);
    for (size_t i = 0; i < CLI_LOSSES; i++)
        if (losses[i].count > 0)
            fprintf(stream, "  %-13s %s\n", cli_count(losses[i].count, text), losses[i].what);
    if (r->info.label >= 0)
        fprintf(stream, "  label         %" PRId64 ", which no event file holds\n", r->info.label);
    if (hot)
        print_hot(stream, &r->report);
    fprintf(stream, "%s: %s, %s event%s", r->to, r->report.format, cli_count(r->report.written, text),
            cli_s(r->report.written));
    print_sensor(stream, &r->report);
    fprintf(stream, "\n");
}

static int print_json(FILE *stream, const result *r) {
    cli_loss losses[CLI_LOSSES];
    json_t *counts = json_object(), *pixels = json_array();
    cli_losses(&r->report, &r->info, losses);
    for (size_t i = 0; i < CLI_LOSSES; i++)
        json_object_set_new(counts, losses[i].key, json_integer((json_int_t)losses[i].count));
    for (size_t i = 0; i < r->report.pixel_count; i++) {
        const uint64_t *pixel = &r->report.pixels[3 * i];
        json_array_append_new(pixels,
                              json_pack("[I, I, I]", (json_int_t)pixel[0], (json_int_t)pixel[1], (json_int_t)pixel[2]));
    }
    json_t *all = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:o, s:o, s:o}", "from", r->from, "to", r->to,
        "from_format", r->info.format, "to_format", r->report.format, "read", (json_int_t)r->report.read, "written",
        (json_int_t)r->report.written, "width", (json_int_t)r->report.width, "height", (json_int_t)r->report.height,
        "measured", r->report.measured, "label", (json_int_t)r->info.label, "unpacked", (json_int_t)r->info.unpacked,
        "counts", counts, "hot_pixels", pixels, "recognized", cli_recognized_json(&r->info));
    int code =
        all != NULL && json_dumpf(all, stream, JSON_INDENT(2)) == 0 ? CLI_DONE : cli_fail(CLI_FAILED, "out of memory");
    fprintf(stream, "\n");
    json_decref(all);
    return code;
}

static int convert_file(const cli_arguments *arguments, const vdib_conversion *conversion) {
    result r = {.from = arguments->operands[0],
                .to = arguments->operands[1],
                .report = {.size = sizeof r.report},
                .info = {.size = sizeof r.info}};
    bool piped = strcmp(r.to, "-") == 0;
    if (piped)
        CLI_TRY(cli_output_needed());
    CLI_TRY_LIBRARY(vdib_convert(r.from, r.to, conversion, &r.report, &r.info));
    int code = CLI_DONE;
    if (arguments->json)
        code = print_json(piped ? stderr : stdout, &r);
    else
        print_text(piped ? stderr : stdout, &r, conversion->hot_pixels);
    vdib_conversion_report_clear(&r.report);
    return code;
}

static bool names_folder(const char *path) {
    return cli_ends(path, "/") || cli_is_folder(path);
}

static int run(const cli_arguments *arguments) {
    const char *from = arguments->operands[0], *to = arguments->operands[1];
    vdib_conversion conversion;
    CLI_TRY(cli_conversion(arguments, &conversion));
    cli_signals_catch();
    if (cli_is_folder(from) || names_folder(to))
        return cli_convert_folder(arguments, &conversion);
    return convert_file(arguments, &conversion);
}

static const struct poptOption options[] = {
    OPTION("format", OPTION_WRITTEN_FORMAT, "what is written; by default what the ending of OUT says", "NAME"),
    OPTION_ROW_RANGE,
    OPTION_ROW_UNIT,
    OPTION("sensor", OPTION_SENSOR, "the sensor's size, where the file does not say it", "WIDTHxHEIGHT"),
    OPTION("hot-pixels", OPTION_HOT_PIXELS, "leave out pixels that are far busier than all others and their neighbours",
           NULL),
    OPTION("crop", OPTION_CROP, "a part of the sensor; (0, 0) is at the top left", "X,Y,WIDTH,HEIGHT"),
    OPTION("polarity", OPTION_POLARITY, "only ON or only OFF events", "on|off"),
    OPTION("flip", OPTION_FLIP, "mirror left and right (x), top and bottom (y)", "x|y|xy"),
    OPTION("rotate", OPTION_ROTATE, "turn clockwise", "90|180|270"),
    OPTION("down-sample", OPTION_DOWN_SAMPLE, "N x N pixels become one, which has all their events", "N"),
    OPTION("sort", OPTION_SORT, "sort the whole recording by time, in memory", NULL),
    OPTION("refractory", OPTION_REFRACTORY, "leave out events this soon after another of their pixel and polarity",
           "TIME"),
    OPTION("rebase", OPTION_REBASE, "count times from the first event that is written", NULL),
    OPTION("strict", OPTION_STRICT, "refuse a file with anything wrong in it, and name the byte", NULL),
    OPTION("force", OPTION_FORCE, "replace OUT, or files in it, if they exist", NULL),
    OPTION("json", OPTION_JSON, "print the result as JSON", NULL),
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_convert = {
    .name = "convert",
    .usage = "IN OUT [OPTION...]",
    .summary = "Converts event files into other formats",
    .details = "IN is of any format that is read.\n"
               "OUT is of es, dat, evt3, evt2, aedat4, openeb, dsec, csv, npz, nmnist, slayer, slayer1 or slayer3;\n"
               "- is standard output.\n"
               "OUT - is standard output. The options are applied in the order in which they stand above.\n",
    .least = 2,
    .most = 2,
    .options = options,
    .run = run,
};
