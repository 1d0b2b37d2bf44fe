/* SPDX-License-Identifier: MIT */
/* Model files: they are refused with a message, or are models whose weights are finite, which encode and decode (to
 * numbers, where weights are of a usual size), and are the same after they were saved. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "model/model.h"
#include "require.h"
#include "vdib/vdib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS = 64, INPUTS = 4096, OUTPUTS = 4096 };

/* Whether no sum of weights can be larger than a float. */
static int is_usual(const vdib_model *model) {
    for (size_t i = 0; i < model->table.trained; i++)
        if (fabsf(model->parameters[i]) > 1e6F)
            return 0;
    return 1;
}

/* Recordings whose every third spike is there, for models of small sensors. */
static void use(const vdib_model *model) {
    const vdib_geometry *g = vdib_model_geometry(model);
    static uint8_t dense[STEPS * INPUTS];
    static float outputs[OUTPUTS];
    size_t inputs = g->input_channels * g->input_height * g->input_width;
    vdib_raster *raster = NULL;
    if (g->steps > STEPS || inputs > INPUTS || vdib_model_outputs(model) > OUTPUTS)
        return;
    for (size_t i = 0; i < g->steps * inputs; i++)
        dense[i] = i % 3 == 0;
    require(vdib_raster_create(inputs, g->steps, &raster) == VDIB_OK);
    require(vdib_raster_from_dense(raster, dense) == VDIB_OK);
    if (vdib_model_reconstruct(model, raster, 1, 2, outputs) != VDIB_OK)
        require(vdib_last_message()[0] != '\0');
    else
        for (size_t o = 0; o < vdib_model_outputs(model); o++)
            require(!isnan(outputs[o]) || !is_usual(model));
    vdib_raster_destroy(raster);
}

static void check_saved(const vdib_model *model) {
    char digests[2][VDIB_MODEL_DIGEST];
    vdib_model *again = NULL;
    void *bytes = NULL;
    size_t size = 0;
    require(vdib_model_save_memory(model, &bytes, &size) == VDIB_OK);
    require(vdib_model_load_memory(bytes, size, "saved", &again) == VDIB_OK);
    require(vdib_model_digest(model, digests[0]) == VDIB_OK && vdib_model_digest(again, digests[1]) == VDIB_OK);
    require(strcmp(digests[0], digests[1]) == 0);
    vdib_model_destroy(again);
    vdib_memory_free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    vdib_model *model = NULL;
    if (vdib_model_load_memory(data, size, "fuzz", &model) != VDIB_OK) {
        require(vdib_last_message()[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < model->table.trained; i++)
        require(isfinite(model->parameters[i]));
    use(model);
    check_saved(model);
    vdib_model_destroy(model);
    return 0;
}
