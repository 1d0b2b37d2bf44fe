/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_LEARN_TWIN_CASE_H
#define VDIB_TESTS_LEARN_TWIN_CASE_H
/* One case: data, configuration, the search for a seed, and the comparison of the trainer with its twin. */

#include "support.h"

#include "reference/trainer/cases.h"
#include "reference/trainer/twin.h"
#include "vdib/vdib.h"

/* Data sets of one's own, and folders of image files. */
typedef struct twin_fixture twin_fixture;
twin_fixture *twin_fixture_make(void);
void twin_fixture_free(twin_fixture *fixture);
const char *twin_fixture_folder(const twin_fixture *fixture);

/* Over all cases. */
typedef struct twin_tally {
    size_t attempts, best_not_last, clipped, late_rows, small, magnified, slow, remembered, forgotten;
} twin_tally;

/* Fails the test where trainer and twin disagree. */
void twin_case_check(twin_fixture *fixture, const case_choice *choice, size_t number, twin_tally *tally);

/* Fails the test unless the library refuses the configuration. */
void twin_case_refused(twin_fixture *fixture, const case_choice *choice);

/* ---- for other tests with the same data ---- */

/* Configuration of a choice without seed and learning rates; NULL if a key or value is refused. */
vdib_config *twin_case_config(const case_choice *choice);
/* Its data, owned by the caller; NULL if they are refused. */
vdib_dataset *twin_case_data(const twin_fixture *fixture, const case_choice *choice, const vdib_config *config);

#endif
