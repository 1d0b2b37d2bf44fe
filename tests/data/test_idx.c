/* SPDX-License-Identifier: MIT */
/* IDX files of images and labels, good and bad. */
#include "files.h"

#include <unistd.h>

#include "data/idx.h"

enum { COUNT = 12, HEIGHT = 3, WIDTH = 5, PIXELS = HEIGHT * WIDTH };

static void check_part(const vdib__images *images, size_t shift) {
    assert_int_equal(images->count, COUNT);
    assert_int_equal(images->height, HEIGHT);
    assert_int_equal(images->width, WIDTH);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(images->labels[i], (i + shift) % 10);
        for (size_t p = 0; p < PIXELS; p++)
            assert_true(images->pixels[i * PIXELS + p] == (float)((i * 7 + p) % 256) / 255.0F);
    }
}

static void plain_files_are_read(void **state) {
    vdib__images images = {0};
    assert_false(vdib__idx_folder(*state));
    files_idx_part(*state, "train", COUNT, HEIGHT, WIDTH, 4);
    assert_true(vdib__idx_folder(*state));
    assert_ok(vdib__idx_load(*state, "train", &images));
    check_part(&images, 4);
    vdib__images_free(&images);
    assert_null(images.pixels);
}

static void every_spelling_is_read(void **state) {
    static const char *const names[3][2] = {{"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"},
                                            {"t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"},
                                            {"t10k-images.idx3-ubyte.gz", "t10k-labels.idx1-ubyte.gz"}};
    for (int i = 0; i < 3; i++) {
        char folder[FILE_PATH];
        size_t size = 0, label_size = 0;
        vdib__images images = {0};
        snprintf(folder, sizeof folder, "%s/%d", (const char *)*state, i);
        uint8_t *pixels = files_idx_images(COUNT, HEIGHT, WIDTH, &size);
        uint8_t *labels = files_idx_labels(COUNT, 0, &label_size);
        (i == 1 ? files_write : files_write_gzip)(folder, names[i][0], pixels, size);
        (i == 1 ? files_write : files_write_gzip)(folder, names[i][1], labels, label_size);
        assert_ok(vdib__idx_load(folder, "t10k", &images));
        check_part(&images, 0);
        vdib__images_free(&images);
        free(labels);
        free(pixels);
    }
}

/* Loading fails with one line that names `file` and says `part`; nothing is kept. */
static void refuse(const char *folder, vdib_status status, const char *file, const char *part) {
    vdib__images images = {0};
    assert_fails(status, vdib__idx_load(folder, "train", &images), part);
    assert_non_null(strstr(vdib_last_message(), file));
    assert_null(strchr(vdib_last_message(), '\n'));
    assert_null(images.pixels);
    assert_null(images.labels);
}

static const char IMAGES[] = "train-images-idx3-ubyte", LABELS[] = "train-labels-idx1-ubyte";

/* A good part whose images file then has `bytes` at `at`. */
static void patch(const char *folder, const char *name, size_t at, const void *bytes, size_t count) {
    char path[FILE_PATH];
    uint8_t *content = NULL;
    size_t size = 0;
    files_idx_part(folder, "train", COUNT, HEIGHT, WIDTH, 0);
    assert_ok(vdib__file_read(files_path(path, folder, name), &content, &size));
    assert_true(at + count <= size);
    memcpy(content + at, bytes, count);
    assert_ok(vdib__file_write(path, content, size));
    vdib__free(content);
}

static void headers_that_lie_are_refused(void **state) {
    patch(*state, IMAGES, 7, "\x0D", 1);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "promises 195 bytes of data (13 x ...), but 180 follow");
    patch(*state, IMAGES, 7, "\x0B", 1);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "promises 165");
    patch(*state, IMAGES, 4, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "but 180 follow");
    patch(*state, IMAGES, 4, "\0\0\0\0", 4);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "is 0");
    patch(*state, IMAGES, 2, "\x0D", 1);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "is not an IDX file of bytes with 3 dimensions");
    patch(*state, LABELS, 3, "\x03", 1);
    refuse(*state, VDIB_ERROR_FORMAT, LABELS, "must begin with 00 00 08 01");
    files_idx_part(*state, "train", COUNT, HEIGHT, WIDTH, 0);
    files_cut(*state, IMAGES, 100);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "but 84 follow");
    files_cut(*state, IMAGES, 15);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "is not an IDX file");
}

static void labels_are_checked(void **state) {
    patch(*state, LABELS, 8 + 11, "\x0C", 1);
    refuse(*state, VDIB_ERROR_DATA, LABELS, "label 12 of image 11 (byte 19) is outside 0..9");
    size_t size = 0;
    uint8_t *labels = files_idx_labels(COUNT - 1, 0, &size);
    files_write(*state, LABELS, labels, size);
    free(labels);
    refuse(*state, VDIB_ERROR_FORMAT, LABELS, "11 labels");
    assert_non_null(strstr(vdib_last_message(), "12 images"));
}

static void missing_files_are_named(void **state) {
    char path[FILE_PATH];
    refuse(*state, VDIB_ERROR_IO, *state, "train-images-idx3-ubyte");
    files_idx_part(*state, "train", COUNT, HEIGHT, WIDTH, 0);
    assert_int_equal(unlink(files_path(path, *state, LABELS)), 0);
    refuse(*state, VDIB_ERROR_IO, *state, "train-labels-idx1-ubyte");
}

static void damaged_gzip_is_refused(void **state) {
    size_t size = 0;
    uint8_t *pixels = files_idx_images(500, 28, 28, &size);
    files_write_gzip(*state, "train-images-idx3-ubyte.gz", pixels, size);
    free(pixels);
    files_cut(*state, "train-images-idx3-ubyte.gz", 600);
    refuse(*state, VDIB_ERROR_FORMAT, "train-images-idx3-ubyte.gz", "cut short");
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    files_write(*state, "train-images-idx3-ubyte.gz", pointer, sizeof pointer - 1);
    refuse(*state, VDIB_ERROR_FORMAT, "train-images-idx3-ubyte.gz", "git lfs pull");
    files_write(*state, "train-images-idx3-ubyte.gz", pointer, 0);
    refuse(*state, VDIB_ERROR_FORMAT, "train-images-idx3-ubyte.gz", "is not an IDX file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(plain_files_are_read), files_test(every_spelling_is_read),  files_test(headers_that_lie_are_refused),
        files_test(labels_are_checked),   files_test(missing_files_are_named), files_test(damaged_gzip_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
