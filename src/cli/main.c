/* SPDX-License-Identifier: MIT */
/* The program `vdib`: finds the command and hands it the rest of the line. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

static int unknown(const char *name) {
    const char *nearest = "help";
    for (size_t i = 0; i < cli_command_count; i++)
        if (cli_distance(name, cli_commands[i]->name) < cli_distance(name, nearest))
            nearest = cli_commands[i]->name;
    return cli_fail(CLI_WRONG, "there is no command '%s'; did you mean '%s'? `vdib --help` lists them", name, nearest);
}

static int print_usage(void) {
    puts("Usage: vdib COMMAND ...\n\n"
         "Learns to decode time from spikes: trains a spiking encoder and a neural decoder together.\n");
    for (size_t i = 0; i < cli_command_count; i++)
        printf("  %-12s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    puts("  help         Shows the help of a command, or with `keys` every configuration key\n\n"
         "`vdib COMMAND --help` shows the options of a command, `man vdib` says more.\n"
         "Exit code: 0 done, 1 failed while running, 2 wrong usage or configuration, 128 + N stopped by signal N.");
    return CLI_DONE;
}

static void print_key(size_t index) {
    printf("%s\n    %s\n", vdib_config_key_name(index), vdib_config_key_help(index));
    for (size_t c = 0; c < vdib_config_key_choice_count(index); c++)
        printf("        %-16s %s\n", vdib_config_key_choice_name(index, c), vdib_config_key_choice_help(index, c));
}

static int print_keys(void) {
    puts("The keys of a configuration, for `--set key=value` and YAML files:\n");
    for (size_t i = 0; i < vdib_config_key_count(); i++)
        print_key(i);
    return CLI_DONE;
}

static int help(int argc, const char **argv) {
    if (argc < 2 || strcmp(argv[1], "--help") == 0)
        return print_usage();
    if (argc > 2)
        return cli_fail(CLI_WRONG, "help: '%s' is one word too many; usage: vdib help [COMMAND|keys]", argv[2]);
    if (strcmp(argv[1], "keys") == 0)
        return print_keys();
    const cli_command *command = cli_command_find(argv[1]);
    return command != NULL ? cli_command_help(command) : unknown(argv[1]);
}

static int dispatch(int argc, const char **argv) {
    if (argc < 2)
        return cli_fail(CLI_WRONG, "no command is given; `vdib --help` lists them");
    bool version = strcmp(argv[1], "--version") == 0, helps = strcmp(argv[1], "help") == 0;
    bool usage = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
    if (version || helps || usage)
        CLI_TRY(cli_output_needed());
    if (version) {
        printf("vdib %s\n", vdib_version());
        return CLI_DONE;
    }
    if (usage)
        return print_usage();
    if (helps)
        return help(argc - 1, argv + 1);
    const cli_command *command = cli_command_find(argv[1]);
    return command != NULL ? cli_command_run(command, argc - 1, argv + 1) : unknown(argv[1]);
}

/* A closed standard stream would give its number to the next file that is opened, and messages would land in that file.
 */
static void open_standard_streams(void) {
    int opened;
    do
        opened = open("/dev/null", O_RDWR);
    while (opened >= 0 && opened <= STDERR_FILENO);
    if (opened > STDERR_FILENO)
        (void)close(opened);
}

int main(int argc, char **argv) {
    cli_output_look();
    open_standard_streams();
    /* popt wants pointers to const, and the program's name replaced. */
    const char **words = calloc((size_t)argc + 1, sizeof *words);
    if (words == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    for (int i = 0; i < argc; i++)
        words[i] = argv[i];
    int code = dispatch(argc, words);
    free(words);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (code == CLI_STOPPED + SIGPIPE) /* said already */
            return code;
        int failed = cli_fail(CLI_FAILED, "standard output cannot be written (%s)", strerror(errno));
        return code != CLI_DONE ? code : failed;
    }
    return code;
}
