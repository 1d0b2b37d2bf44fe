/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* Batch systems send USR1 or USR2 before the time limit, the kernel XCPU at the limit of processor time, a closed
 * terminal or ssh HUP (often twice: from the kernel and from the shell). */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};

/* Read by all threads that train runs; of lock-free type, which a handler may write. */
static atomic_int stop_signal; /* the first that came; 0 while none did */
static atomic_int opening;     /* nothing has been done that would have to be saved */

static void on_signal(int number) {
    static const char message[] = "vdib: stopped by a signal while data were opened; nothing was lost or changed\n";
    if (opening) {
        (void)!write(STDERR_FILENO, message, sizeof message - 1);
        _exit(CLI_STOPPED + number);
    }
    if (stop_signal == 0)
        stop_signal = number;
}

static void catch_signal(int number) {
    struct sigaction action, before;
    if (sigaction(number, NULL, &before) != 0 || before.sa_handler == SIG_IGN)
        return;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = number == SIGINT ? (int)SA_RESETHAND : 0;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void cli_signals_opening(void) {
    opening = 1;
    cli_signals_catch();
}

void cli_signals_catch(void) {
    static bool caught;
    if (caught)
        return;
    caught = true;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        catch_signal(signals[i]);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file beyond its limit of size fails like one on a full disk */
}

void cli_signals_ending(void) {
    opening = 0;
}

void cli_signals_reader(void) {
    catch_signal(SIGPIPE);
}

bool cli_stopped(void *user) {
    (void)user;
    opening = 0;
    return stop_signal != 0;
}

int cli_stop_code(void) {
    return stop_signal != 0 ? CLI_STOPPED + (int)stop_signal : 0;
}

void cli_flush(void) {
    if (fflush(stdout) != 0 && errno == EPIPE && stop_signal == 0)
        stop_signal = SIGPIPE;
}
