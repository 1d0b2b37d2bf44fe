/* SPDX-License-Identifier: MIT */
/* A library for LD_PRELOAD: calls of the operating system that fail, for files below given folders, and clocks that
 * jump. Streams are made over descriptors (fopencookie), so that what stdio reads and writes is seen as well; as in the
 * C library, a stream writes on after a short count and does not after an interruption.
 *
 *   VDIB_FAULTS_BELOW=FOLDER[:FOLDER...]   the files that count
 *   VDIB_FAULTS_CALL=open|read|...         the kind of call that fails (KINDS)
 *   VDIB_FAULTS_AT=K                       the K-th of that kind, from 1 on; 0: all of them
 *   VDIB_FAULTS_ERROR=ENOSPC|...|short     how it fails; kill: the program is killed in its place
 *   VDIB_FAULTS_COUNTS=FILE                at the end, a line "kind count" of each kind is appended to it
 *   VDIB_CLOCK_JUMP=SECONDS                the wall clock goes ahead by so much at every other reading */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#pragma GCC visibility push(default) /* its functions stand before those of the C library */

#define KINDS(K)                                                                                                       \
    K(open)                                                                                                            \
    K(tmpfile) K(opendir) K(read) K(write) K(fsync) K(rename) K(mmap) K(close) K(ftruncate) K(mkdir) K(flock) K(unlink)

enum {
#define KIND(name) KIND_##name,
    KINDS(KIND)
#undef KIND
        KIND_COUNT,
    DESCRIPTORS = 4096
};

static const char *const kind_names[] = {
#define KIND(name) #name,
    KINDS(KIND)
#undef KIND
};

static atomic_ulong counts[KIND_COUNT];
static atomic_bool watched[DESCRIPTORS];

/* The function of that name behind this library. */
#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

/* ---- what fails ---- */

static bool is_below(const char *path) {
    const char *folders = getenv("VDIB_FAULTS_BELOW");
    for (size_t length; folders != NULL && *folders != '\0'; folders += length + (folders[length] == ':')) {
        length = strcspn(folders, ":");
        if (strncmp(path, folders, length) == 0 && (path[length] == '/' || path[length] == '\0'))
            return true;
    }
    return false;
}

static bool is_watched(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS && atomic_load(&watched[descriptor]);
}

static int watch(int descriptor, bool on) {
    if (descriptor >= 0 && descriptor < DESCRIPTORS)
        atomic_store(&watched[descriptor], on);
    return descriptor;
}

static int error_of(const char *name) {
    static const struct {
        const char *name;
        int number;
    } all[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EINTR", EINTR},          {"EMFILE", EMFILE},
               {"EACCES", EACCES}, {"ENOLCK", ENOLCK}, {"ENOSYS", ENOSYS},        {"ENOMEM", ENOMEM},
               {"EROFS", EROFS},   {"EDQUOT", EDQUOT}, {"EOPNOTSUPP", EOPNOTSUPP}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].number;
    return 0;
}

typedef enum outcome { GOOD, FAILS, SHORT } outcome;

/* Counts a call, and says how it goes. */
static outcome strike(int kind) {
    unsigned long number = atomic_fetch_add(&counts[kind], 1) + 1;
    const char *call = getenv("VDIB_FAULTS_CALL"), *at = getenv("VDIB_FAULTS_AT"), *how = getenv("VDIB_FAULTS_ERROR");
    if (call == NULL || at == NULL || how == NULL || strcmp(call, kind_names[kind]) != 0)
        return GOOD;
    unsigned long wanted = strtoul(at, NULL, 10);
    if (wanted != 0 && wanted != number)
        return GOOD;
    if (strcmp(how, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(how, "short") == 0)
        return SHORT;
    errno = error_of(how);
    return FAILS;
}

__attribute__((destructor)) static void write_counts(void) {
    const char *path = getenv("VDIB_FAULTS_COUNTS");
    int file = path != NULL ? REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    for (int k = 0; k < KIND_COUNT && file >= 0; k++) {
        char line[64];
        int length = snprintf(line, sizeof line, "%s %lu\n", kind_names[k], atomic_load(&counts[k]));
        (void)!REAL(write)(file, line, (size_t)length);
    }
    if (file >= 0)
        REAL(close)(file);
}

/* ---- descriptors ---- */

static int open_any(int folder, const char *path, int flags, mode_t mode) {
    bool below = path[0] == '/' || folder == AT_FDCWD ? is_below(path) : is_watched(folder);
    bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
    if (below && strike(nameless ? KIND_tmpfile : KIND_open) == FAILS)
        return -1;
    return watch(REAL(openat)(folder, path, flags, mode), below);
}

#define MODE_OF(flags)                                                                                                 \
    va_list rest;                                                                                                      \
    va_start(rest, flags);                                                                                             \
    mode_t mode = ((flags) & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;                                 \
    va_end(rest)

int open(const char *path, int flags, ...) {
    MODE_OF(flags);
    return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE_OF(flags);
    return open_any(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    MODE_OF(flags);
    return open_any(folder, path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags) {
    return open_any(AT_FDCWD, path, flags, 0);
}

int mkstemp(char *path) {
    bool below = is_below(path);
    if (below && strike(KIND_open) == FAILS)
        return -1;
    return watch(REAL(mkstemp)(path), below);
}

int dup(int descriptor) {
    return watch(REAL(dup)(descriptor), is_watched(descriptor));
}

/* As on Linux: the descriptor is closed whatever is said. */
int close(int descriptor) {
    outcome how = is_watched(descriptor) ? strike(KIND_close) : GOOD;
    int reason = errno;
    watch(descriptor, false);
    int result = REAL(close)(descriptor);
    if (how != FAILS)
        return result;
    errno = reason;
    return -1;
}

/* count = what is left of it where the count is short. */
static bool cut(int kind, int descriptor, size_t *count) {
    outcome how = is_watched(descriptor) && *count > 0 ? strike(kind) : GOOD;
    if (how == SHORT && *count > 1)
        *count /= 2;
    return how != FAILS;
}

ssize_t read(int descriptor, void *bytes, size_t count) {
    return cut(KIND_read, descriptor, &count) ? REAL(read)(descriptor, bytes, count) : -1;
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t at) {
    return cut(KIND_read, descriptor, &count) ? REAL(pread)(descriptor, bytes, count, at) : -1;
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off64_t at) {
    return cut(KIND_read, descriptor, &count) ? REAL(pread64)(descriptor, bytes, count, at) : -1;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    return cut(KIND_write, descriptor, &count) ? REAL(write)(descriptor, bytes, count) : -1;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t at) {
    return cut(KIND_write, descriptor, &count) ? REAL(pwrite)(descriptor, bytes, count, at) : -1;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t at) {
    return cut(KIND_write, descriptor, &count) ? REAL(pwrite64)(descriptor, bytes, count, at) : -1;
}

int fsync(int descriptor) {
    return is_watched(descriptor) && strike(KIND_fsync) == FAILS ? -1 : REAL(fsync)(descriptor);
}

int ftruncate(int descriptor, off_t length) {
    return is_watched(descriptor) && strike(KIND_ftruncate) == FAILS ? -1 : REAL(ftruncate)(descriptor, length);
}

int flock(int descriptor, int operation) {
    return is_watched(descriptor) && strike(KIND_flock) == FAILS ? -1 : REAL(flock)(descriptor, operation);
}

void *mmap(void *at, size_t size, int protection, int flags, int descriptor, off_t offset) {
    bool fails = (flags & MAP_ANONYMOUS) == 0 && is_watched(descriptor) && strike(KIND_mmap) == FAILS;
    return fails ? MAP_FAILED : REAL(mmap)(at, size, protection, flags, descriptor, offset);
}

/* ---- names ---- */

int rename(const char *from, const char *to) {
    return is_below(to) && strike(KIND_rename) == FAILS ? -1 : REAL(rename)(from, to);
}

int mkdir(const char *path, mode_t mode) {
    return is_below(path) && strike(KIND_mkdir) == FAILS ? -1 : REAL(mkdir)(path, mode);
}

int unlink(const char *path) {
    return is_below(path) && strike(KIND_unlink) == FAILS ? -1 : REAL(unlink)(path);
}

DIR *opendir(const char *path) {
    if (is_below(path) && strike(KIND_opendir) == FAILS)
        return NULL;
    DIR *folder = REAL(opendir)(path);
    if (folder != NULL)
        watch(dirfd(folder), is_below(path));
    return folder;
}

int closedir(DIR *folder) {
    watch(dirfd(folder), false);
    return REAL(closedir)(folder);
}

/* ---- streams ---- */

typedef struct stream {
    int descriptor;
    FILE *file;
    struct stream *next;
} stream;

static stream *streams;
static pthread_mutex_t streams_lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t stream_read(void *cookie, char *bytes, size_t count) {
    return read(((stream *)cookie)->descriptor, bytes, count);
}

/* Bytes written before an error are lost to the caller, who sees the error. */
static ssize_t stream_write(void *cookie, const char *bytes, size_t count) {
    size_t done = 0;
    while (done < count) {
        ssize_t put = write(((stream *)cookie)->descriptor, bytes + done, count - done);
        if (put <= 0)
            break;
        done += (size_t)put;
    }
    return (ssize_t)done;
}

static int stream_seek(void *cookie, off64_t *offset, int whence) {
    *offset = lseek64(((stream *)cookie)->descriptor, *offset, whence);
    return *offset < 0 ? -1 : 0;
}

static int stream_close(void *cookie) {
    stream *closed = cookie, **at = &streams;
    (void)pthread_mutex_lock(&streams_lock);
    while (*at != NULL && *at != closed)
        at = &(*at)->next;
    if (*at != NULL)
        *at = closed->next;
    (void)pthread_mutex_unlock(&streams_lock);
    int result = close(closed->descriptor);
    int reason = errno;
    free(closed);
    errno = reason;
    return result;
}

static FILE *make_stream(int descriptor, const char *mode) {
    const cookie_io_functions_t functions = {stream_read, stream_write, stream_seek, stream_close};
    stream *made = malloc(sizeof *made);
    if (made == NULL)
        return NULL;
    made->descriptor = descriptor;
    char plain[4] = {mode[0], strchr(mode, '+') != NULL ? '+' : '\0', '\0'};
    made->file = fopencookie(made, plain, functions);
    if (made->file == NULL) {
        free(made);
        return NULL;
    }
    (void)pthread_mutex_lock(&streams_lock);
    made->next = streams;
    streams = made;
    (void)pthread_mutex_unlock(&streams_lock);
    return made->file;
}

static int flags_of(const char *mode) {
    bool both = strchr(mode, '+') != NULL;
    int flags = mode[0] == 'r' ? 0 : mode[0] == 'w' ? O_CREAT | O_TRUNC : O_CREAT | O_APPEND;
    flags |= both ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
    return flags | (strchr(mode, 'x') != NULL ? O_EXCL : 0) | (strchr(mode, 'e') != NULL ? O_CLOEXEC : 0);
}

FILE *fopen(const char *path, const char *mode) {
    if (!is_below(path))
        return REAL(fopen)(path, mode);
    int descriptor = open_any(AT_FDCWD, path, flags_of(mode), 0666);
    FILE *file = descriptor >= 0 ? make_stream(descriptor, mode) : NULL;
    if (file == NULL && descriptor >= 0)
        (void)close(descriptor);
    return file;
}

FILE *fopen64(const char *path, const char *mode) {
    return fopen(path, mode);
}

FILE *fdopen(int descriptor, const char *mode) {
    return is_watched(descriptor) ? make_stream(descriptor, mode) : REAL(fdopen)(descriptor, mode);
}

int fileno(FILE *file) {
    int found = -1;
    (void)pthread_mutex_lock(&streams_lock);
    for (const stream *at = streams; at != NULL; at = at->next)
        if (at->file == file)
            found = at->descriptor;
    (void)pthread_mutex_unlock(&streams_lock);
    return found >= 0 ? found : REAL(fileno)(file);
}

/* ---- clocks ---- */

static time_t jump(void) {
    static atomic_ulong readings;
    const char *seconds = getenv("VDIB_CLOCK_JUMP");
    if (seconds == NULL)
        return 0;
    return atomic_fetch_add(&readings, 1) % 2 == 1 ? (time_t)strtol(seconds, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = REAL(clock_gettime)(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += jump();
    return result;
}

time_t time(time_t *now) {
    time_t read = REAL(time)(NULL) + jump();
    if (now != NULL)
        *now = read;
    return read;
}
