/* SPDX-License-Identifier: MIT */
/* PNG and base64: what was encoded comes back by libpng's reader and by RFC 4648's own vectors. */
#include "support.h"

#include <png.h>

#include "core/alloc.h"
#include "core/png.h"
#include "report/base64.h"

/* Decodes a PNG in the given format; the caller frees the samples. */
static uint8_t *decode(const uint8_t *png, size_t size, uint32_t format, size_t height, size_t width) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, png, size));
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    image.format = format;
    uint8_t *samples = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(samples);
    assert_true(png_image_finish_read(&image, NULL, samples, 0, NULL));
    return samples;
}

static void gray_comes_back(void **state) {
    (void)state;
    const uint8_t pixels[] = {0, 1, 127, 128, 254, 255, 3, 200, 77, 5, 9, 11, 13, 17, 19};
    uint8_t *png = NULL;
    size_t size = 0;
    assert_ok(vdib__png_encode(VDIB_PNG_GRAY, pixels, 3, 5, &png, &size));
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    uint8_t *back = decode(png, size, PNG_FORMAT_GRAY, 3, 5);
    assert_memory_equal(back, pixels, sizeof pixels);
    free(back);
    vdib__free(png);
}

static void colour_comes_back(void **state) {
    (void)state;
    const uint8_t pixels[] = {0, 1, 127, 128, 254, 255, 3, 200, 77, 5, 9, 11, 13, 17, 19, 21, 22, 23};
    uint8_t *png = NULL;
    size_t size = 0;
    assert_ok(vdib__png_encode(VDIB_PNG_RGB, pixels, 2, 3, &png, &size));
    uint8_t *back = decode(png, size, PNG_FORMAT_RGB, 2, 3);
    assert_memory_equal(back, pixels, sizeof pixels);
    free(back);
    vdib__free(png);
}

static void a_mask_is_black_of_varying_opacity(void **state) {
    (void)state;
    const uint8_t pixels[] = {0, 255, 128, 7, 0, 99};
    uint8_t *png = NULL;
    size_t size = 0;
    assert_ok(vdib__png_encode(VDIB_PNG_MASK, pixels, 2, 3, &png, &size));
    uint8_t *back = decode(png, size, PNG_FORMAT_GA, 2, 3);
    for (size_t i = 0; i < sizeof pixels; i++) {
        assert_int_equal(back[2 * i], 0);
        assert_int_equal(back[2 * i + 1], pixels[i]);
    }
    free(back);
    vdib__free(png);
}

static void the_same_pixels_give_the_same_bytes(void **state) {
    (void)state;
    uint8_t pixels[40 * 30];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * i % 251);
    uint8_t *a = NULL, *b = NULL;
    size_t size_a = 0, size_b = 0;
    assert_ok(vdib__png_encode(VDIB_PNG_MASK, pixels, 40, 30, &a, &size_a));
    assert_ok(vdib__png_encode(VDIB_PNG_MASK, pixels, 40, 30, &b, &size_b));
    assert_int_equal(size_a, size_b);
    assert_memory_equal(a, b, size_a);
    vdib__free(a);
    vdib__free(b);
}

static void impossible_sides_are_refused(void **state) {
    (void)state;
    const uint8_t pixel = 0;
    uint8_t *png = NULL;
    size_t size = 0;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__png_encode(VDIB_PNG_GRAY, &pixel, 0, 1, &png, &size), "1 x 0");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__png_encode(VDIB_PNG_GRAY, &pixel, 1, 65536, &png, &size), "65535");
    assert_null(png);
}

static void base64_gives_the_vectors_of_the_rfc(void **state) {
    (void)state;
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"},
                                             {"\xff\xef\xbe", "/+++"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char *text = NULL;
        assert_ok(vdib__base64(vectors[i][0], strlen(vectors[i][0]), &text));
        assert_string_equal(text, vectors[i][1]);
        vdib__free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gray_comes_back),
        cmocka_unit_test(colour_comes_back),
        cmocka_unit_test(a_mask_is_black_of_varying_opacity),
        cmocka_unit_test(the_same_pixels_give_the_same_bytes),
        cmocka_unit_test(impossible_sides_are_refused),
        cmocka_unit_test(base64_gives_the_vectors_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
