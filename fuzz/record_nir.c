/* SPDX-License-Identifier: MIT */
/* record-nir FILE.nir OUT: what the helper program for HDF5 answers while the graph is read, as the target nir takes
 * it. Its seeds in fuzz/corpus/nir are made so, again whenever the library asks in another order. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"
#include "core/hdf5_file.h"
#include "export/nir_import.h"

/* Bytes go from one socket to another, and to a file. */
typedef struct pipe_ends {
    int from, to;
    FILE *copy; /* NULL: none */
} pipe_ends;

static void *carry(void *ends) {
    const pipe_ends *p = ends;
    char bytes[4096];
    for (ssize_t got; (got = recv(p->from, bytes, sizeof bytes, 0)) > 0;)
        if (send(p->to, bytes, (size_t)got, MSG_NOSIGNAL) != got ||
            (p->copy != NULL && fwrite(bytes, 1, (size_t)got, p->copy) != (size_t)got))
            break;
    shutdown(p->to, SHUT_WR);
    return NULL;
}

int main(int count, char **words) {
    const uint32_t greeting[] = {0, sizeof(uint32_t), VDIB_HDF5_VERSION};
    vdib__hdf5 *file = NULL;
    vdib_import *import = NULL;
    pthread_t threads[2];
    int pair[2];
    FILE *out = count == 3 ? fopen(words[2], "wb") : NULL;
    if (out == NULL || fwrite(greeting, sizeof greeting, 1, out) != 1) {
        fprintf(stderr, "record-nir FILE.nir OUT\n");
        return 2;
    }
    if (vdib__hdf5_open(words[1], &file) != VDIB_OK || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        fprintf(stderr, "%s\n", vdib_last_message());
        return 1;
    }
    pipe_ends asked = {pair[1], file->helper.socket, NULL}, answered = {file->helper.socket, pair[1], out};
    file->helper.socket = pair[0];
    if (pthread_create(&threads[0], NULL, carry, &asked) != 0 ||
        pthread_create(&threads[1], NULL, carry, &answered) != 0)
        return 1;
    int code = vdib__import_from(file, words[1], &import) == VDIB_OK ? 0 : 1;
    if (code != 0)
        fprintf(stderr, "%s\n", vdib_last_message());
    vdib_import_destroy(import);
    shutdown(pair[0], SHUT_WR); /* the helper ends, and what it said last arrives */
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    vdib__hdf5_close(file);
    return fclose(out) == 0 ? code : 1;
}
