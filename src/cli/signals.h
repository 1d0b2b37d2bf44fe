/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CLI_SIGNALS_H
#define VDIB_CLI_SIGNALS_H
/* Signals that ask the program to stop: Ctrl-C, a closed terminal, batch systems, limits of time, a reader of
 * standard output that has gone away. */

#include "cli.h"

/* From now on such a signal is noted instead of ending the program; but until cli_stopped is asked the next time,
 * that is while data are opened and nothing has to be saved, it ends the program at once with the same exit code. A
 * signal that was ignored when the program began stays ignored (nohup; the shell ignores SIGINT for background
 * jobs). A second Ctrl-C ends at once. */
void cli_signals_opening(void);

/* As cli_signals_opening, for work with several runs at once: a signal is only noted, whatever else is being opened. */
void cli_signals_catch(void);

/* The command is done: a signal is only noted, even if data were opened last. */
void cli_signals_ending(void);

/* From now on a reader of standard output that goes away counts as such a signal; before, it ends the program at
 * once, which suits commands that only print. */
void cli_signals_reader(void);

/* The callback for the library: whether a signal has come. */
bool cli_stopped(void *user);

/* 128 + the number of the signal that came, the exit code for it; 0 if none did. */
int cli_stop_code(void);

/* Flushes standard output; a reader that has gone away counts as SIGPIPE also where that signal is ignored. */
void cli_flush(void);

#endif
