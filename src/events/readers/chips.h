/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVENTS_READERS_CHIPS_H
#define VDIB_EVENTS_READERS_CHIPS_H
/* Sensors by the names that AEDAT files give them: "DVS128", "eu.seebetter.ini.chips.davis.DAVIS240C". */

#include <stddef.h>

typedef enum vdib__addresses {
    VDIB_ADDRESSES_DVS128,
    VDIB_ADDRESSES_DAVIS,
    VDIB_ADDRESSES_COCHLEA /* silicon cochlea: ears, channels, neurons */
} vdib__addresses;

typedef struct vdib__chip {
    const char *name; /* in the name of the file, whatever the case of its letters */
    vdib__addresses addresses;
    size_t width, height;
} vdib__chip;

/* The sensor that a text of `length` bytes names; NULL: none that is known. */
const vdib__chip *vdib__chip_named(const char *text, size_t length);

#endif
