/* SPDX-License-Identifier: MIT */
#include "ranks.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mpi/module.h"
#include "signals.h"

static struct {
    const vdib_mpi_module *module; /* NULL: alone */
    vdib_ranks ranks;
    size_t neighbours;
} together;

/* How launchers tell a process which of how many it is: Open MPI's mpirun, that of MPICH and others, and Slurm's srun,
 * which says so of every step: of one task, too, and of what a job's script starts itself. */
static const struct {
    const char *count, *rank;
} launchers[] = {{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
                 {"PMI_SIZE", "PMI_RANK"},
                 {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"}};

/* A number of the environment; 0 where it has none. */
static long number_of(const char *name) {
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

bool cli_ranks_launched(size_t *rank, size_t *count) {
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++)
        if (number_of(launchers[i].count) > 1) {
            *count = (size_t)number_of(launchers[i].count);
            *rank = (size_t)number_of(launchers[i].rank);
            return *rank < *count;
        }
    return false;
}

/* Beside the helper programs, seen from this one. */
static void *load_module(void) {
    char path[CLI_PATH], program[CLI_PATH];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL)
        return NULL;
    *slash = '\0';
    int written = snprintf(path, sizeof path, "%s/" VDIB_HELPER_FROM_PROGRAM "/" VDIB_MPI_MODULE_FILE, program);
    if (written < 0 || written >= (int)sizeof path)
        return NULL;
    return dlopen(path, RTLD_NOW | RTLD_GLOBAL); /* Open MPI's own parts look for its symbols */
}

int cli_ranks_begin(void) {
    size_t rank = 0, count = 0;
    if (!cli_ranks_launched(&rank, &count))
        return CLI_DONE;
    void *library = load_module();
    const vdib_mpi_module *module = library != NULL ? dlsym(library, VDIB_MPI_MODULE_SYMBOL) : NULL;
    if (module == NULL) {
        if (rank > 0)
            return CLI_WRONG;
        return cli_fail(CLI_WRONG,
                        "%zu of this program were started to work together, and it was built without MPI "
                        "(%s); build it with libopenmpi-dev, or start one",
                        count, library == NULL ? dlerror() : "another module");
    }
    CLI_TRY_LIBRARY(module->begin(&together.ranks, &together.neighbours));
    together.module = module;
    if (together.ranks.count != count)
        return cli_fail(CLI_WRONG,
                        "%zu of this program were started, and MPI sees %zu of them: start them by the mpirun of "
                        "the MPI that vdib was built with, or by srun --mpi=pmix",
                        count, together.ranks.count);
    if (!cli_ranks_leads() && freopen("/dev/null", "w", stdout) == NULL)
        return CLI_FAILED;
    return CLI_DONE;
}

const vdib_ranks *cli_ranks(void) {
    return together.module != NULL && together.ranks.count > 1 ? &together.ranks : NULL;
}

bool cli_ranks_leads(void) {
    return cli_ranks() == NULL || together.ranks.rank == 0;
}

size_t cli_ranks_threads(size_t asked) {
    if (asked > 0 || cli_ranks() == NULL)
        return asked;
    size_t share = vdib_cores() / together.neighbours; /* a launcher that binds ranks to cores has given each its own */
    return share > 0 && vdib_cores() == (size_t)sysconf(_SC_NPROCESSORS_ONLN) ? share : vdib_cores();
}

void cli_ranks_print_traffic(void) {
    char count[CLI_TEXT];
    if (cli_ranks() == NULL)
        return;
    const vdib_mpi_traffic sent = together.module->traffic();
    printf("rank 0 sent %.1f MB in %s gatherings, in which it spent %.1f s\n", (double)sent.bytes / 1e6,
           cli_count(sent.gatherings, count), sent.seconds);
}

/* How all have fared; rank 0 says what another has said of itself. */
static int agree(int code) {
    vdib_status status = code == CLI_DONE ? VDIB_OK : VDIB_ERROR_ARGUMENT;
    if (code != CLI_DONE)
        (void)vdib_fail(status, cli_last_line());
    vdib_status all = vdib_ranks_end(cli_ranks(), status);
    if (code != CLI_DONE || all == VDIB_OK)
        return code;
    return cli_library_fail(all);
}

int cli_ranks_end(int code) {
    if (cli_ranks() == NULL)
        return code;
    cli_signals_ending(); /* launchers send one to all when the first has failed */
    code = agree(code);
    fflush(stdout);
    together.module->end();
    return code;
}
