/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_LAYOUTS_GESTURE_H
#define VDIB_DATA_LAYOUTS_GESTURE_H
/* The classes of DVS Gesture (Amir et al. 2017), in the order of the numbers that its files give them. */

enum { VDIB_GESTURES = 11 };

extern const char *const vdib__gestures[VDIB_GESTURES];

#endif
