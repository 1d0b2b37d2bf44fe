/* SPDX-License-Identifier: MIT */
/* Archives that a data set, its images or a manifest name. */

#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "data/dataset_parts.h"
#include "data/folders.h"

static vdib_status poll(const void *context) {
    return vdib__dataset_cancelled(context);
}

static vdib_status note_unpacked(vdib_dataset *dataset, const vdib__unpacked *unpacked) {
    enum { MIB = 1 << 20 };
    const vdib__extraction *made = &unpacked->made;
    VDIB_TRY(vdib__note(dataset,
                        "%s: %llu file%s of %.1f MiB in all are unpacked in the cache folder, as %s, where later runs "
                        "find them",
                        unpacked->given, (unsigned long long)made->files, vdib__s(made->files),
                        (double)made->bytes / MIB, strrchr(unpacked->folder, '/') + 1));
    if (made->left_out > 0)
        VDIB_TRY(vdib__note(dataset, "%s: entries that are left out: %llu, links or devices", unpacked->given,
                            (unsigned long long)made->left_out));
    if (made->hidden > 0)
        VDIB_TRY(vdib__note(dataset, "%s: hidden files (.DS_Store, __MACOSX) that are left out: %llu", unpacked->given,
                            (unsigned long long)made->hidden));
    return VDIB_OK;
}

vdib_status vdib__dataset_unpack(vdib_dataset *dataset, const char *given, vdib__unpacked *unpacked) {
    VDIB_TRY(vdib__archives_unpack(given, vdib__folder_has_data, poll, dataset, unpacked));
    vdib_status status = unpacked->folder != NULL ? note_unpacked(dataset, unpacked) : VDIB_OK;
    if (status != VDIB_OK)
        vdib__unpacked_close(unpacked);
    return status;
}
