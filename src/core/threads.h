/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_THREADS_H
#define VDIB_CORE_THREADS_H
/* Threads of the library. A loop is cut into tasks, whose number and borders depend on the problem alone; tasks write
 * disjoint memory, and each sum has one fixed order inside one task. So the bits of a result never depend on the number
 * of threads, nor on which thread takes which task.
 *
 * Who the threads are. Every thread of the host that calls the library has a team of its own, as its last message is
 * its own: nothing is shared between two host threads that train at once, and there is no lock between them. The team's
 * workers are started by the first loop that wants them and end with the host's thread. After fork() the child starts
 * workers of its own.
 *
 * How they wait. A loop never waits for a worker that has not begun: the calling thread takes tasks too, all of them
 * if nobody comes, and at the end waits only for tasks that somebody else is in the middle of. Who waits looks for
 * work for up to a millisecond, as long as nobody else wants the core (which sched_yield tells), and sleeps then.
 * Where other programs want the cores, it sleeps much sooner, and loops that workers slow down are run without them
 * (pace.h). No environment variable, signal or setting of the process is touched; workers block all signals. */

#include <stddef.h>

/* Threads to use for a request: `requested` itself, or every core that this process may use for 0: those of its
 * affinity mask, but no more than the quotas of its control groups let it keep busy. At least 1, at most 256. */
int vdib__threads(size_t requested);

/* One task of a loop. `slot` is below the number of threads, and tasks that run at the same time have different
 * ones: it numbers scratch memory. */
typedef void vdib__task(const void *context, size_t task, size_t slot);

/* Runs tasks 0 .. count - 1 by up to `threads` threads and returns when all are done. Which thread runs which one,
 * and in which order they begin, is left to chance. With one thread, one task, or when called from inside a task,
 * the caller runs them all, in slot 0. If workers cannot be started, those that there are do the work. */
void vdib__parallel(int threads, size_t count, vdib__task *task, const void *context);

/* Number of tasks of `block` elements that cover `count`. */
static inline size_t vdib__blocks(size_t count, size_t block) {
    return (count + block - 1) / block;
}

#endif
