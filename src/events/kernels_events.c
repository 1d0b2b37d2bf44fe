/* SPDX-License-Identifier: MIT */
#include "events/kernels_events.h"

#include <string.h>

#include "events/put.h"
#include "events/words.h"

/* ---- one by one ---- */

/* Adds what the events from `first` to before `end` are. */
static void look_on(const vdib_event *events, size_t first, size_t end, vdib__event_look *seen) {
    for (size_t i = first; i < end; i++) {
        seen->late += i > 0 && events[i].t < events[i - 1].t;
        seen->on += events[i].polarity;
        seen->x = events[i].x > seen->x ? events[i].x : seen->x;
        seen->y = events[i].y > seen->y ? events[i].y : seen->y;
    }
}

/* The records from `first` to before `end`. */
static uint32_t dat_on(const uint8_t *at, size_t first, size_t end, const vdib__dat_clock *clock, vdib_event *events,
                       vdib__event_look *seen) {
    uint32_t changed = 0;
    for (size_t i = first; i < end; i++) {
        uint32_t stamp = vdib__little32(at + 8 * i), word = vdib__little32(at + 8 * i + 4);
        changed |= stamp ^ clock->last;
        vdib__event_put(&events[i], clock->turns + stamp,
                        vdib__place(word & 0x3FFF, word >> 14 & 0x3FFF, word >> 28 & 1));
    }
    look_on(events, first, end, seen);
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

/* The greatest x and y of places that were put together by _mm256_max_epu16: the numbers of 16 bits at `first` and at
 * each `stride` behind it are an x, behind which y stands. The stride is 4 where every lane of 64 bits is a place, 8
 * where only the odd ones are, as in events. */
static inline void see_most(__m256i most, size_t first, size_t stride, vdib__event_look *seen) {
    uint16_t halves[16];
    memcpy(halves, &most, sizeof halves);
    for (size_t i = first; i < 16; i += stride) {
        seen->x = halves[i] > seen->x ? halves[i] : seen->x;
        seen->y = halves[i + 1] > seen->y ? halves[i + 1] : seen->y;
    }
}

static vdib__event_look look(const vdib_event *events, size_t count) {
    const lanes polarity = {0, INT64_C(1) << 32, 0, INT64_C(1) << 32};
    vdib__event_look seen = {.late = 0};
    lanes late = {0}, on = {0};
    __m256i most = _mm256_setzero_si256();
    size_t i = 1;
    look_on(events, 0, count < 1 ? count : 1, &seen);
    for (; i + 2 <= count; i += 2) {
        lanes now = load(&events[i]), before = load(&events[i - 1]);
        late -= (lanes)(before > now); /* of the times, lanes 0 and 2 */
        on += now & polarity;
        most = _mm256_max_epu16(most, (__m256i)now);
    }
    seen.late += (size_t)(late[0] + late[2]);
    seen.on += (size_t)((on[1] + on[3]) >> 32);
    see_most(most, 4, 8, &seen);
    look_on(events, i, count, &seen);
    return seen;
}

static uint32_t dat(const uint8_t *at, size_t records, const vdib__dat_clock *clock, vdib_event *events,
                    vdib__event_look *seen) {
    const int64_t last = clock->last, turns = clock->turns;
    const lanes before = {last, last, last, last}, added = {turns, turns, turns, turns}, none = {0};
    const places address = {0x3FFF, 0x3FFF, 0x3FFF, 0x3FFF}, one = {1, 1, 1, 1};
    const lanes low = none + UINT32_MAX;
    lanes changed = {0}, late = {0};
    places on = {0};
    __m256i most = _mm256_setzero_si256();
    size_t i = 1;
    *seen = (vdib__event_look){.late = 0};
    uint32_t sum = dat_on(at, 0, records < 1 ? records : 1, clock, events, seen);
    for (; i + 4 <= records; i += 4) {
        lanes record = load(at + 8 * i), stamp = record & low;
        places word = (places)record >> 32, polarity = word >> 28 & one,
               place = (word & address) | (word >> 14 & address) << 16;
        changed |= record ^ before;
        late -= (lanes)((load(at + 8 * i - 8) & low) > stamp);
        on += polarity;
        most = _mm256_max_epu16(most, (__m256i)place);
        store_four(stamp + added, place | polarity << 32, &events[i]);
    }
    sum |= (uint32_t)(changed[0] | changed[1] | changed[2] | changed[3]);
    seen->late += (size_t)(late[0] + late[1] + late[2] + late[3]);
    seen->on += (size_t)(on[0] + on[1] + on[2] + on[3]);
    see_most(most, 0, 4, seen);
    return sum | dat_on(at, i, records, clock, events, seen);
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

static vdib__event_look look_each(const vdib_event *events, size_t count) {
    vdib__event_look seen = {.late = 0};
    look_on(events, 0, count, &seen);
    return seen;
}

static uint32_t dat_each(const uint8_t *at, size_t records, const vdib__dat_clock *clock, vdib_event *events,
                         vdib__event_look *seen) {
    *seen = (vdib__event_look){.late = 0};
    return dat_on(at, 0, records, clock, events, seen);
}

extern const vdib__event_kernels VDIB_KERNEL_TABLE(vdib__event_kernels);
const vdib__event_kernels VDIB_KERNEL_TABLE(vdib__event_kernels) = {look_each, dat_each, evt2_each};

#endif
