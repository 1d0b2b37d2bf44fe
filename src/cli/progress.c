/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include "ranks.h"
#include "signals.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_BETWEEN_DRAWINGS 0.2
#define SECONDS_BETWEEN_LINES    10.0
enum { LINE = 256 };

static double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Columns of the terminal; asked every time, because a window changes its size. */
static size_t terminal_width(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    int width = columns != NULL ? atoi(columns) : 0;
    return width > 0 ? (size_t)width : 80;
}

/* Adds a part of the line unless it would no longer fit in `width` characters: the parts come by importance. */
static void add(char line[LINE], size_t width, const char *part) {
    size_t length = strlen(line), gap = length > 0 ? 2 : 0;
    if (width >= LINE)
        width = LINE - 1;
    if (length + gap + strlen(part) > width)
        return;
    memset(line + length, ' ', gap);
    memcpy(line + length + gap, part, strlen(part) + 1);
}

/* "rate 12.34 bits": a figure's label, value and unit; nothing if training has no such figure. */
static void add_figure(char line[LINE], size_t width, const vdib_progress *now, const char *name) {
    char part[2 * CLI_TEXT];
    double value = 0;
    size_t f = vdib_figure_find(name);
    if (!vdib_progress_figure(now, f, false, &value))
        return;
    const char *unit = vdib_figure_unit(f);
    snprintf(part, sizeof part, "%s %.4g%s%s", vdib_figure_label(f), value, *unit != '\0' ? " " : "", unit);
    add(line, width, part);
}

static void compose(const vdib_progress *now, size_t width, char line[LINE]) {
    char part[2 * CLI_TEXT + 16], count[CLI_TEXT], limit[CLI_TEXT];
    line[0] = '\0';
    if (now->limit > 0)
        snprintf(part, sizeof part, "%s/%s example%s", cli_count(now->examples, count), cli_count(now->limit, limit),
                 cli_s(now->limit));
    else
        snprintf(part, sizeof part, "%s example%s", cli_count(now->examples, count), cli_s(now->examples));
    add(line, width, part);
    add_figure(line, width, now, "loss");
    snprintf(part, sizeof part, "%s left", cli_duration(now->seconds_left, count));
    add(line, width, part);
    add_figure(line, width, now, "rate_bits");
    snprintf(part, sizeof part, "%.4g ex/s", now->examples_per_second);
    add(line, width, part);
    add_figure(line, width, now, "spike_density");
    add_figure(line, width, now, "distortion_nats");
    add_figure(line, width, now, "encoder_learning_rate");
    add_figure(line, width, now, "decoder_learning_rate");
}

static void draw(cli_progress *progress, const vdib_progress *now) {
    size_t width = terminal_width() - 1; /* the last column stays free: no terminal wraps before it */
    char line[LINE];
    compose(now, width, line);
    /* Blanks wipe what a longer line left, without control sequences that a simple terminal does not know. */
    printf("\r%-*s", (int)(width < LINE ? width : LINE - 1), line);
    cli_flush();
    progress->drawn = true;
}

/* "1,000 examples: validation loss 0.12345, distortion 61.234 nats, rate 12.345 bits (best so far)" */
static void print_validation(const vdib_progress *now) {
    char count[CLI_TEXT];
    const char *before = ": validation ";
    double value = 0;
    printf("%s example%s", cli_count(now->examples, count), cli_s(now->examples));
    for (size_t f = 0; f < vdib_figure_count(); f++) {
        if (strcmp(vdib_figure_name(f), "examples") == 0 || !vdib_progress_figure(now, f, true, &value))
            continue;
        const char *unit = vdib_figure_unit(f);
        printf("%s%s %.5g%s%s", before, vdib_figure_label(f), value, *unit != '\0' ? " " : "", unit);
        before = ", ";
    }
    puts(now->improved ? " (best so far)" : "");
}

void cli_progress_begin(cli_progress *progress) {
    bool terminal = isatty(STDOUT_FILENO) == 1 && cli_ranks() == NULL; /* mpirun gives one that it is not */
    *progress = (cli_progress){.terminal = terminal, .shown = clock_seconds()};
    cli_flush();
}

void cli_progress_show(cli_progress *progress, const vdib_progress *now) {
    double clock = clock_seconds();
    bool due = clock - progress->shown >= (progress->terminal ? SECONDS_BETWEEN_DRAWINGS : SECONDS_BETWEEN_LINES);
    if (now->validated) {
        cli_progress_clear(progress);
        print_validation(now);
        cli_flush();
        progress->shown = clock;
    } else if (due && progress->terminal) {
        draw(progress, now);
        progress->shown = clock;
    } else if (due) {
        char line[LINE];
        compose(now, LINE, line);
        puts(line);
        cli_flush();
        progress->shown = clock;
    }
}

void cli_progress_clear(cli_progress *progress) {
    if (!progress->drawn)
        return;
    size_t width = terminal_width() - 1;
    printf("\r%*s\r", (int)(width < LINE ? width : LINE - 1), "");
    cli_flush();
    progress->drawn = false;
}
