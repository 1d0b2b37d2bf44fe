/* SPDX-License-Identifier: MIT */
/* Archives: whatever the bytes, files are written inside a folder alone, or it fails with a message. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "data/archive.h"
#include "place.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void remove_all(const char *path) {
    char inside[8192];
    struct stat entry;
    if (lstat(path, &entry) != 0)
        return;
    require(S_ISDIR(entry.st_mode) || S_ISREG(entry.st_mode)); /* no link, no device */
    DIR *folder = S_ISDIR(entry.st_mode) ? opendir(path) : NULL;
    for (struct dirent *name; folder != NULL && (name = readdir(folder)) != NULL;)
        if (strcmp(name->d_name, ".") != 0 && strcmp(name->d_name, "..") != 0) {
            snprintf(inside, sizeof inside, "%s/%s", path, name->d_name);
            remove_all(inside);
        }
    if (folder != NULL)
        closedir(folder);
    require(remove(path) == 0);
}

static size_t count_entries(const char *path) {
    char **names = NULL;
    size_t count = 0;
    require(vdib__folder_list(path, &names, &count) == VDIB_OK);
    vdib__names_free(names, count);
    return count;
}

/* A few blocks are enough: what unpacks to a lot is no longer interesting. */
static vdib_status stop_soon(const void *context) {
    int *left = *(int *const *)context;
    return --*left > 0 ? VDIB_OK : vdib__fail(VDIB_ERROR_CANCELLED, "enough");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char file[96], into[96];
    int left = 16, *counter = &left;
    vdib__unpacking all = {.poll = stop_soon, .context = &counter, .most = 16 << 20};
    place_path(file, "archive");
    place_path(into, "into");
    require(mkdir(into, 0700) == 0);
    place_write(file, bytes, size);
    (void)vdib__archive_is(file);
    if (vdib__archive_extract(file, file, into, &all) != VDIB_OK)
        require(vdib_last_message()[0] != '\0');
    remove_all(into);
    require(count_entries(place_folder) == 1); /* the archive alone: nothing was written beside the folder */
    return 0;
}
