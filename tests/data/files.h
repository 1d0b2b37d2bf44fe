/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_DATA_FILES_H
#define VDIB_TESTS_DATA_FILES_H
/* Small data files in a temporary folder. */

#include "support.h"

#include <sys/stat.h>
#include <zlib.h>

#include "core/alloc.h"
#include "core/file.h"

enum { FILE_PATH = 512 };

/* Path of `name` in `folder`; its parent folders are made. */
static inline const char *files_path(char path[FILE_PATH], const char *folder, const char *name) {
    assert_true(snprintf(path, FILE_PATH, "%s/%s", folder, name) < FILE_PATH);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_ok(vdib__folder_make(path));
    *slash = '/';
    return path;
}

static inline void files_write(const char *folder, const char *name, const void *bytes, size_t size) {
    char path[FILE_PATH];
    assert_ok(vdib__file_write(files_path(path, folder, name), bytes, size));
}

static inline void files_write_gzip(const char *folder, const char *name, const void *bytes, size_t size) {
    char path[FILE_PATH];
    gzFile file = gzopen(files_path(path, folder, name), "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), (int)size);
    assert_int_equal(gzclose(file), Z_OK);
}

/* Cuts a file to its first `size` bytes. */
static inline void files_cut(const char *folder, const char *name, size_t size) {
    char path[FILE_PATH];
    uint8_t *bytes = NULL;
    size_t whole = 0;
    assert_ok(vdib__file_read(files_path(path, folder, name), &bytes, &whole));
    assert_true(size < whole);
    assert_ok(vdib__file_write(path, bytes, size));
    vdib__free(bytes);
}

/* One record of an N-MNIST file. */
static inline void files_record(uint8_t record[5], uint8_t x, uint8_t y, uint8_t polarity, uint32_t t) {
    record[0] = x;
    record[1] = y;
    record[2] = (uint8_t)(polarity << 7 | (t >> 16 & 0x7F));
    record[3] = (uint8_t)(t >> 8);
    record[4] = (uint8_t)t;
}

/* A recording of one ON event at (x, y), t. */
static inline void files_recording(const char *folder, const char *name, uint8_t x, uint8_t y, uint32_t t) {
    uint8_t record[5];
    files_record(record, x, y, 1, t);
    files_write(folder, name, record, sizeof record);
}

static inline void files_big_endian(uint8_t *bytes, size_t value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* IDX content (malloc'ed): pixel p of image i is (i * 7 + p) % 256; label i is (i + shift) % 10. */
static inline uint8_t *files_idx_images(size_t count, size_t height, size_t width, size_t *size) {
    *size = 16 + count * height * width;
    uint8_t *bytes = malloc(*size);
    assert_non_null(bytes);
    memcpy(bytes, "\0\0\x08\x03", 4);
    files_big_endian(bytes + 4, count);
    files_big_endian(bytes + 8, height);
    files_big_endian(bytes + 12, width);
    for (size_t i = 0; i < count * height * width; i++)
        bytes[16 + i] = (uint8_t)(i / (height * width) * 7 + i % (height * width));
    return bytes;
}

static inline uint8_t *files_idx_labels(size_t count, size_t shift, size_t *size) {
    *size = 8 + count;
    uint8_t *bytes = malloc(*size);
    assert_non_null(bytes);
    memcpy(bytes, "\0\0\x08\x01", 4);
    files_big_endian(bytes + 4, count);
    for (size_t i = 0; i < count; i++)
        bytes[8 + i] = (uint8_t)((i + shift) % 10);
    return bytes;
}

/* Both files of a part ("train" or "t10k"), plain. */
static inline void files_idx_part(const char *folder, const char *part, size_t count, size_t height, size_t width,
                                  size_t shift) {
    char name[64];
    size_t size = 0;
    uint8_t *images = files_idx_images(count, height, width, &size);
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    files_write(folder, name, images, size);
    uint8_t *labels = files_idx_labels(count, shift, &size);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    files_write(folder, name, labels, size);
    free(labels);
    free(images);
}

/* Setup and teardown of a test whose state is a temporary folder. */
static inline int files_setup(void **state) {
    *state = support_folder();
    return 0;
}

static inline int files_teardown(void **state) {
    support_folder_remove(*state);
    return 0;
}

#define files_test(test) cmocka_unit_test_setup_teardown(test, files_setup, files_teardown)

#endif
