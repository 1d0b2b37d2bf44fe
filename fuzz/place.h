/* SPDX-License-Identifier: MIT */
#ifndef VDIB_FUZZ_PLACE_H
#define VDIB_FUZZ_PLACE_H
/* A folder of a target's own, in memory where the system has such a file system; it goes with the process. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "require.h"

static char place_folder[64];

static inline void place_path(char path[96], const char *name);

static inline void place_remove(void) {
    char path[96];
    DIR *folder = opendir(place_folder);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.' && strlen(entry->d_name) < 32) {
            place_path(path, entry->d_name);
            (void)remove(path);
        }
    if (folder != NULL)
        closedir(folder);
    (void)rmdir(place_folder);
}

static inline void place_path(char path[96], const char *name) {
    if (place_folder[0] == '\0') {
        snprintf(place_folder, sizeof place_folder, "%s/vdib-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        require(mkdtemp(place_folder) != NULL);
        require(atexit(place_remove) == 0);
    }
    require(snprintf(path, 96, "%s/%.31s", place_folder, name) < 96);
}

/* The file's only content. Plain writes: the library's own sync every file. */
static inline void place_write(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    require(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

#endif
