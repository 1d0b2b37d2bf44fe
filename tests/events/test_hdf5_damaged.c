/* SPDX-License-Identifier: MIT */
/* Damaged HDF5 files: whatever their bytes, events or one line come out, and nothing happens to the program that reads
 * them. VDIB_TEST_INPUTS=N tries N files instead of some hundred, VDIB_TEST_SEED others. */
#include "support.h"

#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/hdf5.h"
#include "hdf5_helper.h"
#include "vdib/events.h"

enum { PATH = 4096, INPUTS = 160, KINDS = 5, FRONT = 4096 };

static uint64_t next_random(uint64_t *state) {
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = (*state ^ *state >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Bits flipped, bytes at random, zeros, a cut, a piece moved. */
static size_t damage(uint8_t *bytes, size_t size, uint64_t *state) {
    unsigned kind = (unsigned)(next_random(state) % KINDS), times = 1 + (unsigned)(next_random(state) % 8);
    for (unsigned i = 0; i < times; i++) {
        size_t front = i % 2 == 0 && size > FRONT ? FRONT : size; /* where most of the structure is */
        size_t at = (size_t)(next_random(state) % front), length = (size_t)(next_random(state) % 64);
        size_t from = (size_t)(next_random(state) % size);
        length = size - at < length ? size - at : length;
        length = size - from < length ? size - from : length;
        if (kind == 0)
            bytes[at] ^= (uint8_t)(1 << next_random(state) % 8);
        else if (kind == 1)
            bytes[at] = (uint8_t)next_random(state);
        else if (kind == 2)
            memset(bytes + at, i % 2 == 0 ? 0 : 0xFF, length);
        else if (kind == 3)
            memmove(bytes + at, bytes + from, length);
    }
    return kind == 4 ? (size_t)(next_random(state) % size) : size;
}

static void check_message(const char *path) {
    const char *said = vdib_last_message();
    assert_non_null(strstr(said, path));
    assert_null(strchr(said, '\n'));
}

typedef struct tally {
    size_t inputs, read, refused, crashed, silent;
} tally;

static void count_outcome(tally *t, vdib_status status, const char *path) {
    t->inputs++;
    t->read += status == VDIB_OK;
    if (status == VDIB_OK)
        return;
    assert_true(status == VDIB_ERROR_FORMAT || status == VDIB_ERROR_MEMORY);
    check_message(path);
    t->refused++;
    t->crashed += strstr(vdib_last_message(), "crashed") != NULL;
    t->silent += strstr(vdib_last_message(), "no answer") != NULL;
}

static vdib_status read_events(const char *path) {
    static vdib_event events[4096];
    vdib_packets *packets = NULL;
    size_t count = 1;
    vdib_status status = vdib_packets_open(path, NULL, &packets);
    while (status == VDIB_OK && count > 0)
        status = vdib_packets_read(packets, events, 4096, &count);
    vdib_packets_close(packets);
    return status;
}

/* Reads all there is below a group. Refusals of a dataset are no end. */
static vdib_status walk(vdib__hdf5 *file, const char *group, unsigned depth) {
    vdib__hdf5_names names = {.count = 0};
    vdib__hdf5_array arrays[VDIB_HDF5_COLUMNS];
    vdib__hdf5_info info;
    vdib_status status = vdib__hdf5_list(file, group, false, &names);
    for (size_t i = 0; i < names.count && i < 50; i++) {
        char path[PATH];
        int length = snprintf(path, sizeof path, "%s/%s", strcmp(group, "/") == 0 ? "" : group, names.names[i]);
        if (length >= PATH)
            continue;
        if (names.kinds[i] == VDIB_HDF5_IS_GROUP && depth < 4)
            status = walk(file, path, depth + 1);
        else if ((status = vdib__hdf5_look(file, path, NULL, &info)) == VDIB_OK && info.kind == VDIB_HDF5_IS_DATASET)
            status = vdib__hdf5_read(file, path, &info, 0, info.rows < 1000 ? info.rows : 1000, arrays);
        if (!vdib__hdf5_is_alive(file))
            break;
    }
    vdib__hdf5_names_free(&names);
    return status;
}

static vdib_status walk_file(const char *path) {
    vdib__hdf5 *file = NULL;
    vdib_status status = vdib__hdf5_open(path, &file);
    if (status == VDIB_OK)
        status = walk(file, "/", 0);
    vdib__hdf5_close(file);
    return status;
}

static void try_file(const char *given, size_t inputs, uint64_t seed, size_t *refused) {
    char *folder = support_folder(), path[PATH];
    uint8_t *whole = NULL, *bytes = NULL;
    size_t size = 0;
    tally t = {.inputs = 0};
    assert_true(snprintf(path, sizeof path, "%s/damaged.h5", folder) > 0);
    assert_ok(vdib__file_read(given, &whole, &size));
    assert_ok(VDIB_NEW(&bytes, size));
    for (size_t i = 0; i < inputs; i++) {
        memcpy(bytes, whole, size);
        size_t kept = damage(bytes, size, &seed);
        assert_ok(vdib__file_write(path, bytes, kept));
        count_outcome(&t, kept == 0 || !vdib__hdf5_is(bytes, kept) ? VDIB_OK : read_events(path), path);
        if (i % 2 == 0)
            count_outcome(&t, walk_file(path), path);
    }
    printf("%s: %zu readings of damaged files: %zu read, %zu refused, of which %zu crashed and %zu were stopped\n",
           strrchr(given, '/') + 1, t.inputs, t.read, t.refused, t.crashed, t.silent);
    assert_true(t.read > 0);
    *refused += t.refused;
    vdib__free(whole);
    vdib__free(bytes);
    support_folder_remove(folder);
}

static void damaged_files_are_read_or_refused(void **state) {
    static const char *const files[] = {
        "hdf5/openeb_gen31_sparse.hdf5", "hdf5/dsec_blosc_zstd.h5",     "hdf5/dsec_gzip.h5",   "shd/cochlea_f16.h5",
        "neurodata/mnistdvs_like.hdf5",  "tonic_cache/nmnist/0_0.hdf5", "nir/lif_rockpool.nir"};
    enum { FILES = sizeof files / sizeof *files };
    const char *folder = getenv("VDIB_TEST_DATA"), *asked = getenv("VDIB_TEST_INPUTS");
    size_t refused = 0, inputs = asked != NULL ? strtoul(asked, NULL, 10) : INPUTS;
    uint64_t seed = support_seed(4);
    (void)state;
    try_file(VDIB_TEST_SOURCE "/tests/core/hdf5/small.h5", inputs / 2 + 1, seed, &refused);
    for (size_t i = 0; folder != NULL && i < FILES; i++) {
        char path[PATH];
        assert_true(snprintf(path, sizeof path, "%s/%s", folder, files[i]) < PATH);
        if (vdib__is_file(path))
            try_file(path, inputs / 2 / FILES + 1, seed + i, &refused);
    }
    assert_true(refused > 0);
}

int main(void) {
    if (!hdf5_helper_is_here())
        return HDF5_SKIPPED;
    setenv("VDIB_HDF5_SECONDS", "4", 0);
    const struct CMUnitTest tests[] = {cmocka_unit_test(damaged_files_are_read_or_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
