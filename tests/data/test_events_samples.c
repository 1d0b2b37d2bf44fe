/* SPDX-License-Identifier: MIT */
/* Real N-MNIST recordings, where the environment variable VDIB_TEST_DATA names a folder of them (Train/, Test/). */
#include "data/datasets.h"

#include "vdib/events.h"

/* Every recording: times never fall, no event beyond 34 x 34, both polarities, 1000 events at least. */
static void recordings_are_what_their_authors_say(void **state) {
    char folder[FILE_PATH];
    for (int label = 0; label < 10; label++) {
        char **names = NULL;
        size_t count = 0;
        snprintf(folder, sizeof folder, "%s/Test/%d", (const char *)*state, label);
        assert_ok(vdib__folder_list(folder, &names, &count));
        for (size_t i = 0; i < count; i++) {
            char path[2 * FILE_PATH];
            vdib_events *events = NULL;
            vdib_events_info info = {.size = sizeof(vdib_events_info)};
            snprintf(path, sizeof path, "%s/%s", folder, names[i]);
            assert_ok(vdib_events_open(path, &events));
            assert_ok(vdib_events_describe(events, &info));
            assert_in_range(info.events, 1000, 10000);
            assert_in_range(info.on_events, info.events / 4, 3 * info.events / 4);
            assert_true(info.width <= 34 && info.height <= 34);
            assert_int_equal(info.out_of_order + info.overflows + info.wraps, 0);
            assert_in_range(info.last_us, 290000, 340000);
            vdib_events_close(events);
        }
        vdib__names_free(names, count);
    }
}

static void every_recording_becomes_a_raster(void **state) {
    vdib__dataset_parameters parameters = parameters_of(*state, NULL, &vdib__input_events, &vdib__target_class);
    parameters.steps = 80;
    parameters.step_us = 4000;
    vdib_dataset *dataset = open_dataset(parameters);
    assert_int_equal(vdib_dataset_geometry(dataset)->input_width, 34);
    vdib_example *example = new_example(dataset);
    for (size_t i = 0; i < vdib_dataset_size(dataset, VDIB_SPLIT_TEST); i++) {
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TEST, i, 1, example));
        assert_in_range(vdib_raster_spikes(example->raster), 1000, 10000);
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

int main(void) {
    char *folder = getenv("VDIB_TEST_DATA"), test[FILE_PATH] = "";
    if (folder != NULL)
        snprintf(test, sizeof test, "%s/Test", folder);
    if (folder == NULL || !vdib__is_folder(test)) {
        printf("skipped: VDIB_TEST_DATA names no folder of N-MNIST recordings\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(recordings_are_what_their_authors_say, folder),
        cmocka_unit_test_prestate(every_recording_becomes_a_raster, folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
