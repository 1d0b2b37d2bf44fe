/* SPDX-License-Identifier: MIT */
/* Files that were being written when their program was killed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"

enum { FRESH_S = 60 /* a writer has locked its file long before */ };

static const char between[] = ".tmp-";

/* Whether text is "<process>" or "<process>-<number>". */
static bool is_numbers(const char *text) {
    static const char digits[] = "0123456789";
    size_t count = strspn(text, digits), end = count;
    if (count > 0 && text[end] == '-' && strspn(text + end + 1, digits) > 0)
        end += 1 + strspn(text + end + 1, digits);
    return count > 0 && text[end] == '\0';
}

bool vdib__is_temporary_of(const char *name, const char *final) {
    size_t length = strlen(final), mark = sizeof between - 1;
    return strncmp(name, final, length) == 0 && strncmp(name + length, between, mark) == 0 &&
           is_numbers(name + length + mark);
}

/* Where "<process>" begins in the temporary of any file whose name has that ending; NULL if it is none. */
static const char *numbers_of(const char *name, const char *ending) {
    const char *found = NULL, *at = name;
    while ((at = strstr(at, between)) != NULL)
        found = at++;
    size_t length = strlen(ending);
    bool ends = found != NULL && (size_t)(found - name) > length && strncmp(found - length, ending, length) == 0;
    return ends && is_numbers(found + sizeof between - 1) ? found + sizeof between - 1 : NULL;
}

/* Whether nobody writes a temporary any more. Its writer holds a lock on it, which ends with the writer; before it has
 * the lock, its process tells. Numbers of processes come again, so that an old file that nobody locks is abandoned. */
static bool is_abandoned(int folder, const char *name, long process) {
    struct stat entry;
    if (process <= 0 || process > INT32_MAX)
        return false;
    bool gone = kill((pid_t)process, 0) != 0 && errno == ESRCH;
    int opened = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool abandoned = opened >= 0 && fstat(opened, &entry) == 0 && S_ISREG(entry.st_mode) &&
                     (gone || time(NULL) - entry.st_mtime > FRESH_S) && flock(opened, LOCK_EX | LOCK_NB) == 0;
    if (opened >= 0)
        (void)close(opened);
    return abandoned;
}

/* Without the lists of file.h: this comes before every file that is written, and fails for nobody. */
static void clean(const char *folder, const char *final, const char *ending) {
    DIR *opened = opendir(folder);
    if (opened == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        const char *name = entry->d_name, *numbers = NULL;
        if (final == NULL)
            numbers = numbers_of(name, ending);
        else if (vdib__is_temporary_of(name, final))
            numbers = name + strlen(final) + sizeof between - 1;
        if (numbers != NULL && is_abandoned(dirfd(opened), name, strtol(numbers, NULL, 10)))
            (void)unlinkat(dirfd(opened), name, 0);
    }
    (void)closedir(opened);
}

void vdib__temporaries_clean(const char *path) {
    const char *slash = strrchr(path, '/');
    char folder[VDIB_FOLDER_SIZE];
    if (vdib__path_folder(path, folder))
        clean(folder, slash != NULL ? slash + 1 : path, NULL);
}

void vdib__temporaries_clean_all(const char *folder, const char *ending) {
    clean(folder, NULL, ending);
}
