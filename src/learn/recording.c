/* SPDX-License-Identifier: MIT */
/* One recording as the input of a model: a data set of one example. */

#include "core/error.h"
#include "core/raster.h"
#include "core/sized.h"
#include "data/dataset_parts.h"
#include "learn/experiment_data.h"
#include "model/model.h"

static void count(const vdib_dataset *dataset, const vdib_raster *raster, vdib_recording_report *report) {
    const vdib__fate *fate = &dataset->parts[VDIB_PART_TEST].items[0].fate;
    size_t spikes = vdib_raster_spikes(raster);
    *report = (vdib_recording_report){.size = sizeof *report,
                                      .events = (size_t)fate->events,
                                      .spikes = spikes,
                                      .outside_window = (size_t)fate->outside_window,
                                      .outside_sensor = (size_t)fate->outside_sensor,
                                      .cropped = (size_t)fate->cropped};
    report->repeated = report->events - report->outside_window - report->outside_sensor - spikes;
}

/* The only example; a recording without events has none to lose. */
static vdib_status read(const vdib_dataset *dataset, vdib_raster **raster, vdib_recording_report *report) {
    vdib_example *example = NULL;
    VDIB_TRY(vdib_example_create(dataset, &example));
    vdib_status status = vdib_dataset_get(dataset, VDIB_SPLIT_TEST, 0, 0, example);
    if (status == VDIB_OK)
        count(dataset, example->raster, report);
    if (status == VDIB_OK && report->events > 0)
        status = vdib_dataset_look(dataset, VDIB_SPLIT_TEST, 1);
    if (status == VDIB_OK) {
        *raster = example->raster;
        example->raster = NULL;
    }
    vdib_example_destroy(example);
    return status;
}

vdib_status vdib_recording_read(const char *path, const vdib_model *model, const vdib_config *config,
                                vdib_raster **raster, vdib_recording_report *report) {
    vdib__dataset_parameters parameters;
    vdib_dataset *dataset = NULL;
    vdib_recording_report counted = {.size = sizeof counted};
    VDIB_REQUIRE(path, model, raster);
    VDIB_TRY(VDIB_SIZED_CHECK_OPTIONAL(vdib_recording_report, report));
    const vdib_dataset_options options = {.size = sizeof options, .threads = 1, .model = model};
    VDIB_TRY(vdib__experiment_parameters(NULL, config != NULL ? config : model->config, &options, &parameters));
    if (!vdib__input_is_recordings(parameters.input))
        return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                          "the model encodes data.input=%s, not recordings; name a model trained on events",
                          parameters.input->choice.name);
    parameters.polarities = model->geometry.input_channels;
    parameters.steps = model->geometry.steps; /* of data of one's own, data.steps may be another number */
    VDIB_TRY(vdib__dataset_open_file(&parameters, path, &dataset));
    vdib_status status = read(dataset, raster, &counted);
    vdib_dataset_destroy(dataset);
    if (status == VDIB_OK)
        VDIB_SIZED_WRITE(vdib_recording_report, &counted, report);
    return status;
}
