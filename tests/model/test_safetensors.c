/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "core/alloc.h"
#include "core/file.h"
#include "model/safetensors.h"

static const float weights[6] = {1, -2.5F, 0, 1e-40F, 3e38F, 0.1F};
static const uint64_t counters[3] = {0, 1, UINT64_MAX};
static const int64_t numbers[2] = {INT64_MIN, -1};
static const uint8_t letters[5] = {0, 1, 2, 254, 255};

static const vdib__safetensors_entry entries[] = {
    {"z.weight", VDIB_DTYPE_F32, 2, {2, 3}, weights}, {"letters", VDIB_DTYPE_U8, 1, {5}, letters},
    {"counters", VDIB_DTYPE_U64, 1, {3}, counters},   {"numbers", VDIB_DTYPE_I64, 2, {1, 2}, numbers},
    {"one", VDIB_DTYPE_F32, 0, {0}, weights + 1},     {"none", VDIB_DTYPE_F32, 2, {0, 7}, NULL},
};
enum { ENTRIES = sizeof entries / sizeof entries[0] };
static const vdib__safetensors_text texts[] = {{"version", "1"}, {"config", "{\"a\": \"b\\n\"}"}, {"name", "\xC3\xA9"}};

typedef struct fixture {
    char *folder, *path;
} fixture;

static int make_folder(void **state) {
    fixture *made = test_calloc(1, sizeof *made);
    made->folder = support_folder();
    assert_ok(vdib__path_join(made->folder, "model.safetensors", &made->path));
    *state = made;
    return 0;
}

static int remove_folder(void **state) {
    fixture *made = *state;
    support_folder_remove(made->folder);
    vdib__free(made->path);
    test_free(made);
    return 0;
}

static void round_trip(void **state) {
    fixture *place = *state;
    vdib__safetensors *file = NULL;
    assert_ok(vdib__safetensors_write(place->path, entries, ENTRIES, texts, 3));
    assert_ok(vdib__safetensors_open(place->path, &file));
    assert_int_equal(vdib__safetensors_count(file), ENTRIES);
    assert_string_equal(vdib__safetensors_origin(file), place->path);
    float floats[6], one;
    uint64_t wide[3];
    int64_t integers[2];
    uint8_t bytes[5];
    assert_ok(vdib__safetensors_floats(file, "z.weight", 2, (size_t[]){2, 3}, floats));
    assert_memory_equal(floats, weights, sizeof weights);
    assert_ok(vdib__safetensors_floats(file, "one", 0, NULL, &one));
    assert_true(one == -2.5F);
    assert_ok(vdib__safetensors_floats(file, "none", 2, (size_t[]){0, 7}, floats));
    assert_ok(vdib__safetensors_values(file, "counters", VDIB_DTYPE_U64, 3, wide));
    assert_memory_equal(wide, counters, sizeof counters);
    assert_ok(vdib__safetensors_values(file, "numbers", VDIB_DTYPE_I64, 2, integers));
    assert_memory_equal(integers, numbers, sizeof numbers);
    assert_ok(vdib__safetensors_values(file, "letters", VDIB_DTYPE_U8, 5, bytes));
    assert_memory_equal(bytes, letters, sizeof letters);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(vdib__safetensors_metadata(file, texts[i].key), texts[i].value);
    assert_null(vdib__safetensors_metadata(file, "absent"));
    assert_null(vdib__safetensors_find(file, "__metadata__"));
    vdib__safetensors_close(file);
}

static void tensors_lie_by_alignment_then_name(void **state) {
    fixture *place = *state;
    static const char *const names[] = {"counters", "numbers", "none", "one", "z.weight", "letters"};
    vdib__safetensors *file = NULL;
    assert_ok(vdib__safetensors_write(place->path, entries, ENTRIES, NULL, 0));
    assert_ok(vdib__safetensors_open(place->path, &file));
    for (size_t i = 0; i < ENTRIES; i++)
        assert_string_equal(vdib__safetensors_at(file, i)->name, names[i]);
    assert_null(vdib__safetensors_metadata(file, "version"));
    vdib__safetensors_close(file);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(place->path, &bytes, &size));
    assert_int_equal(bytes[0] % 8, 0);
    assert_memory_equal(bytes + 2, "\0\0\0\0\0\0", 6);
    assert_int_equal(size, 8 + bytes[0] + 256 * (size_t)bytes[1] + 3 * 8 + 2 * 8 + 4 + 6 * 4 + 5);
    vdib__free(bytes);
}

/* The example of the format's description, byte for byte. */
static void smallest_file(void **state) {
    fixture *place = *state;
    static const uint8_t wanted[] =
        "\x38\0\0\0\0\0\0\0{\"a\":{\"data_offsets\":[0,8],\"dtype\":\"F32\",\"shape\":[2]}}  "
        "\0\0\x80\x3F\0\0\0\xC0";
    const vdib__safetensors_entry entry = {"a", VDIB_DTYPE_F32, 1, {2}, (float[]){1, -2}};
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__safetensors_write(place->path, &entry, 1, NULL, 0));
    assert_ok(vdib__file_read(place->path, &bytes, &size));
    assert_int_equal(size, sizeof wanted - 1);
    assert_memory_equal(bytes, wanted, size);
    vdib__free(bytes);
}

static void order_of_entries_does_not_matter(void **state) {
    fixture *place = *state;
    vdib__safetensors_entry reversed[ENTRIES];
    const vdib__safetensors_text swapped[] = {texts[2], texts[0], texts[1]};
    uint8_t *first = NULL, *second = NULL;
    size_t first_size = 0, second_size = 0;
    for (size_t i = 0; i < ENTRIES; i++)
        reversed[i] = entries[ENTRIES - 1 - i];
    assert_ok(vdib__safetensors_write(place->path, entries, ENTRIES, texts, 3));
    assert_ok(vdib__file_read(place->path, &first, &first_size));
    assert_ok(vdib__safetensors_write(place->path, reversed, ENTRIES, swapped, 3));
    assert_ok(vdib__file_read(place->path, &second, &second_size));
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    vdib__free(first);
    vdib__free(second);
}

static void wrong_requests(void **state) {
    fixture *place = *state;
    vdib__safetensors *file = NULL;
    float floats[6];
    assert_ok(vdib__safetensors_write(place->path, entries, ENTRIES, texts, 3));
    assert_ok(vdib__safetensors_open(place->path, &file));
    assert_fails(VDIB_ERROR_FORMAT, vdib__safetensors_floats(file, "weight", 2, (size_t[]){2, 3}, floats),
                 "model.safetensors: there is no tensor 'weight'");
    assert_fails(VDIB_ERROR_FORMAT, vdib__safetensors_floats(file, "z.weight", 2, (size_t[]){3, 2}, floats),
                 "tensor 'z.weight' has the shape [2, 3]; it must have [3, 2]");
    assert_fails(VDIB_ERROR_FORMAT, vdib__safetensors_floats(file, "z.weight", 1, (size_t[]){6}, floats),
                 "it must have [6]");
    assert_fails(VDIB_ERROR_FORMAT, vdib__safetensors_floats(file, "letters", 1, (size_t[]){5}, floats),
                 "tensor 'letters' is of type U8; it must be F32");
    assert_fails(VDIB_ERROR_FORMAT, vdib__safetensors_values(file, "letters", VDIB_DTYPE_U8, 4, floats),
                 "tensor 'letters' has 5 elements; it must have 4");
    vdib__safetensors_close(file);
    assert_fails(VDIB_ERROR_IO, vdib__safetensors_open("/nowhere/model.safetensors", &file),
                 "/nowhere/model.safetensors");
}

/* A writer that refuses leaves the old file and nothing else. */
static void writer_refuses(void **state) {
    fixture *place = *state;
    const vdib__safetensors_entry twice[] = {entries[0], entries[0]};
    const vdib__safetensors_entry reserved = {"__metadata__", VDIB_DTYPE_U8, 1, {5}, letters};
    const vdib__safetensors_entry half = {"half", VDIB_DTYPE_F16, 1, {2}, letters};
    const vdib__safetensors_entry broken = {"\xFF", VDIB_DTYPE_U8, 1, {5}, letters};
    const vdib__safetensors_text repeated[] = {texts[0], texts[0]}, wrong = {"key", "\xFF"};
    assert_ok(vdib__file_write(place->path, "old", 3));
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__safetensors_write(place->path, twice, 2, NULL, 0),
                 "'z.weight' is given twice");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__safetensors_write(place->path, &reserved, 1, NULL, 0), "no name");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__safetensors_write(place->path, &half, 1, NULL, 0), "is not written");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__safetensors_write(place->path, &broken, 1, NULL, 0), "must be UTF-8");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__safetensors_write(place->path, entries, 1, repeated, 2),
                 "'version' is given twice");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__safetensors_write(place->path, entries, 1, &wrong, 1), "must be UTF-8");
    uint8_t *kept = NULL;
    size_t size = 0, count = 0;
    char **names = NULL;
    assert_ok(vdib__file_read(place->path, &kept, &size));
    assert_int_equal(size, 3);
    vdib__free(kept);
    assert_ok(vdib__folder_list(place->folder, &names, &count));
    assert_int_equal(count, 1);
    vdib__names_free(names, count);
}

/* Header (its length is put before it) and `data` bytes of zeros, parsed. */
static vdib_status parse(const char *header, size_t header_size, size_t data, vdib__safetensors **file) {
    uint8_t *bytes = calloc(1, 8 + header_size + data);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)header_size >> (8 * i));
    memcpy(bytes + 8, header, header_size);
    vdib_status status = vdib__safetensors_parse(bytes, 8 + header_size + data, "bad.safetensors", file);
    if (status == VDIB_OK)
        vdib__safetensors_close(*file);
    free(bytes);
    return status;
}

#define TENSOR(dtype, shape, begin, end)                                                                               \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

/* Numbers of other widths, as other programs write them. */
static void floats_of_other_types(void **state) {
    (void)state;
    static const char header[] = "{\"h\":" TENSOR("F16", "[6]", "0", "12") ",\"b\":" TENSOR(
        "BF16", "[2]", "12", "16") ",\"d\":" TENSOR("F64", "[3]", "16", "40") "}";
    static const uint16_t halves[] = {0x3C00, 0xC100, 0x0001, 0x8000, 0x7BFF, 0xFC00, 0x3FC0, 0xC2F7};
    static const float wanted[] = {1.0F, -2.5F, 0x1p-24F, -0.0F, 65504.0F, -INFINITY};
    static const double wide[] = {0.1, -1e300, 3.0};
    uint8_t bytes[8 + sizeof header - 1 + 40] = {0};
    vdib__safetensors *file = NULL;
    float got[6], *copy = NULL;
    const float *view = NULL;
    bytes[0] = (uint8_t)((sizeof header - 1) & 255), bytes[1] = (uint8_t)((sizeof header - 1) >> 8);
    memcpy(bytes + 8, header, sizeof header - 1);
    memcpy(bytes + 8 + sizeof header - 1, halves, sizeof halves);
    memcpy(bytes + 8 + sizeof header - 1 + sizeof halves, wide, sizeof wide);
    assert_ok(vdib__safetensors_parse(bytes, sizeof bytes, "other.safetensors", &file));
    assert_ok(vdib__safetensors_floats(file, "h", 1, (size_t[]){6}, got));
    assert_memory_equal(got, wanted, sizeof wanted);
    assert_ok(vdib__safetensors_view(file, "b", 1, (size_t[]){2}, &view, &copy));
    assert_true(view[0] == 1.5F && view[1] == -123.5F);
    vdib__free(copy);
    assert_ok(vdib__safetensors_floats(file, "d", 1, (size_t[]){3}, got));
    assert_true(got[0] == 0.1F && isinf(got[1]) && got[2] == 3.0F);
    vdib__safetensors_close(file);
}

static void malformed_headers(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t data;
        const char *message;
    } cases[] = {
        {"", 0, "does not begin with '{'"},
        {" {}", 0, "does not begin with '{'"},
        {"[]", 0, "does not begin with '{'"},
        {"{", 0, "not valid JSON"},
        {"{}x", 0, "not valid JSON"},
        {"{\"a\":\"\xFF\"}", 0, "not valid JSON"},
        {"{}", 4, "4 bytes too many after the last tensor"},
        {"{\"a\":1}", 0, "tensor 'a' is not described by exactly"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "not described by exactly"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}}", 4, "not described by exactly"},
        {"{\"a\":" TENSOR("F33", "[1]", "0", "4") "}", 4, "unknown dtype"},
        {"{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "unknown dtype"},
        {"{\"a\":" TENSOR("F32", "1", "0", "4") "}", 4, "no list as its shape"},
        {"{\"a\":" TENSOR("F32", "[-1]", "0", "4") "}", 4, "not of whole numbers"},
        {"{\"a\":" TENSOR("F32", "[1.0]", "0", "4") "}", 4, "not of whole numbers"},
        {"{\"a\":" TENSOR("F32", "[\"1\"]", "0", "4") "}", 4, "not of whole numbers"},
        {"{\"a\":" TENSOR("F32", "[1,1,1,1,1,1,1,1,1]", "0", "4") "}", 4, "more axes"},
        {"{\"a\":" TENSOR("F32", "[9223372036854775807,4]", "0", "4") "}", 4, "too large"},
        {"{\"a\":" TENSOR("F32", "[4611686018427387905]", "0", "4") "}", 4, "more or fewer bytes"},
        {"{\"a\":" TENSOR("F32", "[99999999999999999999]", "0", "4") "}", 4, "not valid JSON"},
        {"{\"a\":" TENSOR("F32", "[2]", "0", "4") "}", 4, "more or fewer bytes"},
        {"{\"a\":" TENSOR("F32", "[1]", "0", "8") "}", 8, "more or fewer bytes"},
        {"{\"a\":" TENSOR("F32", "[1]", "4", "0") "}", 4, "does not lie within the file"},
        {"{\"a\":" TENSOR("F32", "[1]", "-4", "0") "}", 4, "no two whole numbers"},
        {"{\"a\":" TENSOR("F32", "[1]", "0", "4.0") "}", 4, "no two whole numbers"},
        {"{\"a\":" TENSOR("F32", "[1]", "0", "4,4") "}", 4, "no two whole numbers"},
        {"{\"a\":" TENSOR("F32", "[2]", "0", "8") "}", 7, "is cut short or damaged"},
        {"{\"a\":" TENSOR("F32", "[1]", "4", "8") "}", 8, "tensor 'a' has unused bytes before it"},
        {"{\"a\":" TENSOR("F32", "[1]", "0", "4") ",\"b\":" TENSOR("F32", "[1]", "8", "12") "}", 12,
         "tensor 'b' has unused bytes before it"},
        {"{\"a\":" TENSOR("F32", "[2]", "0", "8") ",\"b\":" TENSOR("F32", "[1]", "4", "8") "}", 8,
         "tensor 'b' overlaps another one"},
        {"{\"a\":" TENSOR("F32", "[1]", "0", "4") ",\"b\":" TENSOR("F32", "[1]", "0", "4") "}", 4, "overlaps"},
        {"{\"a\":" TENSOR("F32", "[2]", "0", "8") ",\"b\":" TENSOR("F32", "[0]", "4", "4") "}", 8, "overlaps"},
        {"{\"a\":" TENSOR("F32", "[1]", "0", "4") "}", 5, "1 byte too many after the last tensor"},
        {"{\"a\":" TENSOR("F32", "[1]", "0", "4") ",\"a\":" TENSOR("F32", "[1]", "0", "4") "}", 4, "duplicate"},
        {"{\"__metadata__\":1}", 0, "__metadata__ is no object"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "a value of __metadata__ is no string"},
        {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "duplicate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vdib__safetensors *file = NULL;
        assert_fails(VDIB_ERROR_FORMAT, parse(cases[i].header, strlen(cases[i].header), cases[i].data, &file),
                     cases[i].message);
        assert_memory_equal(vdib_last_message(), "bad.safetensors: ", strlen("bad.safetensors: "));
        assert_null(strchr(vdib_last_message(), '\n'));
        assert_null(file);
    }
}

static void unusual_but_legal_headers(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t data;
    } cases[] = {
        {"{}", 0},
        {"{}      ", 0},
        {"{\"__metadata__\":{}}", 0},
        {"{\"b\":" TENSOR("BF16", "[2]", "4", "8") ",\"a\":" TENSOR("F32", "[]", "0", "4") "}", 8},
        {"{\"b\":" TENSOR("F32", "[0,9223372036854775807]", "4", "4") ",\"a\":" TENSOR("BOOL", "[4]", "0", "4") "}", 4},
        {"{\"b\":" TENSOR("F32", "[0]", "0", "0") ",\"a\":" TENSOR("C64", "[1]", "0", "8") "}", 8},
        {"{\"\":" TENSOR("F8_E4M3", "[1,1,1,1,1,1,1,1]", "0", "1") "}", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vdib__safetensors *file = NULL;
        assert_ok(parse(cases[i].header, strlen(cases[i].header), cases[i].data, &file));
    }
}

static void wrong_lengths(void **state) {
    (void)state;
    vdib__safetensors *file = NULL;
    assert_fails(VDIB_ERROR_FORMAT, vdib__safetensors_parse((const uint8_t *)"", 0, "x", &file),
                 "x: is no safetensors");
    assert_fails(VDIB_ERROR_FORMAT, vdib__safetensors_parse((const uint8_t *)"1234567", 7, "x", &file), "too few");
    assert_fails(VDIB_ERROR_FORMAT, vdib__safetensors_parse((const uint8_t *)"\x03\0\0\0\0\0\0\0{}", 10, "x", &file),
                 "x: is cut short: the header takes 3 bytes and 2 follow");
    assert_fails(VDIB_ERROR_FORMAT,
                 vdib__safetensors_parse((const uint8_t *)"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10, "x", &file),
                 "do not hold a header length");
    assert_fails(VDIB_ERROR_FORMAT, parse("{\"a\n\":1}", 8, 0, &file), "not valid JSON");
    assert_fails(VDIB_ERROR_FORMAT, parse("{\"a\\n\":1}", 9, 0, &file), "tensor 'a?'");
    assert_null(file);
    vdib__safetensors_close(NULL);
}

/* A file that is cut anywhere is refused. */
static void every_truncation_is_noticed(void **state) {
    fixture *place = *state;
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__safetensors_write(place->path, entries, ENTRIES, texts, 3));
    assert_ok(vdib__file_read(place->path, &bytes, &size));
    for (size_t cut = 0; cut < size; cut++) {
        vdib__safetensors *file = NULL;
        uint8_t *part = malloc(cut > 0 ? cut : 1); /* exactly as long, so that a sanitizer sees reads beyond it */
        assert_non_null(part);
        memcpy(part, bytes, cut);
        assert_int_equal(vdib__safetensors_parse(part, cut, "cut", &file), VDIB_ERROR_FORMAT);
        free(part);
    }
    vdib__free(bytes);
}

static void large_tensor_and_not_a_number(void **state) {
    fixture *place = *state;
    enum { LARGE = 100003 };
    float *values = malloc(LARGE * sizeof *values), *back = malloc(LARGE * sizeof *back);
    assert_true(values != NULL && back != NULL);
    for (size_t i = 0; i < LARGE; i++)
        values[i] = (float)i / 7;
    values[LARGE / 2] = NAN;
    const vdib__safetensors_entry entry = {"large", VDIB_DTYPE_F32, 1, {LARGE}, values};
    vdib__safetensors *file = NULL;
    assert_ok(vdib__safetensors_write(place->path, &entry, 1, NULL, 0));
    assert_ok(vdib__safetensors_open(place->path, &file));
    assert_ok(vdib__safetensors_floats(file, "large", 1, (size_t[]){LARGE}, back));
    assert_memory_equal(values, back, LARGE * sizeof *values);
    vdib__safetensors_close(file);
    free(values);
    free(back);
}

int main(void) {
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(round_trip),
        WITH_FOLDER(tensors_lie_by_alignment_then_name),
        WITH_FOLDER(smallest_file),
        WITH_FOLDER(order_of_entries_does_not_matter),
        WITH_FOLDER(wrong_requests),
        WITH_FOLDER(writer_refuses),
        cmocka_unit_test(floats_of_other_types),
        cmocka_unit_test(malformed_headers),
        cmocka_unit_test(unusual_but_legal_headers),
        cmocka_unit_test(wrong_lengths),
        WITH_FOLDER(every_truncation_is_noticed),
        WITH_FOLDER(large_tensor_and_not_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
