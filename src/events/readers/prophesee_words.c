/* SPDX-License-Identifier: MIT */
/* What the words of a RAW file are that has lost its header: all of types that the format has, with a clock that goes
 * on. Words of other files, of pictures and sounds too, are not like that for long. */
#include "events/readers/prophesee.h"
#include "events/words.h"

enum { TIME = 8, OFF = 0, ON = 1, FEW = 16 /* events */, MOST = 4096 /* bytes that are looked at */ };

/* What is seen in words so far. */
typedef struct glance {
    size_t highs, events, bad;
    uint32_t high;   /* of the last word TIME_HIGH */
    unsigned before; /* type of the last word of EVT 3.0 */
} glance;

/* The upper bits of the clock, of `bits`: they go back when they turn alone. */
static void see_time(glance *seen, uint32_t high, unsigned bits) {
    const uint32_t step = (high - seen->high) & ((UINT32_C(1) << bits) - 1);
    seen->bad += seen->highs > 0 && step >> (bits - 4) != 0;
    seen->high = high;
    seen->highs++;
}

static void see_evt2(glance *seen, uint32_t word) {
    const unsigned known = 0xC503U, type = word >> 28; /* bit n: there is a type n */
    seen->bad += (known >> type & 1) == 0;
    seen->events += type == OFF || type == ON;
    if (type == TIME)
        see_time(seen, word & 0xFFFFFFFU, 28);
}

/* The upper half of a word; x of 32 pixels is a multiple of 32. */
static void see_evt21(glance *seen, uint32_t word) {
    see_evt2(seen, word);
    seen->bad += word >> 28 <= ON && (word >> 11 & 31) != 0;
}

static void see_evt3(glance *seen, uint16_t word) {
    enum { ADDRESS_Y = 0, ADDRESS_X = 2, BASE_X = 3, VECTOR_12 = 4, VECTOR_8 = 5 };
    const unsigned known = 0xE5FDU, type = word >> 12;
    const bool vector = type == VECTOR_12 || type == VECTOR_8;
    seen->bad += (known >> type & 1) == 0 || (type == ADDRESS_Y && (word >> 11 & 1) != 0) ||
                 (vector && (seen->before < BASE_X || seen->before > VECTOR_8));
    seen->events += type == ADDRESS_X || vector;
    if (type == TIME)
        see_time(seen, word & 0xFFFU, 12);
    seen->before = type;
}

static bool is_sound(const glance *seen) {
    return seen->bad == 0 && seen->highs > 1 && seen->events >= FEW;
}

vdib__prophesee_format vdib__prophesee_of_words(const uint8_t *at, size_t count) {
    glance evt2 = {0}, evt21 = {0}, legacy = {0}, evt3 = {.before = 3};
    count = count < MOST ? count : MOST;
    for (size_t i = 0; i + 2 <= count; i += 2)
        see_evt3(&evt3, vdib__little16(at + i));
    for (size_t i = 0; i + 4 <= count; i += 4)
        see_evt2(&evt2, vdib__little32(at + i));
    for (size_t i = 0; i + 8 <= count; i += 8) {
        see_evt21(&legacy, vdib__little32(at + i));
        see_evt21(&evt21, vdib__little32(at + i + 4));
    }
    return is_sound(&evt21) || is_sound(&legacy) ? VDIB_PROPHESEE_EVT21
           : is_sound(&evt2)                     ? VDIB_PROPHESEE_EVT2
           : is_sound(&evt3)                     ? VDIB_PROPHESEE_EVT3
                                                 : VDIB_PROPHESEE_UNKNOWN;
}
