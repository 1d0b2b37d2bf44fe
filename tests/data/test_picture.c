/* SPDX-License-Identifier: MIT */
/* Pictures and arrays as targets: the values that other programs read, other sizes, and what is refused. */
#include "files.h"

#include <math.h>

#include "data/targets/picture.h"

enum { NAME = 64 };

static uint8_t *corpus(const char *name, size_t *size) {
    char path[FILE_PATH];
    uint8_t *bytes = NULL;
    snprintf(path, sizeof path, "%s/fuzz/corpus/picture/%s", VDIB_TEST_SOURCE, name);
    assert_ok(vdib__file_read(path, &bytes, size));
    return bytes;
}

/* One file of the list: its shape and values follow its name. */
static void check_listed(FILE *list, const char *name) {
    vdib__picture_range range = strncmp(name, "any", 3) == 0 ? VDIB_RANGE_ANY : VDIB_RANGE_UNIT;
    size_t channels = 0, height = 0, width = 0, size = 0;
    uint8_t *bytes = corpus(name, &size);
    vdib__picture picture = {0};
    assert_int_equal(fscanf(list, "%zu %zu %zu", &channels, &height, &width), 3);
    assert_ok(vdib__picture_decode(name, bytes, size, range, &picture));
    assert_int_equal(picture.channels, channels);
    assert_int_equal(picture.height, height);
    assert_int_equal(picture.width, width);
    for (size_t i = 0; i < channels * height * width; i++) {
        double want = 0;
        assert_int_equal(fscanf(list, "%lf", &want), 1);
        if (!(fabs((double)picture.values[i] - want) <= 1e-6 * (1 + fabs(want))))
            fail_msg("%s, value %zu: %.9g, but %.9g is right", name, i, (double)picture.values[i], want);
    }
    bool clear = strcmp(name, "opacity.png") == 0 || strcmp(name, "grey_opacity.png") == 0 ||
                 strcmp(name, "palette_clear.png") == 0;
    assert_int_equal((picture.remarks & VDIB_PICTURE_SEEN_THROUGH) != 0, clear);
    assert_int_equal((picture.remarks & VDIB_PICTURE_SCALED) != 0, strstr(name, "_u") != NULL);
    vdib__free(picture.values);
    vdib__free(bytes);
}

static void values_are_those_of_other_programs(void **state) {
    (void)state;
    char path[FILE_PATH], name[NAME], line[256];
    size_t files = 0;
    snprintf(path, sizeof path, "%s/tests/data/pictures.txt", VDIB_TEST_SOURCE);
    FILE *list = fopen(path, "r");
    assert_non_null(list);
    assert_non_null(fgets(line, sizeof line, list));
    assert_non_null(fgets(line, sizeof line, list));
    for (; fscanf(list, "%63s", name) == 1; files++)
        check_listed(list, name);
    fclose(list);
    assert_int_equal(files, 23);
}

static void sizes_are_means_over_areas(void **state) {
    (void)state;
    float values[2 * 2 * 3] = {1, 2, 3, 4, 5, 6, /**/ 10, 20, 30, 40, 50, 60}, to[2 * 4 * 6];
    const vdib__picture picture = {.channels = 2, .height = 2, .width = 3, .values = values};
    assert_ok(vdib__picture_resize(&picture, 1, 1, to));
    const float whole[] = {3.5F, 35};
    assert_close(to, whole, 2, 1e-6);
    assert_ok(vdib__picture_resize(&picture, 1, 2, to));
    const float halves[] = {17.0F / 6, 25.0F / 6, 170.0F / 6, 250.0F / 6}; /* 1.5 of 3 columns each */
    assert_close(to, halves, 4, 1e-5);
    assert_ok(vdib__picture_resize(&picture, 2, 3, to));
    assert_memory_equal(to, values, sizeof values);
    assert_ok(vdib__picture_resize(&picture, 4, 6, to)); /* twice as large: each pixel four times */
    for (size_t i = 0; i < 2 * 4 * 6; i++)
        assert_true(to[i] == values[i / 24 * 6 + i % 24 / 6 / 2 * 3 + i % 6 / 2]);
}

static void refuse(const char *name, const void *bytes, size_t size, vdib_status status, const char *part) {
    vdib__picture picture = {0};
    assert_fails(status, vdib__picture_decode(name, bytes, size, VDIB_RANGE_UNIT, &picture), part);
    assert_non_null(strstr(vdib_last_message(), name));
    assert_null(strchr(vdib_last_message(), '\n'));
    assert_null(picture.values);
}

/* Cut anywhere, a file is refused, but for a text whose last number lost digits, or a PNG that lost its last chunk. */
static void cut_files_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"grey16.png",  "colour8.png", "interlaced2.png",
                                        "opacity.png", "colour8.ppm", "deep.pgm",
                                        "text.ppm",    "grey_f4.npy", "colour_last_u1.npy"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        size_t size = 0;
        uint8_t *bytes = corpus(names[n], &size);
        size_t least = strstr(names[n], ".png") != NULL   ? size - 12
                       : strstr(names[n], "text") != NULL ? size - 3
                                                          : size;
        for (size_t cut = 0; cut < least; cut++)
            refuse(names[n], bytes, cut, VDIB_ERROR_FORMAT, ":");
        vdib__free(bytes);
    }
}

static void damage_is_named(void **state) {
    (void)state;
    size_t size = 0;
    uint8_t *bytes = corpus("colour8.png", &size);
    bytes[45] ^= 0x55; /* in the packed pixels: their checksum tells */
    refuse("colour8.png", bytes, size, VDIB_ERROR_FORMAT, "damaged PNG");
    vdib__free(bytes);
    bytes = corpus("grey8.png", &size);
    memcpy(bytes + 16, "\x00\x00\x3F\xFF\x00\x00\x0F\xFF", 8);
    uLong sum = crc32(0, bytes + 12, 17);
    for (int i = 0; i < 4; i++)
        bytes[29 + i] = (uint8_t)(sum >> (24 - 8 * i));
    refuse("grey8.png", bytes, size, VDIB_ERROR_FORMAT, "claims 16383 x 4095 pixels");
    vdib__free(bytes);
    refuse("a.pgm", "P5 3 2 0\nabcdef", 15, VDIB_ERROR_FORMAT, "largest value of 0");
    refuse("a.pgm", "P5 3 2 70000\nabcdef", 19, VDIB_ERROR_FORMAT, "largest value of 70000");
    refuse("a.pgm", "P5 3 2 9\n\1\2\3\4\5\x0A", 15, VDIB_ERROR_FORMAT, "a value of 10 above");
    refuse("a.pgm", "P5 0 2 9\n", 9, VDIB_ERROR_FORMAT, "0 x 2");
    refuse("a.pgm", "P5 x 2 9\n", 9, VDIB_ERROR_FORMAT, "byte 3");
    refuse("a.pgm", "P5 65535 65535 255\nabc", 22, VDIB_ERROR_FORMAT, "65535 x 65535");
    refuse("a.pgm", "P2 2 1 9 3 -4", 13, VDIB_ERROR_FORMAT, "byte 11");
}

static void other_formats_are_named(void **state) {
    (void)state;
    refuse("a.jpg", "\xFF\xD8\xFF\xE0....", 8, VDIB_ERROR_FORMAT, "is a JPEG file");
    refuse("a.gif", "GIF89a..", 8, VDIB_ERROR_FORMAT, "is a GIF file");
    refuse("a.pbm", "P4 8 1 .", 8, VDIB_ERROR_FORMAT, "is a PBM file");
    refuse("a.npz", "PK\3\4....", 8, VDIB_ERROR_FORMAT, "is a NPZ");
    refuse("a.png", "hello you", 9, VDIB_ERROR_FORMAT, "neither PNG");
    refuse("a.png", "", 0, VDIB_ERROR_FORMAT, "neither PNG");
}

/* An array with this header and `count` bytes of elements. */
static void refuse_array(const char *header, const void *elements, size_t count, vdib_status status, const char *part) {
    uint8_t bytes[512];
    size_t length = strlen(header);
    memcpy(bytes, "\x93NUMPY\1\0", 8);
    bytes[8] = (uint8_t)(length + 1);
    bytes[9] = 0;
    memcpy(bytes + 10, header, length);
    bytes[10 + length] = '\n';
    memcpy(bytes + 11 + length, elements, count);
    refuse("a.npy", bytes, 11 + length + count, status, part);
}

static void arrays_that_are_no_targets_are_refused(void **state) {
    (void)state;
    const float values[] = {0.5F, 1.5F, 0.25F, NAN, -0.5F, 0};
    refuse_array("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", values, 8, VDIB_ERROR_DATA,
                 "element (0, 0, 1) is outside 0 to 1");
    refuse_array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)}", values + 2, 8, VDIB_ERROR_DATA,
                 "element (0, 1, 0) is not a finite number");
    refuse_array("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1)}", values, 4, VDIB_ERROR_DATA,
                 "rank 4");
    refuse_array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 2)}", values, 16, VDIB_ERROR_DATA,
                 "2 x 1 x 2");
    refuse_array("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3)}", values, 0, VDIB_ERROR_DATA, "axis 0");
    refuse_array("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3)}", values, 24, VDIB_ERROR_FORMAT,
                 "the last of its 9 elements");
    refuse_array("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", values, 8, VDIB_ERROR_DATA, "no numbers");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_other_programs),
        cmocka_unit_test(sizes_are_means_over_areas),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(other_formats_are_named),
        cmocka_unit_test(arrays_that_are_no_targets_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
