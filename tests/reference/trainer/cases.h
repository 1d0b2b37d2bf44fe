/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_REFERENCE_CASES_H
#define VDIB_TESTS_REFERENCE_CASES_H
/* The configurations under which the trainer is compared with its twin: every legal combination of the first
 * CASE_PRODUCT factors, and every legal pair of values of all factors (a covering array, built greedily and the same in
 * every run). What is legal is said here once more, independently of the library's checks. */

#include <stdbool.h>
#include <stddef.h>

enum { CASE_VALUES = 8, CASE_FACTORS = 96, CASE_UNSET = -1, CASE_PRODUCT = 7 };

/* A key of the configuration and the values that are tried; a name that begins with ':' is no key but a setting of the
 * test. Values up to `cheap` are taken freely, the others only where a pair is still missing. */
typedef struct case_factor {
    const char *name;
    const char *values[CASE_VALUES]; /* ends with NULL */
    int cheap;                       /* how many of them; 0: all */
} case_factor;

extern const case_factor case_factors[];
extern const size_t case_factor_count;

/* One choice a factor: the number of its value, or CASE_UNSET. */
typedef struct case_choice {
    int value[CASE_FACTORS];
} case_choice;

/* Text of the value of a factor; NULL if it is unset. The name must be a factor's. */
const char *case_value(const case_choice *choice, const char *name);
bool case_is(const case_choice *choice, const char *name, const char *value);

/* Whether what is set can be part of a legal configuration, as far as single rules tell. */
bool case_possible(const case_choice *choice);

typedef struct case_list {
    case_choice *cases;
    size_t count, capacity;
    case_choice *refused; /* complete configurations that contain something illegal: the library must refuse each */
    size_t refused_count, refused_capacity;
    size_t product, pairs; /* legal combinations of the first factors, legal pairs of all */
} case_list;

case_list case_list_make(void);
void case_list_free(case_list *list);

#endif
