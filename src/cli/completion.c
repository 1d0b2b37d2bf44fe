/* SPDX-License-Identifier: MIT */
/* Completion scripts for bash and zsh, made from the tables of commands, options and configuration keys. */

#include <stdlib.h>
#include <string.h>

#include "commands.h"

/* What an option or operand takes. */
typedef enum takes {
    TAKES_NOTHING,
    TAKES_FOLDER,
    TAKES_FILE,
    TAKES_KEY,
    TAKES_EXPERIMENT,
    TAKES_COMMAND,
    TAKES_WORD,
    TAKES_TEXT
} takes;

static const struct {
    const char *text; /* the placeholder of --help begins with it */
    takes takes;
} placeholders[] = {
    {"DIR", TAKES_FOLDER},
    {"RUN", TAKES_FOLDER},
    {"FILE", TAKES_FILE},
    {"MODEL", TAKES_FILE},
    {"PATH", TAKES_FILE},
    {"key=value", TAKES_KEY},
    {"EXPERIMENT", TAKES_EXPERIMENT},
    {"NAME", TAKES_EXPERIMENT},
};

/* Alternatives in small letters, such as "text|npz", stand for themselves; other placeholders (N, S) for free text. */
static takes takes_of(const char *placeholder) {
    if (placeholder == NULL)
        return TAKES_NOTHING;
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++)
        if (strncmp(placeholder, placeholders[i].text, strlen(placeholders[i].text)) == 0)
            return placeholders[i].takes;
    return strchr(placeholder, '|') != NULL ? TAKES_WORD : TAKES_TEXT;
}

/* An option's NAME is free text (a filter), an operand's is an experiment. */
static takes option_takes(const struct poptOption *option) {
    takes kind = takes_of(option->argDescrip);
    return kind == TAKES_EXPERIMENT ? TAKES_TEXT : kind;
}

static takes operand_takes(const cli_command *command) {
    const char *usage = command->usage[0] == '[' ? command->usage + 1 : command->usage;
    if (command->most == 0)
        return TAKES_NOTHING;
    return takes_of(usage);
}

/* "a|b" as "a b" */
static void print_words(const char *alternatives) {
    for (const char *at = alternatives; *at != '\0'; at++)
        putchar(*at == '|' ? ' ' : *at);
}

static void print_experiments(void) {
    for (size_t i = 0; i < vdib_experiment_count(); i++)
        printf("%s%s", i > 0 ? " " : "", vdib_experiment_name(i));
}

static void print_commands(void) {
    for (size_t i = 0; i < cli_command_count; i++)
        printf("%s ", cli_commands[i]->name);
    printf("help");
}

static void print_keys(const char *ending) {
    for (size_t i = 0; i < vdib_config_key_count(); i++)
        printf("%s%s%s", i > 0 ? " " : "", vdib_config_key_name(i), ending);
}

/* The values of a key that takes one of several names, "a b c", or of a switch; false for other keys. */
static bool key_values(size_t index, char values[CLI_VALUE]) {
    size_t count = vdib_config_key_choice_count(index), used = 0;
    values[0] = '\0';
    for (size_t c = 0; c < count && used < CLI_VALUE; c++)
        used += (size_t)snprintf(values + used, CLI_VALUE - used, "%s%s", c > 0 ? " " : "",
                                 vdib_config_key_choice_name(index, c));
    if (count > 0)
        return true;
    snprintf(values, CLI_VALUE, "true false");
    return strstr(vdib_config_key_help(index), "; true or false;") != NULL;
}

/* ---- bash ---- */

static void bash_reply(takes kind, const char *alternatives) {
    if (kind == TAKES_FOLDER)
        printf("COMPREPLY=($(compgen -d -- \"$word\")); compopt -o filenames");
    else if (kind == TAKES_FILE)
        printf("COMPREPLY=($(compgen -f -- \"$word\")); compopt -o filenames");
    else if (kind == TAKES_KEY)
        printf("_vdib_keys \"$word\"");
    else if (kind == TAKES_EXPERIMENT)
        printf("COMPREPLY=($(compgen -f -W '"), print_experiments(), printf("' -- \"$word\"))");
    else if (kind == TAKES_COMMAND)
        printf("COMPREPLY=($(compgen -W '"), print_commands(), printf(" keys' -- \"$word\"))");
    else if (kind == TAKES_WORD)
        printf("COMPREPLY=($(compgen -W '"), print_words(alternatives), printf("' -- \"$word\"))");
    else
        printf(":");
}

static void bash_command(const cli_command *command) {
    printf("    %s)\n        case $option in\n", command->name);
    for (const struct poptOption *option = command->options; option->longName != NULL; option++)
        if (option_takes(option) != TAKES_NOTHING) {
            printf("        --%s) ", option->longName);
            bash_reply(option_takes(option), option->argDescrip);
            printf("; return ;;\n");
        }
    printf("        esac\n        if [[ $word == -* ]]; then\n            COMPREPLY=($(compgen -W '");
    for (const struct poptOption *option = command->options; option->longName != NULL; option++)
        printf("--%s ", option->longName);
    printf("' -- \"$word\"))\n        else\n            ");
    bash_reply(operand_takes(command), command->usage);
    printf("\n        fi ;;\n");
}

static void print_bash(void) {
    char values[CLI_VALUE];
    printf("# Completion of vdib for bash, as printed by `vdib completion bash`.\n"
           "# \"=\" ends a word for bash: a key's value is a word of its own.\n"
           "_vdib_keys() {\n"
           "    compopt -o nospace\n"
           "    COMPREPLY=($(compgen -W '");
    print_keys("=");
    printf("' -- \"$1\"))\n}\n_vdib_values() {\n    case $1 in\n");
    for (size_t i = 0; i < vdib_config_key_count(); i++)
        if (key_values(i, values))
            printf("    %s) COMPREPLY=($(compgen -W '%s' -- \"$2\")) ;;\n", vdib_config_key_name(i), values);
    printf("    esac\n}\n"
           "_vdib() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} before=''\n"
           "    COMPREPLY=()\n"
           "    if ((COMP_CWORD == 1)); then\n"
           "        COMPREPLY=($(compgen -W '");
    print_commands();
    printf(" --help --version' -- \"$word\"))\n        return\n    fi\n"
           "    [[ $word == '=' ]] && before=$option word=''\n"
           "    [[ $option == '=' ]] && before=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "    if [[ $before == --* ]]; then\n"
           "        option=$before\n"
           "    elif [[ -n $before ]]; then\n"
           "        _vdib_values \"$before\" \"$word\"\n"
           "        return\n"
           "    fi\n"
           "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < cli_command_count; i++)
        bash_command(cli_commands[i]);
    printf("    help) ");
    bash_reply(TAKES_COMMAND, NULL);
    printf(" ;;\n    esac\n}\ncomplete -F _vdib vdib\n");
}

/* ---- zsh ---- */

/* Text within a specification of _arguments in single quotes. */
static void zsh_text(const char *text) {
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'')
            printf("'\\'");
        else if (strchr("[]:\\", *at) != NULL)
            putchar('\\');
        putchar(*at);
    }
}

static void zsh_action(takes kind, const char *alternatives) {
    if (kind == TAKES_FOLDER)
        printf(":folder:_files -/");
    else if (kind == TAKES_FILE)
        printf(":file:_files");
    else if (kind == TAKES_KEY)
        printf(":key=value:_vdib_keys");
    else if (kind == TAKES_EXPERIMENT)
        printf(":experiment:_vdib_experiments");
    else if (kind == TAKES_WORD)
        printf(":word:("), print_words(alternatives), printf(")");
    else if (kind == TAKES_TEXT)
        printf(":value:");
}

static void zsh_command(const cli_command *command) {
    printf("    %s)\n        _arguments \\\n", command->name);
    for (const struct poptOption *option = command->options; option->longName != NULL; option++) {
        takes kind = option_takes(option);
        printf("            '%s--%s%s[", kind == TAKES_KEY ? "*" : "", option->longName,
               kind != TAKES_NOTHING ? "=" : "");
        zsh_text(option->descrip);
        printf("]");
        zsh_action(kind, option->argDescrip);
        printf("' \\\n");
    }
    if (operand_takes(command) != TAKES_NOTHING) {
        printf("            '%s", command->most > 1 ? "*" : "1");
        zsh_action(operand_takes(command), command->usage);
        printf("' ;;\n");
    } else {
        printf("            && return ;;\n");
    }
}

static void print_zsh(void) {
    char values[CLI_VALUE];
    printf("#compdef vdib\n# Completion of vdib for zsh, as printed by `vdib completion zsh`.\n"
           "_vdib_experiments() {\n    compadd -- ");
    print_experiments();
    printf("\n    _files\n}\n_vdib_keys() {\n    if compset -P '*='; then\n        case ${${IPREFIX%%=}##*=} in\n");
    for (size_t i = 0; i < vdib_config_key_count(); i++)
        if (key_values(i, values))
            printf("        %s) compadd -- %s ;;\n", vdib_config_key_name(i), values);
    printf("        esac\n    else\n        compadd -S = -- ");
    print_keys("");
    printf("\n    fi\n}\n_vdib() {\n    local -a commands=(\n");
    for (size_t i = 0; i < cli_command_count; i++) {
        printf("        '%s:", cli_commands[i]->name);
        zsh_text(cli_commands[i]->summary);
        printf("'\n");
    }
    printf("        'help:Shows the help of a command, or with `keys` every configuration key'\n    )\n"
           "    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    fi\n"
           "    local command=${words[2]}\n    shift words\n    ((CURRENT--))\n    case $command in\n");
    for (size_t i = 0; i < cli_command_count; i++)
        zsh_command(cli_commands[i]);
    printf("    help) compadd -- ");
    print_commands();
    printf(" keys ;;\n    esac\n}\n_vdib \"$@\"\n");
}

static int run(const cli_arguments *arguments) {
    const char *shell = arguments->operands[0];
    if (strcmp(shell, "bash") == 0)
        print_bash();
    else if (strcmp(shell, "zsh") == 0)
        print_zsh();
    else
        return cli_fail(CLI_WRONG, "completion: '%s' is neither bash nor zsh", shell);
    return CLI_DONE;
}

static const struct poptOption options[] = {OPTION_ROW_HELP, OPTION_ROW_END};

const cli_command cli_completion = {
    .name = "completion",
    .usage = "bash|zsh",
    .summary = "Prints a script that completes commands, options and keys in a shell",
    .details = "An installed vdib brings both. Without an installation: source <(vdib completion bash)\n",
    .least = 1,
    .most = 1,
    .options = options,
    .prints = true,
    .run = run,
};
