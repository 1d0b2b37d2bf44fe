/* SPDX-License-Identifier: MIT */
/* Where the helper program is: in the folder for such programs, seen from the library's own. */
#define _GNU_SOURCE /* dladdr */
#include "core/helper.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"

#define PROGRAM "vdib-hdf5"

/* The folder of the library's file, or of the program's that it is linked into; false if the system does not say. */
static bool own_folder(char folder[PATH_MAX]) {
    Dl_info object;
    if (dladdr((const void *)&vdib__helper_find, &object) != 0 && object.dli_fname[0] == '/' &&
        strlen(object.dli_fname) < PATH_MAX) {
        strcpy(folder, object.dli_fname);
    } else {
        ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
        if (length <= 0)
            return false;
        folder[length] = '\0';
    }
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

static bool is_there(char program[PATH_MAX], const char *folder, const char *below) {
    int length = snprintf(program, PATH_MAX, "%s%s" PROGRAM, folder, below);
    return length > 0 && length < PATH_MAX && access(program, X_OK) == 0;
}

vdib_status vdib__helper_find(const char *path, char **program) {
    char folder[PATH_MAX], found[PATH_MAX];
    const char *named = getenv("VDIB_HDF5_HELPER");
    if (named != NULL && access(named, X_OK) == 0)
        return vdib__strdup(named, program);
    if (named != NULL)
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "%s: HDF5 is read by a helper program, and %s, which VDIB_HDF5_HELPER in the environment "
                          "names, cannot be run; name the file " PROGRAM " of this installation",
                          path, named);
    if (own_folder(folder) && (is_there(found, folder, "/" VDIB_HELPER_FROM_LIBRARY "/") ||
                               is_there(found, folder, "/" VDIB_HELPER_FROM_PROGRAM "/")))
        return vdib__strdup(found, program);
    if (is_there(found, VDIB_HELPER_FOLDER, "/"))
        return vdib__strdup(found, program);
    return vdib__fail(
        VDIB_ERROR_UNSUPPORTED,
        "%s: HDF5 is read by a helper program, " PROGRAM ", which is not in %s; build and install vdib with "
        "libhdf5 (cmake -D VDIB_WITH_HDF5=ON), or name the program by VDIB_HDF5_HELPER in the environment",
        path, VDIB_HELPER_FOLDER);
}
