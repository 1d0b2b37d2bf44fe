/* SPDX-License-Identifier: MIT */
/* How libhdf5 reads and writes: through the one descriptor that was handed over. It opens nothing, so that links to
 * other files lead nowhere. */
#include "hdf5/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct driver_file {
    H5FD_t header; /* libhdf5's, first */
    haddr_t end;   /* of the file */
    haddr_t claimed;
} driver_file;

static bool in_use; /* the one file is open: links to others find nothing */

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t most) {
    struct stat entry;
    (void)name;
    (void)flags;
    (void)access;
    (void)most;
    driver_file *file = in_use || fstat(VDIB_HDF5_FILE, &entry) != 0 ? NULL : calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    in_use = true;
    file->end = (haddr_t)entry.st_size;
    return &file->header;
}

static herr_t driver_close(H5FD_t *file) {
    in_use = false;
    free(file);
    return 0;
}

static int driver_compare(const H5FD_t *a, const H5FD_t *b) {
    return a < b ? -1 : a > b;
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags) {
    (void)file;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t driver_claimed(const H5FD_t *file, H5FD_mem_t type) {
    (void)type;
    return ((const driver_file *)file)->claimed;
}

static herr_t driver_claim(H5FD_t *file, H5FD_mem_t type, haddr_t address) {
    (void)type;
    ((driver_file *)file)->claimed = address;
    return 0;
}

static haddr_t driver_end(const H5FD_t *file, H5FD_mem_t type) {
    (void)type;
    return ((const driver_file *)file)->end;
}

/* What is beyond the end reads as zeros, as with libhdf5's own driver. */
static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *bytes) {
    uint8_t *at = bytes;
    (void)file;
    (void)type;
    (void)transfer;
    if (address > INT64_MAX || size > INT64_MAX - address)
        return -1;
    while (size > 0) {
        ssize_t got = pread(VDIB_HDF5_FILE, at, size, (off_t)address);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0) {
            memset(at, 0, size);
            break;
        }
        at += got;
        address += (haddr_t)got;
        size -= (size_t)got;
    }
    return 0;
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                           const void *bytes) {
    const uint8_t *at = bytes;
    driver_file *own = (driver_file *)file;
    (void)type;
    (void)transfer;
    while (size > 0) {
        ssize_t put_bytes = pwrite(VDIB_HDF5_FILE, at, size, (off_t)address);
        if (put_bytes < 0 && errno == EINTR)
            continue;
        if (put_bytes <= 0)
            return -1;
        at += put_bytes;
        address += (haddr_t)put_bytes;
        size -= (size_t)put_bytes;
    }
    own->end = address > own->end ? address : own->end;
    return 0;
}

static herr_t driver_truncate(H5FD_t *file, hid_t transfer, hbool_t closing) {
    driver_file *own = (driver_file *)file;
    (void)transfer;
    (void)closing;
    if (own->claimed == own->end)
        return 0;
    if (ftruncate(VDIB_HDF5_FILE, (off_t)own->claimed) != 0)
        return -1;
    own->end = own->claimed;
    return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)600, /* of the range for drivers outside of libhdf5 */
#endif
    .name = "descriptor",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_WEAK,
    .open = driver_open,
    .close = driver_close,
    .cmp = driver_compare,
    .query = driver_query,
    .get_eoa = driver_claimed,
    .set_eoa = driver_claim,
    .get_eof = driver_end,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t driver_access(void) {
    hid_t number = H5FDregister(&driver), access = number >= 0 ? H5Pcreate(H5P_FILE_ACCESS) : -1;
    if (access >= 0 && H5Pset_driver(access, number, NULL) < 0)
        return -1;
    return access;
}
