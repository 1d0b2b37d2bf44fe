/* SPDX-License-Identifier: MIT */
/* Whether a second thread helps, or at least does no harm, beside other programs that want the cores: training with one
 * and with N threads by turns, beside 0, 1, 2 and 4 processes that compute for ever.
 *
 *     build/release/bench/busy [--threads N] [--rounds N] [--seconds S] [--session] [--only NAME]
 *
 * --session: the busy processes get a session of their own, as those of another terminal or desktop program have;
 * Linux shares the cores among sessions first (sched_autogroup). Prints medians over the rounds of the ratio of
 * speeds, N threads to one, and their quartiles. With 1 thread it compares one with one: what is measured then is
 * noise. */
#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vdib/vdib.h>

enum { MOST_ROUNDS = 100, MOST_BUSY = 4 };

typedef struct options {
    size_t threads, rounds;
    double seconds;
    bool session;
    const char *only;
} options;

typedef struct job {
    const char *name, *experiment, *settings[8];
    vdib_config *config;
    vdib_dataset *data;
    vdib_trainer *trainer;
} job;

#define FEW_DATA                                                                                                       \
    "training.validate_every=0", "training.examples=1000000000", "data.train_examples=96", "data.test_examples=2"

static job jobs[] = {
    {.name = "demo", .experiment = "demo", .settings = {FEW_DATA}},
    {.name = "dvs-batch1", .experiment = "published/dvs", .settings = {FEW_DATA, "learning.batch_size=1"}},
    {.name = "dvs-batch64", .experiment = "published/dvs", .settings = {FEW_DATA, "learning.batch_size=64"}},
};

static void must(vdib_status status) {
    if (status == VDIB_OK)
        return;
    fprintf(stderr, "busy: %s\n", vdib_last_message());
    exit(1);
}

static void job_open(job *j) {
    must(vdib_config_load(j->experiment, &j->config));
    for (size_t i = 0; j->settings[i] != NULL; i++)
        must(vdib_config_set(j->config, j->settings[i]));
    must(vdib_dataset_open("builtin:digits", j->config, &j->data));
    must(vdib_trainer_create(j->config, j->data, &j->trainer));
}

static void job_close(job *j) {
    vdib_trainer_destroy(j->trainer);
    vdib_dataset_destroy(j->data);
    vdib_config_destroy(j->config);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Updates a second. */
static double speed(vdib_trainer *trainer, size_t threads, double seconds) {
    double start = now(), last = start;
    size_t steps = 0;
    must(vdib_trainer_set_threads(trainer, threads));
    do {
        must(vdib_trainer_step(trainer, NULL));
        steps++;
        last = now();
    } while (last - start < seconds);
    return (double)steps / (last - start);
}

static pid_t compute_for_ever(bool session) {
    pid_t child = fork();
    if (child != 0)
        return child;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with this program, however that ends */
    if (session)
        (void)setsid();
    for (volatile unsigned long i = 0;; i++)
        continue;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const job *j, size_t busy, const options *o) {
    pid_t children[MOST_BUSY];
    double ratios[MOST_ROUNDS], alone = 0;
    for (size_t i = 0; i < busy; i++)
        children[i] = compute_for_ever(o->session);
    (void)speed(j->trainer, o->threads, o->seconds / 2);
    for (size_t round = 0; round < o->rounds; round++) {
        double one = 0, more = 0;
        if (round % 2 == 0)
            one = speed(j->trainer, 1, o->seconds);
        more = speed(j->trainer, o->threads, o->seconds);
        if (round % 2 != 0)
            one = speed(j->trainer, 1, o->seconds);
        ratios[round] = more / one;
        alone += one / (double)o->rounds;
    }
    for (size_t i = 0; i < busy; i++) {
        (void)kill(children[i], SIGKILL);
        (void)waitpid(children[i], NULL, 0);
    }
    qsort(ratios, o->rounds, sizeof *ratios, ascending);
    printf("%-12s %zu busy: %.2f (%.2f .. %.2f), one thread %.1f updates/s\n", j->name, busy,
           (ratios[(o->rounds - 1) / 2] + ratios[o->rounds / 2]) / 2, ratios[o->rounds / 4],
           ratios[o->rounds - 1 - o->rounds / 4], alone);
    fflush(stdout);
}

static options read_options(int argc, char **argv) {
    options o = {.threads = 2, .rounds = 10, .seconds = 1};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--session") == 0)
            o.session = true;
        else if (strcmp(argv[i], "--threads") == 0 && ++i < argc)
            o.threads = strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--rounds") == 0 && ++i < argc)
            o.rounds = strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0 && ++i < argc)
            o.seconds = strtod(value, NULL);
        else if (strcmp(argv[i], "--only") == 0 && ++i < argc)
            o.only = value;
        else
            o.rounds = 0;
    }
    if (o.threads == 0 || o.rounds == 0 || o.rounds > MOST_ROUNDS || !(o.seconds > 0)) {
        fprintf(stderr, "usage: busy [--threads N] [--rounds 1..%d] [--seconds S] [--session] [--only NAME]\n",
                MOST_ROUNDS);
        exit(2);
    }
    return o;
}

int main(int argc, char **argv) {
    static const size_t busy[] = {0, 1, 2, MOST_BUSY};
    options o = read_options(argc, argv);
    printf("speed of %zu threads over that of one; median (quartiles) of %zu pairs of %g s\n", o.threads, o.rounds,
           o.seconds);
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        if (o.only != NULL && strcmp(o.only, jobs[i].name) != 0)
            continue;
        job_open(&jobs[i]);
        for (size_t b = 0; b < sizeof busy / sizeof *busy; b++)
            measure(&jobs[i], busy[b], &o);
        job_close(&jobs[i]);
    }
    return 0;
}
