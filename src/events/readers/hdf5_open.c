/* SPDX-License-Identifier: MIT */
/* From the bytes of an event file to an HDF5 file that the helper program can read. */
#include <fcntl.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupted.h"
#include "core/scratch.h"
#include "events/readers/hdf5_layout.h"
#include "events/unpack.h"

/* All bytes in a file without a name, for what comes packed or through a pipe. */
static vdib_status copy_bytes(vdib__bytes *bytes, int descriptor) {
    const uint64_t most = UINT64_C(1) << 30;
    for (size_t count = 1; count > 0;) {
        const uint8_t *at = NULL;
        VDIB_TRY(vdib__bytes_look(bytes, VDIB_BYTES_WINDOW, &at, &count));
        if (bytes->offset + count > most)
            return vdib__fail(VDIB_ERROR_FORMAT, "%s: unpacks to more than 1 GiB of HDF5; unpack it to a file first",
                              bytes->path);
        if (!vdib__write(descriptor, at, count))
            return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be unpacked to %s, the folder of temporary files",
                                    bytes->path, vdib__temporary_folder());
        vdib__bytes_take(bytes, count);
    }
    return VDIB_OK;
}

static vdib_status open_copy(vdib__bytes *bytes, vdib__hdf5 **file) {
    int descriptor = vdib__scratch_open(NULL);
    if (descriptor < 0)
        return vdib__fail_errno(VDIB_ERROR_IO,
                                "%s: is unpacked to a temporary file, and none can be made in %s (TMPDIR names another "
                                "folder)",
                                bytes->path, vdib__temporary_folder());
    vdib_status status = copy_bytes(bytes, descriptor);
    if (status == VDIB_OK)
        status = vdib__hdf5_open_descriptor(bytes->path, descriptor, file);
    (void)close(descriptor);
    return status;
}

static vdib_status open_file(const vdib__bytes *bytes, vdib__hdf5 **file) {
    int descriptor = vdib__open(bytes->file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0)
        return vdib__fail_errno(VDIB_ERROR_IO, "%s: cannot be opened", bytes->path);
    vdib_status status = vdib__hdf5_open_descriptor(bytes->path, descriptor, file);
    (void)close(descriptor);
    return status;
}

vdib_status vdib__hdf5_of_bytes(vdib__bytes *bytes, vdib__hdf5 **file) {
    if (!vdib__bytes_can_seek(bytes))
        VDIB_TRY(vdib__bytes_settle(bytes));
    return bytes->file != NULL && vdib__bytes_can_seek(bytes) ? open_file(bytes, file) : open_copy(bytes, file);
}
