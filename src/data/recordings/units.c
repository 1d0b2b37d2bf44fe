/* SPDX-License-Identifier: MIT */
#include "data/recordings/units.h"

static const vdib__choice seconds = {.name = "s", .help = "seconds"},
                          milliseconds = {.name = "ms", .help = "milliseconds"},
                          microseconds = {.name = "us", .help = "microseconds"},
                          nanoseconds = {.name = "ns", .help = "nanoseconds"};
static const vdib__choice *const units[] = {&seconds, &milliseconds, &microseconds, &nanoseconds};
const vdib__choices vdib__time_units = VDIB_CHOICES(units);

const char *vdib__time_unit_of(const vdib__choice *choice) {
    return choice != NULL ? choice->name : NULL;
}
