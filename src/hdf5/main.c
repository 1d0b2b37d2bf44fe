/* SPDX-License-Identifier: MIT */
/* vdib-hdf5: started by the library with a socket and a file. */
#include "hdf5/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Libhdf5 as it is used here: silent, without plug-ins, and no file but the one. */
static bool start_library(void) {
    return H5dont_atexit() >= 0 && H5open() >= 0 && H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0 &&
           H5PLset_loading_state(0) >= 0 && register_filters() && register_half();
}

static bool open_file(server *s) {
    hid_t access = driver_access();
    if (access < 0)
        return refuse_because(s, "libhdf5 cannot be used");
    if (s->writes) {
        hid_t creation = H5Pcreate(H5P_FILE_CREATE);
        s->file = H5Fcreate("file", H5F_ACC_TRUNC, creation, access);
        H5Pclose(creation);
        return s->file >= 0 || refuse_because(s, "cannot be created as an HDF5 file");
    }
    s->file = H5Fopen("file", H5F_ACC_RDONLY, access);
    return s->file >= 0 || refuse_because(s, "cannot be opened as an HDF5 file, it is damaged or cut: fetch or export "
                                             "it again");
}

static bool serve(server *s) {
    if (s->operation >= VDIB_HDF5_GROUP && !s->writes)
        return refuse_request(s);
    switch (s->operation) {
    case VDIB_HDF5_LOOK:
        return look(s);
    case VDIB_HDF5_LIST:
        return list(s);
    case VDIB_HDF5_READ:
        return read_rows(s);
    case VDIB_HDF5_GROUP:
        return make_group(s);
    case VDIB_HDF5_CREATE:
        return create(s);
    case VDIB_HDF5_WRITE:
        return write_rows(s);
    case VDIB_HDF5_FINISH:
        return finish(s);
    default:
        return refuse_request(s);
    }
}

/* A person who starts it has no socket. */
static bool has_descriptors(void) {
    struct stat socket, file;
    return fstat(VDIB_HDF5_SOCKET, &socket) == 0 && S_ISSOCK(socket.st_mode) && fstat(VDIB_HDF5_FILE, &file) == 0 &&
           S_ISREG(file.st_mode);
}

int main(int count, char **arguments) {
    static server s;
    if (count < 2 || count > 3 || !has_descriptors()) {
        fputs("vdib-hdf5 reads HDF5 files for vdib, which starts it; use vdib\n", stderr);
        return 2;
    }
    s.writes = strcmp(arguments[1], "write") == 0;
    unsigned long long memory = count == 3 ? strtoull(arguments[2], NULL, 10) : 0;
    limit_descriptors();
    limit_time(true);
    bool fine = (start_library() || refuse(&s, "libhdf5 cannot be used")) &&
                (limit_resources(s.writes, memory) || refuse(&s, "the helper program for HDF5 cannot be limited")) &&
                open_file(&s);
    s.reply.used = 0;
    fine = fine && put32(&s, VDIB_HDF5_VERSION);
    limit_time(false);
    if (!answer(&s, fine) || !fine)
        return 1;
    while (receive(&s)) {
        limit_time(true);
        bool done = serve(&s);
        limit_time(false);
        if (!answer(&s, done))
            return 1;
    }
    return 0;
}
