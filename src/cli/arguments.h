/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_ARGUMENTS_H
#define VDIB_CLI_ARGUMENTS_H
/* Options and operands. A command names the options it takes in a popt table made of the rows below, so that an option
 * means and says the same everywhere; all of them are read into one struct. */

#include <popt.h>

#include "cli.h"

enum {
    OPTION_HELP = 1,
    OPTION_DATA,
    OPTION_IMAGES,
    OPTION_OUT,
    OPTION_SET,
    OPTION_EPOCHS,
    OPTION_EXAMPLES,
    OPTION_SECONDS,
    OPTION_SEED,
    OPTION_SEEDS,
    OPTION_THREADS,
    OPTION_CHECKPOINT_EVERY,
    OPTION_RESUME,
    OPTION_SPLIT,
    OPTION_JSON,
    OPTION_FORMAT,
    OPTION_FILTER,
    OPTION_DIGEST,
    OPTION_STRICT,
    OPTION_MANIFEST,
    OPTION_FORCE,
    OPTION_NO_CACHE,
    OPTION_LIMIT_MEMORY,
    OPTION_OVER,
    OPTION_PART,
    OPTION_JOBS,
    OPTION_TABLE,
    OPTION_HTML,
    OPTION_SPIKES,
    OPTION_DRAWS,
    OPTION_ANN,
    OPTION_FROM,
    OPTION_TO,
    OPTION_RELATIVE,
    OPTION_NO_JUDGE,
    OPTION_TO_FORMAT,
    OPTION_INIT,
    OPTION_ONLY,
    OPTION_FOR,
    OPTION_IMPORT,
    /* Options of conversions, kept as they are given (cli_arguments.words). */
    OPTION_WORDS,
    OPTION_WRITTEN_FORMAT = OPTION_WORDS,
    OPTION_SENSOR,
    OPTION_CROP,
    OPTION_POLARITY,
    OPTION_FLIP,
    OPTION_ROTATE,
    OPTION_DOWN_SAMPLE,
    OPTION_REFRACTORY,
    OPTION_HOT_PIXELS,
    OPTION_SORT,
    OPTION_REBASE,
    OPTION_UNIT,
    /* Of views. */
    OPTION_PAGE,
    OPTION_TERMINAL,
    OPTION_WINDOW,
    OPTION_FPS,
    OPTION_WORDS_END
};

/* A row: name, what it does, what it takes (NULL for a switch). */
#define OPTION(name, value, help, takes)                                                                               \
    { name, '\0', (takes) != NULL ? POPT_ARG_STRING : POPT_ARG_NONE, NULL, value, help, takes }
#define OPTION_ROW_HELP                                                                                                \
    { "help", 'h', POPT_ARG_NONE, NULL, OPTION_HELP, "show this help", NULL }
#define OPTION_ROW_DATA(help) OPTION("data", OPTION_DATA, help, "DIR|film:DIR|builtin:NAME")
#define OPTION_ROW_IMAGES     OPTION("images", OPTION_IMAGES, "IDX folder of natural images (targets, judge)", "DIR")
#define OPTION_ROW_THREADS                                                                                             \
    OPTION("threads", OPTION_THREADS, "threads to use, every core by default; changes no result", "N")
#define OPTION_ROW_NO_CACHE                                                                                            \
    OPTION("no-cache", OPTION_NO_CACHE, "neither use nor keep filmed digits and judges in the cache folder", NULL)
#define OPTION_ROW_LIMIT_MEMORY                                                                                        \
    OPTION("limit-memory", OPTION_LIMIT_MEMORY, "refuse what needs more memory than that: 512M, 1.5G, ...", "BYTES")
#define OPTION_ROW_NO_JUDGE                                                                                            \
    OPTION("no-judge", OPTION_NO_JUDGE, "leave out the judge of reconstructed images and its figures", NULL)
#define OPTION_ROW_SPLIT OPTION("split", OPTION_SPLIT, "part of the data, test by default", "test|validation|train")
#define OPTION_ROW_EVALUATED                                                                                           \
    OPTION("examples", OPTION_EXAMPLES, "only N examples of the split, as many of each class", "N")
#define OPTION_ROW_SPIKES                                                                                              \
    OPTION("spikes", OPTION_SPIKES,                                                                                    \
           "also look at what the spikes say: split of the rate, shuffles, anytime decoding, draws averaged", NULL),   \
        OPTION("draws", OPTION_DRAWS, "with --spikes: average K draws of the readout's spikes, 8 by default", "K"),    \
        OPTION("ann", OPTION_ANN, "with --spikes: accuracy and energy of an ordinary network (baseline/ann) beside",   \
               "RUN|MODEL")
#define OPTION_ROW_OPEN                                                                                                \
    OPTION("set", OPTION_SET,                                                                                          \
           "another data.allow_loss, data.from_first_event, data.start_us or data.step_us than the model's",           \
           "key=value")
#define OPTION_ROW_OPEN_CHANNEL                                                                                        \
    OPTION("set", OPTION_SET,                                                                                          \
           "another channel.*, data.allow_loss, data.from_first_event, data.start_us or data.step_us", "key=value")
#define OPTION_ROW_RANGE                                                                                               \
    OPTION("from", OPTION_FROM, "only events from this time on: microseconds, or 20ms, 1.5s", "TIME"),                 \
        OPTION("to", OPTION_TO, "only events before this time", "TIME"),                                               \
        OPTION("relative", OPTION_RELATIVE, "--from and --to count from the first event", NULL)
#define OPTION_ROW_UNIT                                                                                                \
    OPTION("unit", OPTION_UNIT, "unit of times in text, arrays and columns, where it is recognised wrongly",           \
           "s|ms|us|ns")
#define OPTION_ROW_END POPT_TABLEEND

/* What the command line says. Numbers are 0 and texts NULL where it says nothing. */
typedef struct cli_arguments {
    const char *data, *images, *out, *resume, *format, *filter, *table, *html, *ann, *to_format, *only, *program;
    const char *init, *import;
    const char **settings; /* (setting_count): key=value, in the order given */
    const char **over;     /* (over_count): key=value,value */
    const char **operands; /* (operand_count) */
    size_t setting_count, over_count, operand_count;
    uint64_t part, parts, jobs; /* part 1 .. parts; 0: not given */
    uint64_t epochs, examples, seed, seeds, checkpoint_every, draws;
    size_t threads;
    double seconds;
    vdib_split split;
    const char *manifest;            /* --manifest: the file to write */
    bool has_from, has_to, relative; /* --from, --to, --relative: microseconds */
    int64_t from_us, to_us;
    bool has_seed, has_split, json, digest, strict, force, spikes, no_judge;
    const char *words[OPTION_WORDS_END - OPTION_WORDS]; /* of the options from OPTION_WORDS on; "" for a switch */
    char **owned;                                       /* (owned_count): texts behind the pointers above */
    size_t owned_count;
} cli_arguments;

typedef struct cli_command {
    const char *name;
    const char *usage;   /* the operands and options, after the name */
    const char *summary; /* one line */
    const char *details; /* under the options in --help; "" for nothing */
    size_t least, most;  /* operands */
    bool prints;         /* its result is what it prints: without standard output there is none */
    const struct poptOption *options;
    int (*run)(const cli_arguments *arguments);
} cli_command;

/* What an option from OPTION_WORDS on was given; NULL: it was not. */
static inline const char *cli_word(const cli_arguments *arguments, int option) {
    return arguments->words[option - OPTION_WORDS];
}

/* Reads argv[1..] of a command, runs it and returns its exit code; or shows its help. */
int cli_command_run(const cli_command *command, int argc, const char **argv);

/* A time in microseconds: "1500", "1500us", "20ms", "1.5s". `option` is for messages. */
int cli_time(const char *option, const char *text, int64_t *us);

/* The range of time of --from, --to and --relative, whose ends are INT64_MIN and INT64_MAX where they are not given. */
int cli_range(const char *command, const cli_arguments *arguments, int64_t *from_us, int64_t *to_us);

/* Prints what --help prints. */
int cli_command_help(const cli_command *command);

#endif
