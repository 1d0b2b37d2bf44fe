/* SPDX-License-Identifier: MIT */
/* What the program may do: nothing but answer on its socket and use its one file. libhdf5 has crashed on damaged files,
 * and a crash may be more than that. */
#define _GNU_SOURCE
#include "hdf5/server.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MEMORY_MIB = 2048, OWN_MIB = 16 /* before it has read anything */, SECONDS = 60, MOST_SECONDS = 86400 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0 /* sanitizers map terabytes, and call more of the system */
#endif

void limit_descriptors(void) {
    long most = sysconf(_SC_OPEN_MAX);
#ifdef SYS_close_range
    if (syscall(SYS_close_range, VDIB_HDF5_FILE + 1, ~0U, 0) == 0)
        return;
#endif
    for (int descriptor = VDIB_HDF5_FILE + 1; descriptor < (int)most; descriptor++)
        close(descriptor);
}

static bool limit(__rlimit_resource_t resource, rlim_t most) {
    struct rlimit both;
    if (getrlimit(resource, &both) != 0)
        return false;
    both.rlim_max = both.rlim_max < most ? both.rlim_max : most;
    both.rlim_cur = both.rlim_max;
    return setrlimit(resource, &both) == 0;
}

/* ---- calls of the system ---- */

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#endif

#ifdef MACHINE
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA))

/* Others fail as not permitted: no file, process or socket can be opened. */
static bool limit_calls(void) {
    static struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_recvfrom),
        ALLOW(SYS_sendto),
        ALLOW(SYS_pread64),
        ALLOW(SYS_pwrite64),
        ALLOW(SYS_ftruncate),
        ALLOW(SYS_fstat),
#ifdef SYS_newfstatat
        ALLOW(SYS_newfstatat),
#endif
        ALLOW(SYS_mmap),
        ALLOW(SYS_munmap),
        ALLOW(SYS_mremap),
        ALLOW(SYS_madvise),
        ALLOW(SYS_brk),
        ALLOW(SYS_futex),
        ALLOW(SYS_getrandom),
        ALLOW(SYS_clock_gettime),
        ALLOW(SYS_gettimeofday),
        ALLOW(SYS_getpid),
        ALLOW(SYS_gettid),
        ALLOW(SYS_rt_sigprocmask),
        ALLOW(SYS_rt_sigaction),
        ALLOW(SYS_rt_sigreturn),
        ALLOW(SYS_restart_syscall),
        ALLOW(SYS_setitimer),
#ifdef SYS_alarm
        ALLOW(SYS_alarm),
#endif
        ALLOW(SYS_tgkill), /* abort() */
        ALLOW(SYS_write),  /* what the C library says before, to nowhere */
        ALLOW(SYS_exit),
        ALLOW(SYS_exit_group),
        REFUSE,
    };
    const struct sock_fprog program = {.len = sizeof rules / sizeof *rules, .filter = rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#else
static bool limit_calls(void) {
    return false; /* the limits on resources stand: no file can be opened, none grow */
}
#endif

bool limit_resources(bool writes, unsigned long long memory) {
    bool fine = limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, VDIB_HDF5_FILE + 1);
    if (!writes)
        fine = limit(RLIMIT_FSIZE, 0) && fine;
    if (SANITIZED)
        return fine;
    fine = limit(RLIMIT_AS, (rlim_t)MEMORY_MIB << 20) && fine;
    if (memory > 0)
        fine = limit(RLIMIT_DATA, (rlim_t)memory + ((rlim_t)OWN_MIB << 20)) && fine;
    (void)limit_calls(); /* containers may forbid it */
    return fine;
}

void limit_time(bool working) {
    static unsigned seconds;
    if (seconds == 0) {
        const char *given = getenv("VDIB_HDF5_SECONDS");
        long wanted = given != NULL ? strtol(given, NULL, 10) : SECONDS;
        seconds = wanted > 0 && wanted <= MOST_SECONDS ? (unsigned)wanted : SECONDS;
    }
    alarm(working ? seconds : 0);
}
