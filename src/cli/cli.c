/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ranks.h"
#include "signals.h"

static char line[2 * CLI_PATH]; /* the last that was said */

int cli_fail(int code, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    for (char *at = line; *at != '\0'; at++) /* a name may hold anything; an error is one line */
        if (iscntrl((unsigned char)*at))
            *at = '?';
    fflush(stdout);
    if (cli_ranks_leads()) /* others tell rank 0 */
        fprintf(stderr, "vdib: %s\n", line);
    return code;
}

const char *cli_last_line(void) {
    return line;
}

int cli_library_fail(vdib_status status) {
    bool wrong = status == VDIB_ERROR_ARGUMENT || status == VDIB_ERROR_CONFIG || status == VDIB_ERROR_EXISTS;
    const char *message = vdib_last_message();
    int code = wrong ? CLI_WRONG : CLI_FAILED;
    if (status == VDIB_ERROR_CANCELLED && cli_stop_code() != 0)
        code = cli_stop_code();
    return cli_fail(code, "%s", message[0] != '\0' ? message : vdib_status_text(status));
}

static bool output_closed;

void cli_output_look(void) {
    output_closed = fcntl(STDOUT_FILENO, F_GETFD) < 0;
}

int cli_output_needed(void) {
    if (output_closed)
        return cli_fail(CLI_FAILED, "standard output is closed, and nothing else would have the answer; send it to a "
                                    "file, or to /dev/null");
    return CLI_DONE;
}

int cli_join(char path[CLI_PATH], const char *folder, const char *name) {
    size_t length = strlen(folder);
    if (length == 0)
        return cli_fail(CLI_WRONG, "the name of a folder is empty");
    while (length > 1 && folder[length - 1] == '/')
        length--;
    int written = snprintf(path, CLI_PATH, "%.*s%s%s", (int)length, folder, folder[length - 1] == '/' ? "" : "/", name);
    if (written < 0 || written >= CLI_PATH)
        return cli_fail(CLI_WRONG, "%.60s...: the path is longer than %d bytes; use a shorter one", folder, CLI_PATH);
    return CLI_DONE;
}

bool cli_is_empty(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size == 0;
}

bool cli_is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

bool cli_exists(const char *path) {
    struct stat about;
    return lstat(path, &about) == 0;
}

bool cli_ends(const char *text, const char *ending) {
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

const char *cli_count(uint64_t count, char text[CLI_TEXT]) {
    char digits[CLI_TEXT];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count), at = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

const char *cli_duration(double seconds, char text[CLI_TEXT]) {
    unsigned long whole = seconds > 0 && seconds < 1e9 ? (unsigned long)(seconds + 0.5) : 0;
    if (whole < 60)
        snprintf(text, CLI_TEXT, "%lu s", whole);
    else if (whole < 3600)
        snprintf(text, CLI_TEXT, "%lu:%02lu", whole / 60, whole % 60);
    else
        snprintf(text, CLI_TEXT, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    return text;
}

const char *cli_key(const vdib_config *config, const char *key, char value[CLI_VALUE]) {
    if (vdib_config_get(config, key, value, CLI_VALUE) != VDIB_OK)
        snprintf(value, CLI_VALUE, "?");
    return value;
}

size_t cli_distance(const char *a, const char *b) {
    enum { LONGEST = 63 };
    size_t row[LONGEST + 1]; /* distances of the part of a seen so far to every beginning of b */
    size_t height = strnlen(a, LONGEST), width = strnlen(b, LONGEST);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; i <= height; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            size_t shifted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shifted ? replaced : shifted;
        }
    }
    return row[width];
}

int cli_may_write(const char *path, bool all) {
    struct stat status;
    vdib_packets *packets = NULL;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return CLI_DONE;
    if (!all && vdib_packets_open(path, NULL, &packets) != VDIB_OK)
        return CLI_DONE; /* what an earlier command wrote, perhaps */
    vdib_packets_close(packets);
    return cli_fail(CLI_WRONG, "%s: is there already%s; name another file, or take this one away", path,
                    all ? "" : ", and is a recording");
}

/* A signal that comes meanwhile ends the program when the file is whole: it leaves no temporary one. */
int cli_write(const char *path, const char *text, size_t size) {
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    vdib_status status = vdib_file_write(path, text, size);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
}
