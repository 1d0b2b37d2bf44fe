/* SPDX-License-Identifier: MIT */
#include "plain/read.h"

#include <math.h>

#include "support.h"

char *read_text(const char *path) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        fail_msg("%s cannot be opened", path);
    char *text = NULL;
    size_t size = 0, capacity = 1 << 16;
    do {
        capacity *= 2;
        text = realloc(text, capacity);
        assert_non_null(text);
        size += fread(text + size, 1, capacity - 1 - size, stream);
    } while (size == capacity - 1);
    fclose(stream);
    text[size] = '\0';
    return text;
}

/* ---- event files ---- */

/* CRC-32C from its polynomial x^32 + 0x1EDC6F41, most significant bit first on reflected bytes and a reflected result.
 */
static uint32_t reflect(uint32_t value, int bits) {
    uint32_t mirrored = 0;
    for (int b = 0; b < bits; b++)
        if ((value >> b & 1U) != 0)
            mirrored |= 1U << (bits - 1 - b);
    return mirrored;
}

static uint32_t masked_checksum(const uint8_t *bytes, size_t size) {
    uint32_t rest = 0xFFFFFFFFU;
    for (size_t i = 0; i < size; i++) {
        rest ^= reflect(bytes[i], 8) << 24;
        for (int b = 0; b < 8; b++)
            rest = (rest & 0x80000000U) != 0 ? rest << 1 ^ 0x1EDC6F41U : rest << 1;
    }
    rest = ~reflect(rest, 32);
    return (rest >> 15 | rest << 17) + 0xA282EAD8U;
}

static uint64_t little(const uint8_t *bytes, int count) {
    uint64_t value = 0;
    for (int b = count - 1; b >= 0; b--)
        value = value << 8 | bytes[b];
    return value;
}

/* One field of a protobuf message. */
typedef struct field {
    uint64_t number, kind, value; /* value: a varint, the bits of a fixed number, or a length */
    const uint8_t *bytes;         /* of kind 2 */
} field;

static const uint8_t *read_varint(const uint8_t *at, const uint8_t *end, uint64_t *value) {
    *value = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(at < end && shift < 64);
        *value |= (uint64_t)(*at & 0x7F) << shift;
        if ((*at++ & 0x80) == 0)
            return at;
    }
}

static const uint8_t *read_field(const uint8_t *at, const uint8_t *end, field *f) {
    uint64_t key;
    at = read_varint(at, end, &key);
    f->number = key >> 3;
    f->kind = key & 7;
    if (f->kind == 0)
        return read_varint(at, end, &f->value);
    if (f->kind == 2) {
        at = read_varint(at, end, &f->value);
        assert_true(f->value <= (uint64_t)(end - at));
        f->bytes = at;
        return at + f->value;
    }
    assert_true(f->kind == 1 || f->kind == 5);
    int width = f->kind == 1 ? 8 : 4;
    assert_true(end - at >= width);
    f->value = little(at, width);
    return at + width;
}

/* Summary.Value { tag = 1, simple_value = 2 }; whether it is a scalar. */
static bool read_value(const field *message, read_point *point) {
    field f;
    bool scalar = false;
    for (const uint8_t *at = message->bytes, *end = at + message->value; at < end;) {
        at = read_field(at, end, &f);
        if (f.number == 1) {
            assert_true(f.kind == 2 && f.value < sizeof point->tag);
            memcpy(point->tag, f.bytes, f.value);
            point->tag[f.value] = '\0';
        } else if (f.number == 2) {
            uint32_t bits = (uint32_t)f.value;
            assert_true(f.kind == 5);
            memcpy(&point->value, &bits, sizeof bits);
            scalar = true;
        }
    }
    return scalar;
}

/* Event { wall_time = 1, step = 2, file_version = 3, summary = 5 { value = 1 } }; whether it holds a scalar. */
static bool read_event(const uint8_t *bytes, size_t size, bool first, read_point *point) {
    field f, value;
    bool scalar = false, version = false;
    *point = (read_point){.step = 0};
    for (const uint8_t *at = bytes, *end = at + size; at < end;) {
        at = read_field(at, end, &f);
        if (f.number == 2)
            point->step = f.value;
        else if (f.number == 3)
            version = f.value == 13 && memcmp(f.bytes, "brain.Event:2", 13) == 0;
        else if (f.number == 5 && f.value > 0) {
            read_field(f.bytes, f.bytes + f.value, &value);
            assert_true(value.number == 1 && value.kind == 2);
            scalar = read_value(&value, point);
        }
    }
    assert_int_equal(version, first);
    return scalar;
}

read_point *read_events(const char *path, size_t *count) {
    FILE *stream = fopen(path, "rb");
    uint8_t head[12], tail[4];
    read_point *points = NULL;
    assert_non_null(stream);
    *count = 0;
    for (bool first = true; fread(head, 1, sizeof head, stream) == sizeof head; first = false) {
        size_t size = (size_t)little(head, 8);
        assert_true(size < 1 << 20);
        assert_int_equal(little(head + 8, 4), masked_checksum(head, 8));
        uint8_t *bytes = malloc(size + 1);
        assert_non_null(bytes);
        assert_int_equal(fread(bytes, 1, size, stream), size);
        assert_int_equal(fread(tail, 1, 4, stream), 4);
        assert_int_equal(little(tail, 4), masked_checksum(bytes, size));
        points = realloc(points, (*count + 1) * sizeof *points);
        assert_non_null(points);
        *count += read_event(bytes, size, first, &points[*count]);
        free(bytes);
    }
    assert_true(feof(stream));
    fclose(stream);
    return points;
}

/* ---- the page ---- */

const char *read_behind(const char *from, const char *part) {
    const char *found = strstr(from, part);
    if (found == NULL)
        fail_msg("'%s' is not on the page", part);
    return found + strlen(part);
}

read_number read_shown(const char *text) {
    static const char minus[] = "\xE2\x88\x92";
    char digits[64];
    size_t length = 0;
    double unit = 1;
    bool point = false;
    if (strncmp(text, minus, 3) == 0) {
        digits[length++] = '-';
        text += 3;
    }
    for (; (*text >= '0' && *text <= '9') || *text == ',' || *text == '.'; text++) {
        assert_true(length + 8 < sizeof digits);
        if (*text == ',')
            continue;
        if (point)
            unit /= 10;
        point = point || *text == '.';
        digits[length++] = *text;
    }
    if (*text == 'e') {
        char *end = NULL;
        long exponent = strtol(text + 1, &end, 10);
        unit *= pow(10, (double)exponent);
        length += (size_t)snprintf(digits + length, sizeof digits - length, "e%ld", exponent);
        text = end;
    }
    assert_true(length > 0);
    digits[length] = '\0';
    return (read_number){.value = strtod(digits, NULL), .half = unit / 2, .end = text};
}

void read_assert_shown(const char *text, double want, const char *what) {
    read_number number = read_shown(text);
    /* the library computes in single precision: what it rounds may be on the other side of a half */
    if (!(fabs(number.value - want) <= number.half * 1.01 + 2e-5 * fabs(want)))
        fail_msg("%s: %.24s is shown, %.9g is right", what, text, want);
}
