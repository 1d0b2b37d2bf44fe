/* SPDX-License-Identifier: MIT */
/* What is made of a NIR graph, whatever the helper program for HDF5 answers: refused in one line, or layers of a model
 * whose weights are finite. */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/hdf5_file.h"
#include "export/nir_import.h"
#include "vdib/vdib.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

size_t fuzz_accepted; /* graphs that became an import: replay.c */

enum { MOST = 60000 /* bytes that a socket holds */, SIDE = 16 };

/* The sensor that a graph says it is for, if it is a small one. */
static vdib_geometry geometry_of(const vdib_import *import) {
    vdib_geometry g = {.size = sizeof g,
                       .input_channels = 2,
                       .input_height = 7,
                       .input_width = 6,
                       .steps = 4,
                       .classes = 3,
                       .target_height = 2,
                       .target_width = 2};
    const vdib__nir_shape *shape = NULL;
    for (size_t i = 0; i < import->graph.node_count; i++)
        if (vdib__nir_is(&import->graph.nodes[i], "Input"))
            shape = &import->shapes[i];
    if (shape == NULL || shape->rank == SIZE_MAX || shape->rank == 2 || shape->rank > 3)
        return g;
    bool maps = shape->rank == 3;
    for (size_t i = 0; i < shape->rank; i++)
        if (shape->dim[i] == 0 || shape->dim[i] > (maps ? SIDE : SIDE * SIDE))
            return g;
    g.input_channels = maps ? shape->dim[0] : 1;
    g.input_height = maps ? shape->dim[1] : 1;
    g.input_width = maps ? shape->dim[2] : shape->rank == 1 ? shape->dim[0] : 1;
    return g;
}

static void use_model(const vdib_import *import, const vdib_config *config) {
    const vdib_geometry geometry = geometry_of(import);
    vdib_model *model = NULL;
    if (vdib_model_create(config, &geometry, &model) != VDIB_OK)
        return;
    if (vdib_import_apply(import, model) == VDIB_OK)
        for (size_t i = 0; i < model->table.total; i++)
            if (!isfinite(model->parameters[i]))
                abort();
    vdib_model_destroy(model);
}

static void use_import(vdib_import *import) {
    static const char *const settings[] = {"data.steps=4",     "encoder.readouts=2",       "readout.bases=1",
                                           "decoder=linear",   "readout.feedback_bases=0", "data.target=image",
                                           "decoder.window=0", "data.step_us=1000"};
    vdib_config *config = NULL;
    char *text = NULL;
    if (vdib_import_describe(import, &text) != VDIB_OK)
        abort();
    vdib_text_free(text);
    if (vdib_config_create(&config) != VDIB_OK)
        abort();
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (vdib_config_set(config, settings[i]) != VDIB_OK)
            abort();
    if (vdib_import_configure(import, config) == VDIB_OK)
        use_model(import, config);
    vdib_config_destroy(config);
}

/* Requests are read and forgotten: a socket holds some hundred of them. */
static void *forget(void *socket) {
    char bytes[4096];
    while (read(*(const int *)socket, bytes, sizeof bytes) > 0)
        continue;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    pthread_t reader;
    vdib__hdf5 *file = NULL;
    vdib_import *import = NULL;
    int pair[2];
    if (size > MOST || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 0;
    if (send(pair[1], bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        abort();
    shutdown(pair[1], SHUT_WR);
    if (pthread_create(&reader, NULL, forget, &pair[1]) != 0)
        abort();
    if (vdib__hdf5_open_socket("fuzz", pair[0], &file) == VDIB_OK &&
        vdib__import_from(file, "fuzz", &import) == VDIB_OK) {
        use_import(import);
        fuzz_accepted++;
    }
    if (strchr(vdib_last_message(), '\n') != NULL)
        abort();
    vdib_import_destroy(import);
    vdib__hdf5_close(file); /* and with it pair[0], which ends the reader */
    pthread_join(reader, NULL);
    close(pair[1]);
    return 0;
}
