/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_EVT3_H
#define VDIB_EVENTS_EVT3_H
/* The words of Prophesee's RAW EVT 3.0: 16 bits, little endian, whose upper 4 bits are the type. Time, row and place of
 * a vector stay until a word changes them. */

enum {
    VDIB_EVT3_WORD = 2, /* bytes */
    VDIB_EVT3_Y = 0x0,
    VDIB_EVT3_Y_OF_OTHERS = 0x1, /* a row of measurements, no events, up to the next row */
    VDIB_EVT3_X = 0x2,           /* bit 11: polarity */
    VDIB_EVT3_BASE_X = 0x3,      /* of the vectors that follow; bit 11: polarity */
    VDIB_EVT3_VECTOR_12 = 0x4,
    VDIB_EVT3_VECTOR_8 = 0x5,
    VDIB_EVT3_TIME_LOW = 0x6,
    VDIB_EVT3_CONTINUED_4 = 0x7,
    VDIB_EVT3_TIME_HIGH = 0x8,
    VDIB_EVT3_TRIGGER = 0xA,
    VDIB_EVT3_IMU = 0xD,
    VDIB_EVT3_OTHERS = 0xE,
    VDIB_EVT3_CONTINUED_12 = 0xF
};

#endif
