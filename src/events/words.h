/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_WORDS_H
#define VDIB_EVENTS_WORDS_H
/* Numbers of a file by their order of bytes, whatever that of the machine. */

#include <stdint.h>

static inline uint16_t vdib__little16(const uint8_t *at) {
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t vdib__little32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t vdib__little64(const uint8_t *at) {
    return (uint64_t)vdib__little32(at) | (uint64_t)vdib__little32(at + 4) << 32;
}

static inline uint16_t vdib__big16(const uint8_t *at) {
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t vdib__big32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

#endif
