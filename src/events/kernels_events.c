/* SPDX-License-Identifier: MIT */
#include "events/kernels_events.h"

#include <string.h>

#include "events/put.h"
#include "events/words.h"

/* ---- one by one ---- */

static vdib__event_look look_each(const vdib_event *events, size_t count, int64_t previous, uint16_t most_x,
                                  uint16_t most_y) {
    vdib__event_look found = {.beyond = false};
    for (size_t i = 0; i < count; i++) {
        found.late += events[i].t < previous;
        found.on += events[i].polarity;
        found.beyond |= events[i].x > most_x || events[i].y > most_y;
        previous = events[i].t;
    }
    return found;
}

static uint32_t dat_each(const uint8_t *at, size_t records, uint32_t last, int64_t turns, vdib_event *events) {
    uint32_t changed = 0;
    for (size_t i = 0; i < records; i++, at += 8) {
        uint32_t stamp = vdib__little32(at), word = vdib__little32(at + 4);
        changed |= stamp ^ last;
        vdib__event_put(&events[i], turns + stamp, vdib__place(word & 0x3FFF, word >> 14 & 0x3FFF, word >> 28 & 1));
    }
    return changed;
}

static size_t evt2_each(const uint8_t *at, size_t words, int64_t base, vdib_event *events) {
    size_t made = 0;
    for (; made < words; made++, at += 4) {
        uint32_t word = vdib__little32(at);
        if (word >> 28 > 1)
            break;
        vdib__event_put(&events[made], base + (word >> 22 & 0x3F),
                        vdib__place(word >> 11 & 0x7FF, word & 0x7FF, word >> 28));
    }
    return made;
}

#ifdef __AVX2__

#include <immintrin.h>

/* ---- in registers of 32 bytes: four numbers of 64 bits, two events; the processor is little endian ---- */

typedef int64_t lanes __attribute__((vector_size(32)));
typedef uint64_t places __attribute__((vector_size(32)));
typedef uint16_t halves __attribute__((vector_size(32)));
typedef uint32_t words4 __attribute__((vector_size(16)));

static inline lanes load(const void *from) {
    lanes value;
    memcpy(&value, from, sizeof value);
    return value;
}

/* Four times and four places, in turns. */
static inline void store_four(lanes times, places place, vdib_event *events) {
    __m256i even = _mm256_unpacklo_epi64((__m256i)times, (__m256i)place), /* of 0 and 2 */
        odd = _mm256_unpackhi_epi64((__m256i)times, (__m256i)place);      /* of 1 and 3 */
    _mm256_storeu_si256((__m256i *)(void *)events, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256((__m256i *)(void *)(events + 2), _mm256_permute2x128_si256(even, odd, 0x31));
}

static vdib__event_look look(const vdib_event *events, size_t count, int64_t previous, uint16_t most_x,
                             uint16_t most_y) {
    const uint16_t all = UINT16_MAX, x = most_x, y = most_y;
    const halves most = {all, all, all, all, x, y, all, all, all, all, all, all, x, y, all, all};
    const lanes polarity = {0, INT64_C(1) << 32, 0, INT64_C(1) << 32};
    vdib__event_look found = look_each(events, 1, previous, most_x, most_y);
    lanes late = {0}, on = {0};
    halves beyond = {0};
    size_t i = 1;
    for (; i + 2 <= count; i += 2) {
        lanes now = load(&events[i]), before = load(&events[i - 1]);
        late -= (lanes)(before > now); /* of the times, lanes 0 and 2 */
        on += now & polarity;
        beyond |= (halves)((halves)now > most);
    }
    lanes any = (lanes)beyond;
    found.late += (size_t)(late[0] + late[2]);
    found.on += (size_t)((on[1] + on[3]) >> 32);
    found.beyond |= (any[0] | any[1] | any[2] | any[3]) != 0;
    if (i < count) {
        vdib__event_look rest = look_each(&events[i], count - i, events[i - 1].t, most_x, most_y);
        found = (vdib__event_look){found.beyond || rest.beyond, found.late + rest.late, found.on + rest.on};
    }
    return found;
}

static uint32_t dat(const uint8_t *at, size_t records, uint32_t last, int64_t turns, vdib_event *events) {
    const lanes before = {last, last, last, last}, added = {turns, turns, turns, turns}, stamps = {0};
    const places address = {0x3FFF, 0x3FFF, 0x3FFF, 0x3FFF}, one = {1, 1, 1, 1};
    const lanes low = stamps + UINT32_MAX;
    lanes changed = {0};
    size_t i = 0;
    for (; i + 4 <= records; i += 4, at += 32) {
        lanes record = load(at);
        places word = (places)record >> 32;
        changed |= record ^ before;
        store_four((record & low) + added, (word & address) | (word >> 14 & address) << 16 | (word >> 28 & one) << 32,
                   &events[i]);
    }
    uint32_t sum = (uint32_t)(changed[0] | changed[1] | changed[2] | changed[3]);
    return sum | dat_each(at, records - i, last, turns, events + i);
}

static size_t evt2(const uint8_t *at, size_t words, int64_t base, vdib_event *events) {
    const places address = {0x7FF, 0x7FF, 0x7FF, 0x7FF}, time = {0x3F, 0x3F, 0x3F, 0x3F};
    const lanes begin = {base, base, base, base};
    size_t made = 0;
    for (; made + 4 <= words; made += 4, at += 16) {
        words4 four;
        memcpy(&four, at, sizeof four);
        words4 other = four >> 29; /* types above 1 */
        if ((other[0] | other[1] | other[2] | other[3]) != 0)
            break;
        places word = __builtin_convertvector(four, places);
        store_four(begin + (lanes)(word >> 22 & time),
                   (word >> 11 & address) | (word & address) << 16 | word >> 28 << 32, &events[made]);
    }
    return made + evt2_each(at, words - made, base, events + made);
}

extern const vdib__event_kernels VDIB_KERNEL_TABLE(vdib__event_kernels);
const vdib__event_kernels VDIB_KERNEL_TABLE(vdib__event_kernels) = {look, dat, evt2};

#else

extern const vdib__event_kernels VDIB_KERNEL_TABLE(vdib__event_kernels);
const vdib__event_kernels VDIB_KERNEL_TABLE(vdib__event_kernels) = {look_each, dat_each, evt2_each};

#endif
