/* SPDX-License-Identifier: MIT */
/* What recordings look like. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "commands.h"

enum { USUAL_COLUMNS = 80, LEAST_COLUMNS = 20, MOST_COLUMNS = 500 };

/* Columns of the terminal: what it says, else COLUMNS, else 80. */
static size_t terminal_columns(void) {
    struct winsize size;
    const char *said = getenv("COLUMNS");
    long columns = said != NULL ? strtol(said, NULL, 10) : 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        columns = size.ws_col;
    if (columns <= 0)
        return USUAL_COLUMNS;
    return columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns > MOST_COLUMNS ? MOST_COLUMNS : (size_t)columns;
}

/* Colours for terminals, but not where the user asks for none (no-color.org). */
static bool has_colours(void) {
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && (none == NULL || none[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

/* What of the recording is shown, and what is not. */
static void print_shown(const vdib_view_info *info) {
    char text[CLI_TEXT];
    printf("  events        %s, format %s\n", cli_count(info->events, text), info->format);
    if (info->recordings > 1)
        printf("  recording     number %zu of 0 to %zu in the file; FILE#N is number N\n", info->recording,
               info->recordings - 1);
    if (info->height == 1)
        printf("  shown         channels over time\n");
    else
        printf("  shown         %zu picture%s of %.4g ms, %.3g a second: %.3g times the speed\n", info->pictures,
               info->pictures == 1 ? "" : "s", (double)info->window_us / 1e3, info->fps,
               (double)info->window_us / 1e6 * info->fps);
    if (info->beyond > 0)
        printf(
            "  not shown     %s events behind the last picture; --window makes pictures longer, --from begins later\n",
            cli_count(info->beyond, text));
    if (info->more)
        printf("  not shown     what comes behind these events: more are not read; --from begins later\n");
    if (info->wrong > 0)
        printf("  left out      %s that are wrong; `vdib info` says what\n", cli_count(info->wrong, text));
}

static int print_text(const vdib_view *view) {
    char *text = NULL;
    CLI_TRY_LIBRARY(vdib_view_text(view, terminal_columns(), has_colours(), &text));
    fputs(text, stdout);
    vdib_text_free(text);
    return CLI_DONE;
}

/* Nothing but an earlier picture or page is replaced, least of all a recording. */
static bool may_replace(const char *path) {
    static const char png[] = "\x89PNG", page[] = "<!DOCTYPE html>";
    char begin[sizeof page] = {0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    size_t count = fread(begin, 1, sizeof begin - 1, file);
    (void)fclose(file);
    return (count >= 4 && memcmp(begin, png, 4) == 0) || strncasecmp(begin, page, sizeof page - 1) == 0;
}

/* The file that is written: --out, else the name of the recording or folder and an ending, in this folder. */
static int output_of(const cli_arguments *arguments, const char *ending, char path[CLI_PATH]) {
    const char *given = arguments->operands[0], *name = given;
    size_t end = strlen(given);
    while (end > 1 && given[end - 1] == '/')
        end--;
    for (size_t i = 0; i < end; i++)
        name = given[i] == '/' ? given + i + 1 : name;
    size_t size = end - (size_t)(name - given);
    bool nameless = size == 0 || strncmp(name, "/", size) == 0 || strncmp(name, "..", size) == 0;
    if (arguments->out == NULL && nameless)
        return cli_fail(CLI_WRONG, "view: name the file to write with --out");
    if (strcmp(given, "-") == 0)
        name = "view", size = strlen(name);
    int length = arguments->out != NULL ? snprintf(path, CLI_PATH, "%s", arguments->out)
                                        : snprintf(path, CLI_PATH, "%.*s%s", (int)size, name, ending);
    if (length < 0 || length >= CLI_PATH)
        return cli_fail(CLI_WRONG, "%.60s...: the path is longer than %d bytes; use a shorter one", name, CLI_PATH);
    if (arguments->out == NULL && cli_exists(path))
        return cli_fail(CLI_WRONG, "%s: is there already; name another file, or this one, with --out", path);
    if (cli_exists(path) && !may_replace(path))
        return cli_fail(CLI_WRONG, "%s: is there already, and is no earlier picture; name another file with --out",
                        path);
    return CLI_DONE;
}

/* What --window and --fps say. */
static int read_pace(const cli_arguments *arguments, vdib_view_options *options) {
    const char *window = cli_word(arguments, OPTION_WINDOW), *fps = cli_word(arguments, OPTION_FPS);
    char *end = NULL;
    if (window != NULL)
        CLI_TRY(cli_time("window", window, &options->window_us));
    if (window != NULL && options->window_us <= 0)
        return cli_fail(CLI_WRONG, "--window: '%s' is not longer than 0", window);
    if (fps == NULL)
        return CLI_DONE;
    options->fps = strtod(fps, &end);
    if (end == fps || *end != '\0' || !(options->fps >= 0.1 && options->fps <= 100))
        return cli_fail(CLI_WRONG, "--fps: '%s' is not a number from 0.1 to 100", fps);
    return CLI_DONE;
}

static bool is_terminal(const cli_arguments *arguments) {
    return cli_word(arguments, OPTION_TERMINAL) != NULL;
}

static bool is_page(const cli_arguments *arguments) {
    return cli_word(arguments, OPTION_PAGE) != NULL;
}

static int view_recording(const cli_arguments *arguments) {
    vdib_view_options options = {
        .size = sizeof options, .relative = arguments->relative, .unit = cli_word(arguments, OPTION_UNIT)};
    bool terminal = is_terminal(arguments), page = is_page(arguments);
    vdib_view_info info = {.size = sizeof info};
    vdib_view *view = NULL;
    char path[CLI_PATH];
    CLI_TRY(cli_range("view", arguments, &options.from_us, &options.to_us));
    CLI_TRY(read_pace(arguments, &options));
    if (!terminal)
        CLI_TRY(output_of(arguments, page ? ".html" : ".png", path));
    CLI_TRY_LIBRARY(vdib_view_open(arguments->operands[0], &options, &view));
    vdib_status status = vdib_view_describe(view, &info);
    int code = status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
    if (code == CLI_DONE && terminal) {
        code = print_text(view);
    } else if (code == CLI_DONE) {
        status = page ? vdib_view_page(view, path) : vdib_view_animation(view, path);
        code = status == VDIB_OK ? CLI_DONE : cli_library_fail(status);
    }
    if (code == CLI_DONE) {
        print_shown(&info);
        if (!terminal)
            printf("%s: %s\n", page ? "page" : info.height == 1 ? "picture" : "animation", path);
    }
    vdib_view_close(view);
    return code;
}

static int view_folder(const cli_arguments *arguments) {
    vdib_sheet_info info = {.size = sizeof info};
    char path[CLI_PATH];
    if (is_terminal(arguments) || is_page(arguments) || arguments->has_from || arguments->has_to ||
        arguments->relative || cli_word(arguments, OPTION_UNIT) != NULL || cli_word(arguments, OPTION_WINDOW) != NULL ||
        cli_word(arguments, OPTION_FPS) != NULL)
        return cli_fail(CLI_WRONG,
                        "view: %s: of data with classes there is a sheet, which takes --out and --examples "
                        "alone; name a recording for the rest",
                        arguments->operands[0]);
    CLI_TRY(output_of(arguments, ".png", path));
    CLI_TRY_LIBRARY(vdib_view_sheet(arguments->operands[0], path, arguments->examples, &info));
    printf("  shown         %zu recordings of %zu of %zu classes\n", info.pictures, info.shown_classes, info.classes);
    printf("sheet: %s\n", path);
    return CLI_DONE;
}

static int run(const cli_arguments *arguments) {
    const char *path = arguments->operands[0];
    if (is_terminal(arguments) && (is_page(arguments) || arguments->out != NULL))
        return cli_fail(CLI_WRONG, "view: --terminal prints, and writes no file: leave out --page and --out");
    if (cli_is_folder(path) || vdib_dataset_is_archive(path) || vdib_dataset_holds(path) != NULL)
        return view_folder(arguments);
    if (arguments->examples != 0)
        return cli_fail(CLI_WRONG, "view: --examples counts recordings of a class; %s is one recording", path);
    return view_recording(arguments);
}

static const struct poptOption options[] = {
    OPTION("out", OPTION_OUT, "the file to write; by default FILE.png or FILE.html in this folder", "FILE"),
    OPTION("page", OPTION_PAGE, "write an HTML page with a slider over time instead of an animated PNG", NULL),
    OPTION("terminal", OPTION_TERMINAL, "print a few pictures in Unicode half blocks", NULL),
    OPTION_ROW_RANGE,
    OPTION_ROW_UNIT,
    OPTION("window", OPTION_WINDOW, "length of a picture; by default such that there are 24 to 120", "TIME"),
    OPTION("fps", OPTION_FPS, "pictures a second, 12 by default", "N"),
    OPTION("examples", OPTION_EXAMPLES, "of a folder: recordings of each class, 8 by default", "N"),
    OPTION_ROW_LIMIT_MEMORY,
    OPTION_ROW_HELP,
    OPTION_ROW_END,
};

const cli_command cli_view = {
    .name = "view",
    .usage = "FILE|FOLDER [OPTION...]",
    .summary = "Shows a recording as an animated picture, a page or text, or a data folder on a sheet",
    .details =
        "ON is blue, OFF orange, both alike lilac. At most 2^24 events and 1,000 pictures are shown; what is not\n"
        "is said.\n",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
