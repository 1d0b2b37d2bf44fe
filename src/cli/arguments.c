/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int parse_count(const char *option, const char *text, uint64_t least, uint64_t most, uint64_t *count) {
    bool digits = text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
    errno = 0;
    unsigned long long value = digits ? strtoull(text, NULL, 10) : 0;
    if (!digits || errno != 0 || value < least || value > most)
        return cli_fail(CLI_WRONG, "--%s: '%s' is not a whole number from %" PRIu64 " to %" PRIu64, option, text, least,
                        most);
    *count = value;
    return CLI_DONE;
}

static int parse_seconds(const char *text, double *seconds) {
    char *end = NULL;
    double value = strtod(text, &end);
    /* strtod alone would take "inf", "nan", hexadecimal and leading blanks. */
    if (text[0] == '\0' || text[strspn(text, "0123456789.eE+-")] != '\0' || *end != '\0' ||
        !(value > 0 && value <= 1e9))
        return cli_fail(CLI_WRONG, "--seconds: '%s' is not a number above 0 and at most 1e9", text);
    *seconds = value;
    return CLI_DONE;
}

/* "1.5s", "20ms", "300us" or "300": microseconds. */
int cli_time(const char *option, const char *text, int64_t *us) {
    static const struct {
        const char *unit;
        double us;
    } units[] = {{"", 1}, {"us", 1}, {"ms", 1e3}, {"s", 1e6}};
    enum { UNITS = sizeof units / sizeof *units };
    char *end = NULL;
    size_t unit = 0;
    double value = strtod(text, &end);
    while (unit < UNITS && strcmp(end, units[unit].unit) != 0)
        unit++;
    bool number = end > text && strspn(text, "0123456789.eE+-") >= (size_t)(end - text); /* not "inf", blanks, ... */
    double whole = unit < UNITS ? round(value * units[unit].us) : 0;
    if (!number || unit == UNITS || !(fabs(whole) < 9e18))
        return cli_fail(CLI_WRONG, "--%s: '%s' is no time; give microseconds, or a number with us, ms or s behind it",
                        option, text);
    *us = (int64_t)whole;
    return CLI_DONE;
}

/* "I/N", I from 1 to N. */
static int parse_part(const char *text, uint64_t *part, uint64_t *parts) {
    enum { MOST_PARTS = 100000 };
    char *end = NULL;
    size_t digits = strspn(text, "0123456789");
    bool good = digits > 0 && digits < 8 && text[digits] == '/';
    const char *behind = text + digits + 1;
    good = good && behind[0] != '\0' && strlen(behind) < 8 && behind[strspn(behind, "0123456789")] == '\0';
    uint64_t one = good ? strtoull(text, &end, 10) : 0, all = good ? strtoull(behind, &end, 10) : 0;
    if (!good || one < 1 || one > all || all > MOST_PARTS)
        return cli_fail(CLI_WRONG, "--part: '%s' is not I/N with I from 1 to N, for example 1/3, 2/3, 3/3", text);
    *part = one;
    *parts = all;
    return CLI_DONE;
}

/* Whether a text is "512", "512M", "1.5G": a number with K, M, G or T, or whole bytes, from 1 to 2^62 bytes, as the
 * library takes it. */
static bool is_size(const char *text) {
    static const char units[] = "KMGT";
    const char *at = text + strspn(text, "0123456789");
    bool whole = *at != '.', digits = at > text;
    if (!whole) {
        size_t more = strspn(at + 1, "0123456789");
        digits = digits && more > 0;
        at += 1 + more;
    }
    const char *unit = *at != '\0' ? strchr(units, *at) : NULL;
    double bytes = strtod(text, NULL);
    for (const char *u = units; unit != NULL && u <= unit; u++)
        bytes *= 1024;
    return digits && at - text <= 19 && at[unit != NULL ? 1 : 0] == '\0' && (unit != NULL || whole) && bytes >= 1 &&
           bytes < 0x1p62;
}

/* Checked here; the library reads it and keeps to it. No thread runs yet. */
static int limit_memory(const char *text) {
    if (!is_size(text))
        return cli_fail(CLI_WRONG,
                        "--limit-memory: '%s' is no size; give bytes, or a number with K, M, G or T behind it", text);
    return setenv("VDIB_LIMIT_MEMORY", text, 1) == 0 ? CLI_DONE : cli_fail(CLI_FAILED, "out of memory");
}

static int parse_split(const char *text, vdib_split *split) {
    static const char *const names[] = {
        [VDIB_SPLIT_TRAIN] = "train", [VDIB_SPLIT_VALIDATION] = "validation", [VDIB_SPLIT_TEST] = "test"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            *split = (vdib_split)i;
            return CLI_DONE;
        }
    return cli_fail(CLI_WRONG, "--split: '%s' is none of test, validation, train", text);
}

static int parse_format(const char *text, const char **format) {
    if (strcmp(text, "text") != 0 && strcmp(text, "npz") != 0)
        return cli_fail(CLI_WRONG, "--format: '%s' is neither text nor npz", text);
    *format = text;
    return CLI_DONE;
}

/* Takes one option; `text` is NULL for a switch. */
static int take(cli_arguments *arguments, int option, const char *text) {
    enum { MOST_DRAWS = 255, MOST_THREADS = 1024, MOST_SEEDS = 1000, MOST_JOBS = 1024 };
    uint64_t threads = 0;
    if (option >= OPTION_WORDS && option < OPTION_WORDS_END) {
        arguments->words[option - OPTION_WORDS] = text != NULL ? text : "";
        return CLI_DONE;
    }
    switch (option) {
    case OPTION_DATA:
        arguments->data = text;
        return CLI_DONE;
    case OPTION_IMAGES:
        arguments->images = text;
        return CLI_DONE;
    case OPTION_OUT:
        arguments->out = text;
        return CLI_DONE;
    case OPTION_FILTER:
        arguments->filter = text;
        return CLI_DONE;
    case OPTION_RESUME:
        arguments->resume = text;
        return CLI_DONE;
    case OPTION_SET:
        arguments->settings[arguments->setting_count++] = text;
        return CLI_DONE;
    case OPTION_OVER:
        arguments->over[arguments->over_count++] = text;
        return CLI_DONE;
    case OPTION_PART:
        return parse_part(text, &arguments->part, &arguments->parts);
    case OPTION_JOBS:
        return parse_count("jobs", text, 1, MOST_JOBS, &arguments->jobs);
    case OPTION_TABLE:
        arguments->table = text;
        return CLI_DONE;
    case OPTION_HTML:
        arguments->html = text;
        return CLI_DONE;
    case OPTION_EPOCHS:
        return parse_count("epochs", text, 1, INT64_MAX, &arguments->epochs);
    case OPTION_EXAMPLES:
        return parse_count("examples", text, 1, INT64_MAX, &arguments->examples);
    case OPTION_SECONDS:
        return parse_seconds(text, &arguments->seconds);
    case OPTION_SEED:
        arguments->has_seed = true;
        return parse_count("seed", text, 0, INT64_MAX, &arguments->seed);
    case OPTION_SEEDS:
        return parse_count("seeds", text, 1, MOST_SEEDS, &arguments->seeds);
    case OPTION_THREADS:
        CLI_TRY(parse_count("threads", text, 1, MOST_THREADS, &threads));
        arguments->threads = (size_t)threads;
        return CLI_DONE;
    case OPTION_CHECKPOINT_EVERY:
        return parse_count("checkpoint-every", text, 1, INT64_MAX, &arguments->checkpoint_every);
    case OPTION_SPLIT:
        arguments->has_split = true;
        return parse_split(text, &arguments->split);
    case OPTION_FORMAT:
        return parse_format(text, &arguments->format);
    case OPTION_FORCE:
        arguments->force = true;
        return CLI_DONE;
    case OPTION_NO_CACHE: /* read by the library; no thread runs yet */
        return setenv("VDIB_CACHE", "off", 1) == 0 ? CLI_DONE : cli_fail(CLI_FAILED, "out of memory");
    case OPTION_LIMIT_MEMORY:
        return limit_memory(text);
    case OPTION_SPIKES:
        arguments->spikes = true;
        return CLI_DONE;
    case OPTION_DRAWS:
        return parse_count("draws", text, 1, MOST_DRAWS, &arguments->draws);
    case OPTION_MANIFEST:
        arguments->manifest = text;
        return CLI_DONE;
    case OPTION_STRICT:
        arguments->strict = true;
        return CLI_DONE;
    case OPTION_FROM:
        arguments->has_from = true;
        return cli_time("from", text, &arguments->from_us);
    case OPTION_TO:
        arguments->has_to = true;
        return cli_time("to", text, &arguments->to_us);
    case OPTION_RELATIVE:
        arguments->relative = true;
        return CLI_DONE;
    case OPTION_ANN:
        arguments->ann = text;
        return CLI_DONE;
    case OPTION_NO_JUDGE:
        arguments->no_judge = true;
        return CLI_DONE;
    case OPTION_INIT:
        arguments->init = text;
        return CLI_DONE;
    case OPTION_TO_FORMAT:
        arguments->to_format = text;
        return CLI_DONE;
    case OPTION_IMPORT:
        arguments->import = text;
        return CLI_DONE;
    case OPTION_FOR:
        arguments->program = text;
        return CLI_DONE;
    case OPTION_ONLY:
        arguments->only = text;
        return CLI_DONE;
    case OPTION_DIGEST:
        arguments->digest = true;
        return CLI_DONE;
    default:
        arguments->json = true;
        return CLI_DONE;
    }
}

/* Room for every text that argc words can hold. */
static int reserve(cli_arguments *arguments, int argc) {
    size_t words = (size_t)argc;
    *arguments = (cli_arguments){.split = VDIB_SPLIT_TEST};
    arguments->settings = calloc(words, sizeof *arguments->settings);
    arguments->over = calloc(words, sizeof *arguments->over);
    arguments->operands = calloc(words, sizeof *arguments->operands);
    arguments->owned = calloc(2 * words, sizeof *arguments->owned);
    if (arguments->settings == NULL || arguments->over == NULL || arguments->operands == NULL ||
        arguments->owned == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    return CLI_DONE;
}

static void release(cli_arguments *arguments) {
    for (size_t i = 0; i < arguments->owned_count; i++)
        free(arguments->owned[i]);
    free(arguments->owned);
    free(arguments->settings);
    free(arguments->over);
    free(arguments->operands);
}

static const char *nearest_option(const cli_command *command, const char *given) {
    const char *nearest = NULL, *name = given + strspn(given, "-");
    for (const struct poptOption *row = command->options; row->longName != NULL; row++)
        if (nearest == NULL || cli_distance(name, row->longName) < cli_distance(name, nearest))
            nearest = row->longName;
    return nearest;
}

static int bad_option(const cli_command *command, poptContext context, int error) {
    const char *given = poptBadOption(context, POPT_BADOPTION_NOALIAS);
    if (error == POPT_ERROR_BADOPT)
        return cli_fail(CLI_WRONG, "%s: there is no option %s; did you mean --%s? `vdib %s --help` lists them",
                        command->name, given, nearest_option(command, given), command->name);
    return cli_fail(CLI_WRONG, "%s: %s: %s; see `vdib %s --help`", command->name, given, poptStrerror(error),
                    command->name);
}

static int check_operands(const cli_command *command, const cli_arguments *arguments) {
    if (arguments->operand_count < command->least)
        return cli_fail(CLI_WRONG, "%s: something is missing; usage: vdib %s %s", command->name, command->name,
                        command->usage);
    if (arguments->operand_count > command->most)
        return cli_fail(CLI_WRONG, "%s: '%s' is one word too many; usage: vdib %s %s", command->name,
                        arguments->operands[command->most], command->name, command->usage);
    return CLI_DONE;
}

static int parse(const cli_command *command, poptContext context, cli_arguments *arguments, bool *help) {
    int option = 0;
    while ((option = poptGetNextOpt(context)) > 0) {
        if (option == OPTION_HELP) {
            *help = true;
            return CLI_DONE;
        }
        char *text = poptGetOptArg(context);
        if (text != NULL)
            arguments->owned[arguments->owned_count++] = text;
        CLI_TRY(take(arguments, option, text));
    }
    if (option < -1)
        return bad_option(command, context, option);
    for (const char *word = poptGetArg(context); word != NULL; word = poptGetArg(context))
        arguments->operands[arguments->operand_count++] = word;
    return check_operands(command, arguments);
}

static poptContext open_context(const cli_command *command, int argc, const char **argv) {
    poptContext context = poptGetContext(NULL, argc, argv, command->options, 0);
    if (context != NULL)
        poptSetOtherOptionHelp(context, command->usage);
    return context;
}

static void print_help(const cli_command *command, poptContext context) {
    poptPrintHelp(context, stdout, 0);
    printf("\n%s.\n%s", command->summary, command->details);
}

int cli_range(const char *command, const cli_arguments *arguments, int64_t *from_us, int64_t *to_us) {
    int64_t from = arguments->has_from ? arguments->from_us : INT64_MIN,
            to = arguments->has_to ? arguments->to_us : INT64_MAX;
    if (from >= to)
        return cli_fail(CLI_WRONG, "%s: --from %" PRId64 " is not before --to %" PRId64 " (microseconds)", command,
                        from, to);
    if (arguments->relative && !arguments->has_from && !arguments->has_to)
        return cli_fail(CLI_WRONG, "%s: --relative says what --from and --to count from; give one of them", command);
    *from_us = from;
    *to_us = to;
    return CLI_DONE;
}

int cli_command_run(const cli_command *command, int argc, const char **argv) {
    cli_arguments arguments;
    char name[CLI_TEXT];
    bool help = false;
    snprintf(name, sizeof name, "vdib %s", command->name);
    argv[0] = name; /* the program's name in popt's help */
    poptContext context = open_context(command, argc, argv);
    int code = reserve(&arguments, argc);
    if (code == CLI_DONE && context == NULL)
        code = cli_fail(CLI_FAILED, "out of memory");
    if (code == CLI_DONE)
        code = parse(command, context, &arguments, &help);
    if (code == CLI_DONE && (help || command->prints))
        code = cli_output_needed();
    if (code == CLI_DONE && help)
        print_help(command, context);
    else if (code == CLI_DONE)
        code = command->run(&arguments);
    release(&arguments);
    poptFreeContext(context);
    return code;
}

int cli_command_help(const cli_command *command) {
    const char *argv[] = {command->name, "--help", NULL};
    return cli_command_run(command, 2, argv);
}
