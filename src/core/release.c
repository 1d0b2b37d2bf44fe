/* SPDX-License-Identifier: MIT */
#include "core/release.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "vdib/vdib.h"

enum { PARTS = 3, DIGITS = 5, SHOWN_FORMAT = 20 };

/* "MAJOR.MINOR.PATCH"; false for every other text: it comes from a file and stands in a message. */
static bool parts_of(const char *release, long parts[PARTS]) {
    const char *at = release;
    for (int i = 0; i < PARTS; i++) {
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > DIGITS || at[digits] != (i + 1 < PARTS ? '.' : '\0'))
            return false;
        parts[i] = strtol(at, NULL, 10);
        at += digits + 1;
    }
    return true;
}

static bool is_newer(const char *release) {
    static const long own[PARTS] = {VDIB_VERSION_MAJOR, VDIB_VERSION_MINOR, VDIB_VERSION_PATCH};
    long parts[PARTS];
    if (release == NULL || !parts_of(release, parts))
        return false;
    for (int i = 0; i < PARTS; i++)
        if (parts[i] != own[i])
            return parts[i] > own[i];
    return false;
}

vdib_status vdib__release_check(const char *origin, const char *what, const char *format, const char *reads,
                                const char *release) {
    if (strcmp(format, reads) == 0)
        return VDIB_OK;
    if (is_newer(release))
        return vdib__fail(VDIB_ERROR_VERSION,
                          "%s: has %s format %.*s, written by vdib %s; this is vdib " VDIB_VERSION
                          ", which reads format %s: install vdib %s or newer",
                          origin, what, SHOWN_FORMAT, format, release, reads, release);
    return vdib__fail(VDIB_ERROR_VERSION,
                      "%s: has %s format %.*s; this is vdib " VDIB_VERSION
                      ", which reads format %s: use the vdib that wrote it",
                      origin, what, SHOWN_FORMAT, format, reads);
}

vdib_status vdib__release_explain(vdib_status status, const char *release) {
    bool content = status == VDIB_ERROR_FORMAT || status == VDIB_ERROR_CONFIG || status == VDIB_ERROR_UNSUPPORTED;
    if (!content || !is_newer(release))
        return status;
    return vdib__fail(VDIB_ERROR_VERSION,
                      "%s; it was written by vdib %s, and this is vdib " VDIB_VERSION ": install vdib %s or newer",
                      vdib_last_message(), release, release);
}
