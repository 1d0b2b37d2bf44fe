/* SPDX-License-Identifier: MIT */
/* Pictures beside events in HDF5 files. */
#include "hdf5_recorded.h"

static vdib_frame next_frame(vdib_frames *frames) {
    vdib_frame frame = {.size = sizeof frame};
    assert_ok(vdib_frames_next(frames, &frame));
    return frame;
}

static void has_frame(vdib_frames *frames, int64_t t, size_t width, size_t height, size_t channels,
                      const uint8_t *pixels) {
    vdib_frame frame = next_frame(frames);
    assert_non_null(frame.pixels);
    assert_int_equal(frame.t, t);
    assert_true(frame.width == width && frame.height == height && frame.channels == channels);
    assert_memory_equal(frame.pixels, pixels, width * height * channels);
}

static void stacks_of_pictures_have_times_beside_them(void **state) {
    static const uint64_t shape[3] = {3, 2, 4};
    static const double times[] = {1.5, 1.5500004, 2};
    uint8_t pixels[24];
    char *folder = support_folder(), path[REFERENCE_PATH];
    vdib_frames *frames = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(11 * i);
    vdib__hdf5_output *output = layout_new(folder, path);
    assert_ok(vdib__hdf5_put_numbers(output, "/a/other", NULL, VDIB_HDF5_FLOAT32, 1, shape, times));
    assert_ok(vdib__hdf5_put_numbers(output, "/davis/left/image_raw", NULL, VDIB_HDF5_UINT8, 3, shape, pixels));
    put_column(output, "/davis/left/image_raw_ts", VDIB_HDF5_FLOAT64, 3, times);
    assert_ok(vdib__hdf5_finish(output));
    assert_ok(vdib_frames_open(path, &frames));
    has_frame(frames, 1500000, 4, 2, 1, pixels);
    has_frame(frames, 1550000, 4, 2, 1, pixels + 8);
    has_frame(frames, 2000000, 4, 2, 1, pixels + 16);
    assert_null(next_frame(frames).pixels);
    vdib_frames_close(frames);
    support_folder_remove(folder);
}

/* Many images, the timestamps of an image. */
static void stacks_may_be_called_in_the_plural(void **state) {
    static const uint64_t shape[3] = {2, 2, 2};
    static const double times[] = {1.5, 2};
    static const uint8_t pixels[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    char *folder = support_folder(), path[REFERENCE_PATH];
    vdib_frames *frames = NULL;
    (void)state;
    vdib__hdf5_output *output = layout_new(folder, path);
    assert_ok(vdib__hdf5_put_numbers(output, "/images", NULL, VDIB_HDF5_UINT8, 3, shape, pixels));
    put_column(output, "/image_timestamps", VDIB_HDF5_FLOAT64, 2, times);
    assert_ok(vdib__hdf5_finish(output));
    assert_ok(vdib_frames_open(path, &frames));
    has_frame(frames, 1500000, 2, 2, 1, pixels);
    has_frame(frames, 2000000, 2, 2, 1, pixels + 4);
    vdib_frames_close(frames);
    support_folder_remove(folder);
}

static void single_pictures_have_a_timestamp(void **state) {
    static const uint64_t colour[3] = {2, 3, 3}, grey[2] = {3, 2};
    static const int64_t times[] = {100, 250};
    uint8_t pixels[18];
    char *folder = support_folder(), path[REFERENCE_PATH];
    vdib_frames *frames = NULL;
    vdib_frames_info info = {.size = sizeof info};
    (void)state;
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(13 * i);
    vdib__hdf5_output *output = layout_new(folder, path);
    assert_ok(vdib__hdf5_put_numbers(output, "/images/image0", NULL, VDIB_HDF5_UINT8, 3, colour, pixels));
    assert_ok(vdib__hdf5_put_numbers(output, "/images/image0", "timestamp", VDIB_HDF5_INT64, 0, NULL, &times[0]));
    assert_ok(vdib__hdf5_put_numbers(output, "/images/image1", NULL, VDIB_HDF5_UINT8, 2, grey, pixels)); /* no time */
    assert_ok(vdib__hdf5_put_numbers(output, "/images/image2", NULL, VDIB_HDF5_UINT8, 2, grey, pixels + 1));
    assert_ok(vdib__hdf5_put_numbers(output, "/images/image2", "timestamp", VDIB_HDF5_INT64, 0, NULL, &times[1]));
    assert_ok(vdib__hdf5_finish(output));
    assert_ok(vdib_frames_open(path, &frames));
    has_frame(frames, 100, 3, 2, 3, pixels);
    has_frame(frames, 250, 2, 3, 1, pixels + 1);
    assert_null(next_frame(frames).pixels);
    assert_ok(vdib_frames_describe(frames, &info));
    assert_true(info.frames == 2 && info.damaged == 1);
    assert_string_equal(info.format, "hdf5");
    vdib_frames_close(frames);
    assert_fails(VDIB_ERROR_FORMAT, vdib_frames_open(SMALL, &frames), "small.h5: holds no pictures");
    support_folder_remove(folder);
}

int main(void) {
    if (!hdf5_helper_is_here())
        return HDF5_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stacks_of_pictures_have_times_beside_them),
        cmocka_unit_test(stacks_may_be_called_in_the_plural),
        cmocka_unit_test(single_pictures_have_a_timestamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
