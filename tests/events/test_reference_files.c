/* SPDX-License-Identifier: MIT */
/* Files of cameras and of other programs, where the environment variable VDIB_TEST_DATA names a folder of them: each
 * decodes to what other programs make of it. */
#include "events/reference.h"

typedef struct wanted {
    const char *file, *format;
    size_t width, height; /* 0: whatever the events say */
    size_t out_of_order, wraps, others, dropped;
    const char *unit; /* NULL: the format's */
} wanted;

static const wanted files[] = {
    {.file = "nmnist/digit1.bin", .format = "nmnist"},
    {.file = "nmnist/digit4.bin", .format = "nmnist"},
    {.file = "dat/evutils_gen3_cd.dat", .format = "dat", .width = 640, .height = 480},
    {.file = "dat/faery_gen4_cd.dat", .format = "dat", .width = 1280, .height = 720},
    {.file = "evt2/gen3_sparklers_cut.raw", .format = "evt2", .width = 640, .height = 480},
    {.file = "evt21/evutils_gen4.evt21.raw", .format = "evt21", .width = 1280, .height = 720},
    {.file = "evt21/vector_legacy_gen3.raw", .format = "evt21", .width = 640, .height = 480},
    {.file = "evt21/vector_little_gen41.raw", .format = "evt21", .width = 1280, .height = 720},
    {.file = "evt3/evutils_time_wrap.raw", .format = "evt3", .width = 640, .height = 480, .wraps = 1},
    {.file = "evt3/gen31_rosbag_part1.raw", .format = "evt3", .width = 640, .height = 480, .others = 393},
    {.file = "aedat2/davis240c_translBoxes_cut.aedat", .format = "aedat2", .width = 240, .height = 180, .others = 2730},
    {.file = "aedat2/davis_translatingSquare_matlab_cut.aedat", .format = "aedat2", .width = 240, .height = 180},
    {.file = "aedat2/dvs128_MovingDarkBox_part1.aedat", .format = "aedat2", .width = 128, .height = 128},
    {.file = "aedat3/dvs128_plain.aedat", .format = "aedat3", .width = 128, .height = 128},
    {.file = "aedat3/dvs128_special_invalid.aedat",
     .format = "aedat3",
     .width = 128,
     .height = 128,
     .others = 2,
     .dropped = 177},
    {.file = "aedat4/dvprocessing_sample_lz4.aedat4", .format = "aedat4", .width = 640, .height = 480},
    {.file = "aedat4/dvxplorer640_lz4high_cut.aedat4", .format = "aedat4", .width = 640, .height = 480, .others = 97},
    {.file = "aedat4/reencoded_none.aedat4", .format = "aedat4", .width = 320, .height = 240, .others = 1},
    {.file = "aedat4/reencoded_zstd.aedat4", .format = "aedat4", .width = 320, .height = 240, .others = 1},
    {.file = "rosbag/dvs_events.bag", .format = "rosbag", .width = 640, .height = 480},
    {.file = "es/dvs_cut.es", .format = "es", .width = 320, .height = 240},
    {.file = "es/faery_gen3.es", .format = "es", .width = 640, .height = 480},
    {.file = "csv/faery.csv", .format = "text", .width = 640, .height = 480, .unit = "microseconds"},
    {.file = "csv/metavision_xypt.csv", .format = "text", .unit = "microseconds"},
    {.file = "text/rpg_seconds.txt", .format = "text", .unit = "seconds"},
    {.file = "text/e2vid_header.txt", .format = "text", .width = 640, .height = 480, .unit = "seconds"},
    {.file = "npy/structured_mixed.npy", .format = "npy", .width = 34, .height = 34, .unit = "microseconds"},
    {.file = "npy/tonic_dvsgesture_xypt_ms.npy", .format = "npy", .width = 128, .height = 128, .unit = "milliseconds"},
    {.file = "npy/tonic_nmnist_xytp_i8.npy", .format = "npy", .width = 34, .height = 34, .unit = "microseconds"},
    {.file = "npz/spikingjelly_compressed.npz", .format = "npz", .width = 34, .height = 34, .unit = "microseconds"},
    {.file = "npz/spikingjelly_nmnist.npz", .format = "npz", .width = 34, .height = 34, .unit = "microseconds"},
    {.file = "text/e2vid.zip", .format = "text", .width = 640, .height = 480, .unit = "seconds"},
    {.file = "evt3/gen41_cut.raw", .format = "evt3", .width = 1280, .height = 720},
};

static void path_of(const char *folder, const wanted *file, char path[REFERENCE_PATH]) {
    assert_true(snprintf(path, REFERENCE_PATH, "%s/%s", folder, file->file) < REFERENCE_PATH);
}

static void compare(const char *path, const wanted *want, size_t size) {
    vdib_events_info info = reference_compare(path, size);
    assert_string_equal(info.format, want->format);
    assert_int_equal(info.out_of_order, want->out_of_order);
    assert_int_equal(info.wraps, want->wraps);
    assert_int_equal(info.others, want->others);
    assert_int_equal(info.dropped, want->dropped);
    assert_int_equal(info.outside + info.untimed + info.damaged + info.truncated + info.restarts, 0);
    if (want->width > 0)
        assert_true(info.width == want->width && info.height == want->height);
    assert_int_equal(info.unit != NULL, want->unit != NULL);
    if (info.unit != NULL)
        assert_string_equal(info.unit, want->unit);
}

static void every_file_decodes_to_its_reference(void **state) {
    static const size_t sizes[] = {1, 7, 4096, 100000};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[REFERENCE_PATH];
        path_of(*state, &files[i], path);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            compare(path, &files[i], sizes[s]);
    }
}

/* Strictly, the files with something wrong are refused, with a byte, and the others read. */
static void strict_reading_refuses_what_was_counted(void **state) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[REFERENCE_PATH];
        vdib_packets_options options = {.size = sizeof(vdib_packets_options), .strict = true};
        vdib_packets *packets = NULL;
        vdib_event packet[512];
        size_t count = 1;
        vdib_status status = VDIB_OK;
        path_of(*state, &files[i], path);
        assert_ok(vdib_packets_open(path, &options, &packets));
        while (status == VDIB_OK && count > 0)
            status = vdib_packets_read(packets, packet, 512, &count);
        if (files[i].out_of_order + files[i].dropped == 0)
            assert_ok(status);
        else
            assert_fails(VDIB_ERROR_FORMAT, status, ": byte ");
        vdib_packets_close(packets);
    }
}

static void recordings_as_a_whole_are_sorted(void **state) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[REFERENCE_PATH];
        vdib_events *events = NULL;
        const vdib_event *all = NULL;
        size_t count = 0;
        path_of(*state, &files[i], path);
        assert_ok(vdib_events_open(path, &events));
        assert_ok(vdib_events_all(events, &all, &count));
        assert_true(count > 0);
        for (size_t e = 1; e < count; e++)
            assert_true(all[e - 1].t <= all[e].t);
        vdib_events_close(events);
    }
}

int main(void) {
    char *folder = getenv("VDIB_TEST_DATA"), path[REFERENCE_PATH];
    if (folder != NULL)
        path_of(folder, &files[0], path);
    if (folder == NULL || !vdib__is_file(path)) {
        printf("skipped: VDIB_TEST_DATA names no folder with %s and other event files\n", files[0].file);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_file_decodes_to_its_reference, folder),
        cmocka_unit_test_prestate(strict_reading_refuses_what_was_counted, folder),
        cmocka_unit_test_prestate(recordings_as_a_whole_are_sorted, folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
