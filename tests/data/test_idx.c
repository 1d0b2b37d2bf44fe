/* SPDX-License-Identifier: MIT */
/* IDX files of images and labels, good and bad. */
#include "files.h"

#include <math.h>
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
    vdib__idx_notes notes;
    assert_false(vdib__idx_folder(*state));
    files_idx_part(*state, "train", COUNT, HEIGHT, WIDTH, 4);
    assert_true(vdib__idx_folder(*state));
    assert_ok(vdib__idx_load(*state, "train", &images, &notes));
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
        vdib__idx_notes notes;
        snprintf(folder, sizeof folder, "%s/%d", (const char *)*state, i);
        uint8_t *pixels = files_idx_images(COUNT, HEIGHT, WIDTH, &size);
        uint8_t *labels = files_idx_labels(COUNT, 0, &label_size);
        (i == 1 ? files_write : files_write_gzip)(folder, names[i][0], pixels, size);
        (i == 1 ? files_write : files_write_gzip)(folder, names[i][1], labels, label_size);
        assert_ok(vdib__idx_load(folder, "t10k", &images, &notes));
        check_part(&images, 0);
        vdib__images_free(&images);
        free(labels);
        free(pixels);
    }
}

/* Loading fails with one line that names `file` and says `part`; nothing is kept. */
static void refuse(const char *folder, vdib_status status, const char *file, const char *part) {
    vdib__images images = {0};
    vdib__idx_notes notes;
    assert_fails(status, vdib__idx_load(folder, "train", &images, &notes), part);
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
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "promises 195 bytes of data (13 x 3 x 5 unsigned bytes), but 180 follow");
    patch(*state, IMAGES, 7, "\x0B", 1);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "promises 165");
    patch(*state, IMAGES, 4, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "but 180 follow");
    patch(*state, IMAGES, 4, "\0\0\0\0", 4);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "is 0");
    patch(*state, IMAGES, 2, "\x0D", 1);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "promises 720 bytes of data (12 x 3 x 5 32-bit floats), but 180 follow");
    patch(*state, IMAGES, 2, "\x0A", 1);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "has elements of type 0x0A, which IDX does not know");
    patch(*state, IMAGES, 1, "\x08", 1);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "is not an IDX file");
    patch(*state, IMAGES, 3, "\x05", 1);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "has 5 dimensions; files of 1 to 4 are read");
    patch(*state, LABELS, 3, "\x00", 1);
    refuse(*state, VDIB_ERROR_FORMAT, LABELS, "has 0 dimensions");
    files_idx_part(*state, "train", COUNT, HEIGHT, WIDTH, 0);
    files_cut(*state, IMAGES, 100);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "but 84 follow");
    files_cut(*state, IMAGES, 15);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "is cut short inside its header");
    files_cut(*state, IMAGES, 3);
    refuse(*state, VDIB_ERROR_FORMAT, IMAGES, "is not an IDX file");
}

static void labels_are_checked(void **state) {
    vdib__images images = {0};
    vdib__idx_notes notes;
    patch(*state, LABELS, 8 + 11, "\xC8", 1); /* any number of classes */
    assert_ok(vdib__idx_load(*state, "train", &images, &notes));
    assert_int_equal(images.labels[11], 200);
    vdib__images_free(&images);
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

/* Appends `count` bytes to a file. */
static void append_bytes(const char *folder, const char *name, const void *bytes, size_t count) {
    char path[FILE_PATH];
    FILE *stream = fopen(files_path(path, folder, name), "ab");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, count, stream), count);
    assert_int_equal(fclose(stream), 0);
}

/* Zeros behind the last gzip member are padding; several members are one file; anything else is no gzip. */
static void padded_gzip_is_read(void **state) {
    static const char zeros[3000] = {0};
    vdib__images images = {0};
    vdib__idx_notes notes;
    size_t size = 0, label_size = 0, packed_size = 0;
    uint8_t *pixels = files_idx_images(COUNT, HEIGHT, WIDTH, &size), *packed = NULL;
    uint8_t *labels = files_idx_labels(COUNT, 4, &label_size);
    char path[FILE_PATH];
    files_write_gzip(*state, "train-labels-idx1-ubyte.gz", labels, label_size);
    append_bytes(*state, "train-labels-idx1-ubyte.gz", zeros, 1);
    files_write_gzip(*state, "second.gz", pixels + 100, size - 100);
    files_write_gzip(*state, "train-images-idx3-ubyte.gz", pixels, 100);
    assert_ok(vdib__file_read(files_path(path, *state, "second.gz"), &packed, &packed_size));
    append_bytes(*state, "train-images-idx3-ubyte.gz", packed, packed_size);
    append_bytes(*state, "train-images-idx3-ubyte.gz", zeros, sizeof zeros);
    assert_ok(vdib__idx_load(*state, "train", &images, &notes));
    check_part(&images, 4);
    vdib__images_free(&images);
    append_bytes(*state, "train-images-idx3-ubyte.gz", "x", 1);
    refuse(*state, VDIB_ERROR_FORMAT, "train-images-idx3-ubyte.gz", "bytes that are no gzip data follow");
    vdib__free(packed);
    free(labels);
    free(pixels);
}

static void spellings_in_capitals_and_test_for_t10k_are_read(void **state) {
    vdib__images images = {0};
    vdib__idx_notes notes;
    size_t size = 0, label_size = 0;
    uint8_t *pixels = files_idx_images(COUNT, HEIGHT, WIDTH, &size);
    uint8_t *labels = files_idx_labels(COUNT, 1, &label_size);
    files_write(*state, "TEST-Images-IDX3-UByte", pixels, size);
    files_write_gzip(*state, "test-labels.idx1-ubyte.GZ", labels, label_size);
    assert_ok(vdib__idx_load(*state, "t10k", &images, &notes));
    check_part(&images, 1);
    vdib__images_free(&images);
    free(labels);
    free(pixels);
}

/* ---- other types and dimensions ---- */

/* The bytes of a value as IDX has them; returns how many. */
static size_t put_value(uint8_t *at, vdib__idx_type type, double value) {
    uint64_t bits = 0;
    float single = (float)value;
    uint32_t word;
    size_t size = type == VDIB_IDX_F64                           ? 8
                  : type == VDIB_IDX_I16                         ? 2
                  : type == VDIB_IDX_I32 || type == VDIB_IDX_F32 ? 4
                                                                 : 1;
    if (type == VDIB_IDX_F64) {
        memcpy(&bits, &value, sizeof bits);
    } else if (type == VDIB_IDX_F32) {
        memcpy(&word, &single, sizeof word);
        bits = word;
    } else {
        bits = (uint64_t)(int64_t)value;
    }
    for (size_t b = 0; b < size; b++)
        at[b] = (uint8_t)(bits >> (8 * (size - 1 - b)));
    return size;
}

static void write_idx(const char *folder, const char *name, vdib__idx_type type, const size_t *sizes, size_t rank,
                      const double *values) {
    size_t count = 1, used = 4;
    uint8_t bytes[4096] = {0, 0, (uint8_t)type, (uint8_t)rank};
    for (size_t a = 0; a < rank; a++, used += 4) {
        files_big_endian(bytes + used, sizes[a]);
        count *= sizes[a];
    }
    assert_true(used + 8 * count <= sizeof bytes);
    for (size_t i = 0; i < count; i++)
        used += put_value(bytes + used, type, values[i]);
    files_write(folder, name, bytes, used);
}

static void write_labels(const char *folder, size_t count) {
    double values[16];
    for (size_t i = 0; i < count; i++)
        values[i] = (double)(i % 3);
    write_idx(folder, LABELS, VDIB_IDX_U8, &count, 1, values);
}

/* Images of 2 x 2 whose values are `values` (8): their pixels. */
static void check_values(const char *folder, vdib__idx_type type, const double *values, const double *pixels) {
    static const size_t sizes[3] = {2, 2, 2};
    vdib__images images = {0};
    vdib__idx_notes notes;
    write_idx(folder, IMAGES, type, sizes, 3, values);
    assert_ok(vdib__idx_load(folder, "train", &images, &notes));
    for (size_t i = 0; i < 8; i++)
        assert_true(fabs(images.pixels[i] - (pixels[i])) <= 1e-7); /* false for NaN */
    assert_true((notes.elements[0] == '\0') == (type == VDIB_IDX_U8));
    if (type != VDIB_IDX_U8)
        assert_non_null(strstr(notes.elements, vdib__idx_type_name(type)));
    vdib__images_free(&images);
}

static void images_of_every_type_are_read(void **state) {
    static const double bytes[8] = {0, 255, 51, 102, 1, 2, 3, 254}, unit[8] = {0, 1, 0.5, 0.25, 0, 0, 1, 0.125};
    static const double words[8] = {0, 65535, 256, 1000, 1, 2, 3, 4}, small[8] = {0, 127, 64, 1, 2, 3, 4, 5};
    static const double around[8] = {-128, 127, 0, 1, -1, 2, 3, 4}, binary[8] = {0, 1, 1, 0, 1, 0, 0, 0};
    double of_bytes[8], of_words[8], of_small[8], of_around[8];
    write_labels(*state, 2);
    for (size_t i = 0; i < 8; i++) {
        of_bytes[i] = bytes[i] / 255;
        of_words[i] = words[i] / 65535;
        of_small[i] = small[i] / 127;
        of_around[i] = (around[i] + 128) / 255;
    }
    check_values(*state, VDIB_IDX_U8, bytes, of_bytes);
    check_values(*state, VDIB_IDX_U8, binary, binary); /* black and white, not two shades of black */
    check_values(*state, VDIB_IDX_I16, bytes, of_bytes);
    check_values(*state, VDIB_IDX_I32, bytes, of_bytes);
    check_values(*state, VDIB_IDX_F32, bytes, of_bytes);
    check_values(*state, VDIB_IDX_F64, bytes, of_bytes);
    check_values(*state, VDIB_IDX_F32, unit, unit);
    check_values(*state, VDIB_IDX_F64, unit, unit);
    check_values(*state, VDIB_IDX_I32, binary, binary);
    check_values(*state, VDIB_IDX_I32, words, of_words);
    check_values(*state, VDIB_IDX_I8, small, of_small);
    check_values(*state, VDIB_IDX_I8, around, of_around);
}

static void values_that_are_no_pixels_are_refused(void **state) {
    static const size_t sizes[3] = {2, 2, 2};
    double values[8] = {-1, 1, 0, 0, 0, 0.5, 0, 0};
    write_labels(*state, 2);
    write_idx(*state, IMAGES, VDIB_IDX_F32, sizes, 3, values);
    refuse(*state, VDIB_ERROR_DATA, IMAGES, "its 32-bit floats lie in -1 to 1, which are no pixels");
    values[0] = 256;
    write_idx(*state, IMAGES, VDIB_IDX_F64, sizes, 3, values);
    refuse(*state, VDIB_ERROR_DATA, IMAGES, "64-bit floats lie in 0 to 256");
    values[0] = 65536;
    write_idx(*state, IMAGES, VDIB_IDX_I32, sizes, 3, values);
    refuse(*state, VDIB_ERROR_DATA, IMAGES, "32-bit integers lie in 0 to 65536");
    values[3] = NAN;
    write_idx(*state, IMAGES, VDIB_IDX_F64, sizes, 3, values);
    refuse(*state, VDIB_ERROR_DATA, IMAGES, "element 3 is not a finite number");
}

static void colour_and_flat_images_are_read(void **state) {
    static const size_t last[4] = {1, 2, 2, 3}, first[4] = {1, 3, 2, 2}, opacity[4] = {1, 2, 2, 4}, flat[2] = {1, 4};
    static const double reds[4] = {255, 0, 0, 200}, greens[4] = {0, 255, 0, 100}, blues[4] = {0, 0, 255, 50};
    double values[16], grey[4];
    vdib__images images = {0};
    vdib__idx_notes notes;
    write_labels(*state, 1);
    for (size_t i = 0; i < 4; i++)
        grey[i] = (0.299 * reds[i] + 0.587 * greens[i] + 0.114 * blues[i]) / 255;
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < 4; i++) {
            size_t stride = kind == 2 ? 4 : 3;
            values[kind == 1 ? i : stride * i] = reds[i];
            values[kind == 1 ? 4 + i : stride * i + 1] = greens[i];
            values[kind == 1 ? 8 + i : stride * i + 2] = blues[i];
            if (kind == 2)
                values[4 * i + 3] = 255 - 10 * (double)i;
        }
        if (kind == 3)
            for (size_t i = 0; i < 4; i++)
                values[i] = reds[i];
        const size_t *sizes = kind == 0 ? last : kind == 1 ? first : kind == 2 ? opacity : flat;
        write_idx(*state, IMAGES, VDIB_IDX_U8, sizes, kind == 3 ? 2 : 4, values);
        assert_ok(vdib__idx_load(*state, "train", &images, &notes));
        assert_true(images.count == 1 && images.height == 2 && images.width == 2);
        for (size_t i = 0; i < 4; i++)
            assert_true(fabs(images.pixels[i] - (kind == 3 ? reds[i] / 255 : grey[i])) <= 1e-6); /* false for NaN */
        assert_non_null(strstr(notes.elements, "2 x 2 grey images"));
        vdib__images_free(&images);
    }
}

static void other_dimensions_are_refused_by_name(void **state) {
    static const size_t five[4] = {1, 2, 2, 5}, odd[2] = {1, 6}, one[1] = {4};
    static const double values[20] = {1, 2, 3};
    write_labels(*state, 1);
    write_idx(*state, IMAGES, VDIB_IDX_U8, five, 4, values);
    refuse(*state, VDIB_ERROR_DATA, IMAGES, "has 4 dimensions, 1 x 2 x 2 x 5");
    write_idx(*state, IMAGES, VDIB_IDX_U8, odd, 2, values);
    refuse(*state, VDIB_ERROR_DATA, IMAGES, "has 2 dimensions, 1 x 6");
    write_idx(*state, IMAGES, VDIB_IDX_U8, one, 1, values);
    refuse(*state, VDIB_ERROR_DATA, IMAGES, "has 1 dimension, 4");
}

static void labels_of_every_type_are_read(void **state) {
    static const vdib__idx_type types[] = {VDIB_IDX_U8,  VDIB_IDX_I8,  VDIB_IDX_I16,
                                           VDIB_IDX_I32, VDIB_IDX_F32, VDIB_IDX_F64};
    static const double values[3] = {7, 0, 99}, hot[9] = {0, 1, 0, 1, 0, 0, 0, 0, 1},
                        none[9] = {0, 1, 0, 1, 1, 0, 0, 0, 1};
    static const size_t column[2] = {3, 1}, square[2] = {3, 3}, three = 3;
    double wrong[3] = {0, 2.5, 1};
    vdib__images images = {0};
    vdib__idx_notes notes;
    for (size_t t = 0; t < 6; t++)
        for (size_t rank = 1; rank <= 2; rank++) {
            files_idx_part(*state, "train", 3, HEIGHT, WIDTH, 0);
            write_idx(*state, LABELS, types[t], column, rank, values);
            assert_ok(vdib__idx_load(*state, "train", &images, &notes));
            assert_true(images.labels[0] == 7 && images.labels[1] == 0 && images.labels[2] == 99);
            vdib__images_free(&images);
        }
    write_idx(*state, LABELS, VDIB_IDX_F32, square, 2, hot);
    assert_ok(vdib__idx_load(*state, "train", &images, &notes));
    assert_true(images.labels[0] == 1 && images.labels[1] == 0 && images.labels[2] == 2);
    vdib__images_free(&images);
    write_idx(*state, LABELS, VDIB_IDX_F32, square, 2, none);
    refuse(*state, VDIB_ERROR_DATA, LABELS, "row 1 of its 3 x 3 labels is not one 1 among 0");
    write_idx(*state, LABELS, VDIB_IDX_F64, &three, 1, wrong);
    refuse(*state, VDIB_ERROR_DATA, LABELS, "label 2.5 of image 1 is no whole number from 0 to 65535");
    wrong[1] = -1;
    write_idx(*state, LABELS, VDIB_IDX_I16, &three, 1, wrong);
    refuse(*state, VDIB_ERROR_DATA, LABELS, "label -1 of image 1");
}

static void images_without_contrast_are_counted_and_refused(void **state) {
    static const size_t sizes[3] = {3, 2, 2};
    double values[12] = {0};
    vdib__images images = {0};
    vdib__idx_notes notes;
    write_labels(*state, 3);
    write_idx(*state, IMAGES, VDIB_IDX_U8, sizes, 3, values);
    refuse(*state, VDIB_ERROR_DATA, IMAGES, "all pixels of each of its 3 images are the same");
    for (size_t i = 0; i < 12; i++)
        values[i] = 200;
    write_idx(*state, IMAGES, VDIB_IDX_U8, sizes, 3, values);
    refuse(*state, VDIB_ERROR_DATA, IMAGES, "are the same (black, or blank)");
    values[5] = 0;
    write_idx(*state, IMAGES, VDIB_IDX_U8, sizes, 3, values);
    assert_ok(vdib__idx_load(*state, "train", &images, &notes));
    assert_int_equal(notes.black, 2);
    vdib__images_free(&images);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(plain_files_are_read),
        files_test(every_spelling_is_read),
        files_test(headers_that_lie_are_refused),
        files_test(labels_are_checked),
        files_test(missing_files_are_named),
        files_test(damaged_gzip_is_refused),
        files_test(padded_gzip_is_read),
        files_test(spellings_in_capitals_and_test_for_t10k_are_read),
        files_test(images_of_every_type_are_read),
        files_test(values_that_are_no_pixels_are_refused),
        files_test(colour_and_flat_images_are_read),
        files_test(other_dimensions_are_refused_by_name),
        files_test(labels_of_every_type_are_read),
        files_test(images_without_contrast_are_counted_and_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
