/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_H
#define VDIB_CLI_H
/* What every command of the program uses: exit codes, the one line of an error, texts. Functions that can fail return
 * an exit code, 0 if all went well, and have said on standard error what was wrong. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "vdib/vdib.h"

enum {
    CLI_DONE = 0,
    CLI_FAILED = 1,    /* failed while running */
    CLI_WRONG = 2,     /* wrong usage or configuration */
    CLI_STOPPED = 128, /* plus the number of the signal */
    CLI_PATH = 4096,   /* longest path, with its NUL */
    CLI_TEXT = 128,    /* formatted numbers and short descriptions */
    CLI_VALUE = 1024   /* value of a configuration key */
};

/* "vdib: <message>" on standard error. Returns `code`. */
__attribute__((format(printf, 2, 3))) int cli_fail(int code, const char *format, ...);

/* What was said last, "" if nothing was. */
const char *cli_last_line(void);

/* The same with the library's last message. Returns the exit code that belongs to `status`; of work that a signal
 * stopped, that of the signal. */
int cli_library_fail(vdib_status status);

#define CLI_TRY(call)                                                                                                  \
    do {                                                                                                               \
        int cli_code_ = (call);                                                                                        \
        if (cli_code_ != CLI_DONE)                                                                                     \
            return cli_code_;                                                                                          \
    } while (0)
#define CLI_TRY_LIBRARY(call)                                                                                          \
    do {                                                                                                               \
        vdib_status cli_status_ = (call);                                                                              \
        if (cli_status_ != VDIB_OK)                                                                                    \
            return cli_library_fail(cli_status_);                                                                      \
    } while (0)

/* Notes whether standard output was closed when the program began; before anything is opened. */
void cli_output_look(void);

/* For what is said on standard output and nowhere else: fails if that was closed. */
int cli_output_needed(void);

/* "<folder>/<name>" */
int cli_join(char path[CLI_PATH], const char *folder, const char *name);

bool cli_is_folder(const char *path);

/* Whether it is a file of 0 bytes. */
bool cli_is_empty(const char *path);
bool cli_exists(const char *path);

/* Whether `text` ends in `ending`. */
bool cli_ends(const char *text, const char *ending);

/* 1234567 as "1,234,567". Returns `text`. */
const char *cli_count(uint64_t count, char text[CLI_TEXT]);

/* The end of a noun after its count: "%zu step%s". */
static inline const char *cli_s(uint64_t count) {
    return count == 1 ? "" : "s";
}

/* Seconds as "8 s", "2:05" or "1:02:05". Returns `text`. */
const char *cli_duration(double seconds, char text[CLI_TEXT]);

/* The value of a configuration key that is known to exist. Returns `value`. */
const char *cli_key(const vdib_config *config, const char *key, char value[CLI_VALUE]);

/* How many single-character edits turn one name into the other (Levenshtein). */
size_t cli_distance(const char *a, const char *b);

/* Refuses to replace a recording, or anything (`all`), by what a command writes. */
int cli_may_write(const char *path, bool all);

/* Writes a text file: complete under `path`, or not at all. */
int cli_write(const char *path, const char *text, size_t size);

#endif
