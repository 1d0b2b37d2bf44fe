/* SPDX-License-Identifier: MIT */
/* HDF5 files of other programs, beside the decodings of other programs. */
#include "hdf5_recorded.h"

#include <math.h>
#include <zip.h>

static void path_of(const char *name, char path[REFERENCE_PATH]) {
    const char *folder = getenv("VDIB_TEST_DATA");
    assert_non_null(folder);
    assert_true(snprintf(path, REFERENCE_PATH, "%s/%s", folder, name) < REFERENCE_PATH);
}

/* An array of a .npz archive, or of a .npy file: its values (freed) and their bytes. */
static uint8_t *array_of(const char *archive, const char *name, const char *type, size_t *size) {
    struct zip_stat entry;
    char member[64];
    assert_true(snprintf(member, sizeof member, "%s.npy", name) > 0);
    zip_t *zip = zip_open(archive, ZIP_RDONLY, NULL);
    assert_non_null(zip);
    assert_int_equal(zip_stat(zip, member, 0, &entry), 0);
    uint8_t *content = malloc(entry.size);
    zip_file_t *file = zip_fopen(zip, member, 0);
    assert_non_null(file);
    assert_non_null(content);
    assert_int_equal(zip_fread(file, content, entry.size), entry.size);
    zip_fclose(file);
    zip_discard(zip);
    size_t header = 10 + content[8] + 256U * content[9];
    content[header - 1] = '\0';
    assert_non_null(strstr((char *)content + 10, type));
    assert_non_null(strstr((char *)content + 10, "'fortran_order': False"));
    *size = entry.size - header;
    memmove(content, content + header, *size);
    return content;
}

static uint64_t little(const uint8_t *at, size_t size) {
    uint64_t value = 0;
    for (size_t i = size; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

static double half(const uint8_t *at) {
    unsigned bits = at[0] | (unsigned)at[1] << 8, exponent = bits >> 10 & 31;
    double fraction = (bits & 1023) / 1024.0;
    assert_true(bits >> 15 == 0 && exponent < 31);
    return exponent == 0 ? ldexp(fraction, -14) : ldexp(1 + fraction, (int)exponent - 15);
}

static void spiking_digits_are_recordings_of_one_file(void **state) {
    char path[REFERENCE_PATH], archive[REFERENCE_PATH + 16], one[REFERENCE_PATH + 32], name[32];
    size_t size = 0, labels_size = 0;
    (void)state;
    path_of("shd/cochlea_f16.h5", path);
    snprintf(archive, sizeof archive, "%s.ref.npz", path);
    uint8_t *labels = array_of(archive, "labels", "'<u2'", &labels_size);
    for (size_t i = 0; i < labels_size / 2; i++) {
        snprintf(one, sizeof one, "%s#%zu", path, i);
        snprintf(name, sizeof name, "times_%zu", i);
        recorded *r = record(one, 100);
        uint8_t *times = array_of(archive, name, "'<f2'", &size);
        assert_int_equal(r->count, size / 2);
        snprintf(name, sizeof name, "units_%zu", i);
        uint8_t *units = array_of(archive, name, "'<u2'", &size);
        for (size_t e = 0; e < r->count; e++)
            has_event(r, e, (int64_t)round(half(times + 2 * e) * 1e6), (unsigned)little(units + 2 * e, 2), 0, 1);
        assert_string_equal(r->info.format, "hdf5-shd");
        assert_true(r->info.recordings == labels_size / 2 && r->info.recording == i);
        assert_int_equal(r->info.label, little(labels + 2 * i, 2));
        assert_true(r->info.width == 700 && r->info.height == 1 && r->info.damaged + r->info.outside == 0);
        free(times);
        free(units);
        free(r);
    }
    free(labels);
}

static void neurodata_counts_on_from_split_to_split(void **state) {
    static const char *const names[] = {"train_0", "train_1", "test_0"};
    static const char *const labels_of[] = {"train_labels", "train_labels", "test_labels"};
    char path[REFERENCE_PATH], archive[REFERENCE_PATH + 16], one[REFERENCE_PATH + 32];
    size_t size = 0;
    (void)state;
    path_of("neurodata/mnistdvs_like.hdf5", path);
    snprintf(archive, sizeof archive, "%s.ref.npz", path);
    for (size_t i = 0; i < 3; i++) {
        snprintf(one, sizeof one, "%s#%zu", path, i);
        recorded *r = record(one, 100);
        uint8_t *labels = array_of(archive, labels_of[i], "'|u1'", &size);
        assert_int_equal(r->info.label, labels[i % 2]);
        uint8_t *rows = array_of(archive, names[i], "'<u4'", &size);
        assert_int_equal(r->count, size / 16);
        for (size_t e = 0; e < r->count; e++)
            has_event(r, e, (int64_t)little(rows + 16 * e, 4), (unsigned)little(rows + 16 * e + 4, 4),
                      (unsigned)little(rows + 16 * e + 8, 4), (unsigned)little(rows + 16 * e + 12, 4));
        assert_string_equal(r->info.format, "hdf5-neurodata");
        assert_string_equal(r->info.split, i < 2 ? "train" : "test");
        assert_true(r->info.recordings == 3 && r->info.recording == i);
        assert_true(r->info.width == 26 && r->info.height == 26);
        free(labels);
        free(rows);
        free(r);
    }
}

/* Of one file that stays open, in any order, the same as of files that are opened for each. */
static void recordings_are_listed_and_selected(void **state) {
    static const char *const files[] = {"shd/cochlea_f16.h5", "neurodata/mnistdvs_like.hdf5"};
    char path[REFERENCE_PATH], one[REFERENCE_PATH + 32];
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        vdib__recordings all = {.count = 0};
        vdib__event_stream *stream = NULL;
        static vdib_event events[MOST_EVENTS];
        path_of(files[f], path);
        assert_ok(vdib__recordings_of(path, &all));
        assert_int_equal(all.count, f == 0 ? 4 : 3);
        assert_int_equal(all.classes, f == 0 ? 20 : 0);
        if (f == 0)
            assert_string_equal(all.names[3], "three");
        assert_ok(vdib__event_stream_open(path, NULL, &stream));
        for (size_t k = 0; k < 2 * all.count; k++) {
            size_t i = (2 * k + k / all.count) % all.count, count = 0, more = 1;
            snprintf(one, sizeof one, "%s#%zu", path, i);
            recorded *r = record(one, 100);
            assert_ok(vdib__event_stream_select(stream, i));
            for (; more > 0; count += more)
                assert_ok(vdib__event_stream_read(stream, events + count, MOST_EVENTS - count, &more));
            assert_int_equal(count, r->count);
            assert_memory_equal(events, r->events, count * sizeof *events);
            const vdib_events_info *info = vdib__event_stream_info(stream);
            assert_true(info->label == r->info.label && info->label == all.labels[i] && info->recording == i);
            assert_true(info->events == count && info->first_us == r->info.first_us);
            assert_true(info->split == all.splits[i] && (f == 0) == (info->split == NULL));
            free(r);
        }
        assert_fails(VDIB_ERROR_FORMAT, vdib__event_stream_select(stream, all.count), "there is no #");
        vdib__event_stream_close(stream);
        vdib__recordings_free(&all);
    }
}

static void tonic_caches_have_a_target(void **state) {
    char path[REFERENCE_PATH], name[REFERENCE_PATH + 16];
    uint8_t *file = NULL;
    size_t size = 0;
    (void)state;
    path_of("tonic_cache/nmnist/0_0.hdf5", path);
    snprintf(name, sizeof name, "%s.ref.npy", path);
    assert_ok(vdib__file_read(name, &file, &size));
    size_t header = 10 + file[8] + 256U * file[9];
    const uint8_t *rows = file + header;
    recorded *r = record(path, 100);
    assert_int_equal(r->count, (size - header) / 32);
    for (size_t e = 0; e < r->count; e++)
        has_event(r, e, (int64_t)little(rows + 32 * e + 16, 8), (unsigned)little(rows + 32 * e, 8),
                  (unsigned)little(rows + 32 * e + 8, 8), (unsigned)little(rows + 32 * e + 24, 8));
    assert_string_equal(r->info.format, "hdf5-tonic");
    assert_int_equal(r->info.label, 2);
    free(r);
    vdib__free(file);
}

static void the_layouts_of_cameras_decode_to_their_references(void **state) {
    static const struct {
        const char *file, *format;
        size_t width, height;
    } files[] = {
        {"hdf5/openeb_gen31_sparse.hdf5", "hdf5-openeb", 640, 480},
        {"hdf5/openeb_gen4_vectors.hdf5", "hdf5-openeb", 1280, 720},
        {"hdf5/dsec_gzip.h5", "hdf5-dsec", 625, 480},
        {"hdf5/dsec_blosc_zstd.h5", "hdf5-dsec", 607, 480},
    };
    char path[REFERENCE_PATH];
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        path_of(files[i].file, path);
        for (size_t size = 7; size < 100000; size *= 97) {
            vdib_events_info info = reference_compare(path, size);
            assert_string_equal(info.format, files[i].format);
            assert_true(info.width == files[i].width && info.height == files[i].height);
            assert_int_equal(info.out_of_order + info.damaged + info.outside + info.truncated, 0);
        }
    }
}

static void ranges_of_time_are_those_of_the_reference(void **state) {
    static const char *const files[] = {"hdf5/openeb_gen31_sparse.hdf5", "hdf5/dsec_blosc_zstd.h5"};
    static const int64_t starts[] = {7139845 + 50000, 913717487 + 200};
    static const int64_t ends[] = {7139845 + 60000, 913717487 + 300};
    char path[REFERENCE_PATH];
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        vdib_packets_options options = {.size = sizeof options, .from_us = starts[f], .to_us = ends[f]};
        vdib_packets *packets = NULL;
        vdib_event event;
        size_t count = 1, seen = 0;
        path_of(files[f], path);
        reference r = reference_open(path);
        assert_ok(vdib_packets_open(path, &options, &packets));
        for (size_t i = 0; i < r.count; i++) {
            vdib_event want = reference_at(&r, i);
            if (want.t < starts[f] || want.t >= ends[f])
                continue;
            assert_ok(vdib_packets_read(packets, &event, 1, &count));
            assert_true(count == 1 && event.t == want.t && event.x == want.x && event.y == want.y);
            seen++;
        }
        assert_ok(vdib_packets_read(packets, &event, 1, &count));
        assert_true(count == 0 && seen > 100);
        vdib_packets_close(packets);
        vdib__free(r.file);
    }
}

int main(void) {
    char path[REFERENCE_PATH];
    const char *folder = getenv("VDIB_TEST_DATA");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spiking_digits_are_recordings_of_one_file),
        cmocka_unit_test(neurodata_counts_on_from_split_to_split),
        cmocka_unit_test(recordings_are_listed_and_selected),
        cmocka_unit_test(tonic_caches_have_a_target),
        cmocka_unit_test(the_layouts_of_cameras_decode_to_their_references),
        cmocka_unit_test(ranges_of_time_are_those_of_the_reference),
    };
    if (!hdf5_helper_is_here())
        return HDF5_SKIPPED;
    if (folder != NULL)
        path_of("hdf5/dsec_gzip.h5", path);
    if (folder == NULL || !vdib__is_file(path)) {
        printf("VDIB_TEST_DATA names no folder with hdf5/dsec_gzip.h5: its files are left out\n");
        return HDF5_SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
