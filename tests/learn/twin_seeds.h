/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_LEARN_TWIN_SEEDS_H
#define VDIB_TESTS_LEARN_TWIN_SEEDS_H
/* Cases whose search for a seed takes long, and what it found: twin_seeds.txt. What is remembered is looked at as
 * closely as what is found, and searched for anew where it does not serve any more; so the file saves time alone.
 *
 *     VDIB_TWIN_SEARCH=FILE build/release/tests/test-learn-twin
 *
 * appends to FILE what serves still and what was found in the place of the rest; `sort FILE` is the new
 * twin_seeds.txt. */
#include <stdbool.h>
#include <stdint.h>

#include "reference/trainer/cases.h"

enum { TWIN_LONG_SEARCH = 12 /* runs of the twin */ };

typedef struct twin_seed {
    uint64_t choice, seed;
    double rate[2]; /* of encoder and decoder */
    bool eased;
    double off; /* how unsteady a run is */
} twin_seed;

/* Of the values that are not the first of their factor: a factor that is added later changes nothing. */
uint64_t twin_seeds_digest(const case_choice *choice);

/* NULL where nothing is remembered. */
const twin_seed *twin_seeds_find(const case_choice *choice);

/* Appends to the file that is asked for, if one is. */
void twin_seeds_write(const twin_seed *seed);

#endif
