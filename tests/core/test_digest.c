/* SPDX-License-Identifier: MIT */
/* SHA-256 against the examples of FIPS 180-4, whole and in pieces. */
#include <string.h>

#include "core/digest.h"
#include "support.h"

static void check(const char *bytes, size_t piece, const char *expected) {
    vdib__digest digest;
    char text[VDIB_DIGEST_TEXT];
    size_t size = strlen(bytes);
    vdib__digest_begin(&digest);
    for (size_t at = 0; at < size; at += piece)
        vdib__digest_add(&digest, bytes + at, size - at < piece ? size - at : piece);
    vdib__digest_end(&digest, text);
    assert_string_equal(text, expected);
}

static void test_examples(void **state) {
    (void)state;
    static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    check("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (size_t piece = 1; piece <= sizeof two; piece++)
        check(two, piece, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* The same as eight bytes by hand. */
static void test_numbers(void **state) {
    (void)state;
    static const unsigned char bytes[] = {0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01};
    char one[VDIB_DIGEST_TEXT], other[VDIB_DIGEST_TEXT];
    vdib__digest digest;
    vdib__digest_begin(&digest);
    vdib__digest_add_number(&digest, 0x0102030405060708U);
    vdib__digest_end(&digest, one);
    vdib__digest_begin(&digest);
    vdib__digest_add(&digest, bytes, sizeof bytes);
    vdib__digest_end(&digest, other);
    assert_string_equal(one, other);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples), cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
