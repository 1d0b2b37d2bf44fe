/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_SUPPORT_H
#define VDIB_TESTS_SUPPORT_H
/* What every test program includes: cmocka, and comparators that fail on NaN. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/gradient.h"
#include "vdib/status.h"

/* Whether the tests are built with a sanitizer, under which everything takes several times as long: those that try one
 * way for many things try it for fewer there. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SUPPORT_SANITIZED = 1 };
#else
enum { SUPPORT_SANITIZED = 0 };
#endif

/* Fails with the library's message unless `call` succeeds. */
#define assert_ok(call) support_assert_status(VDIB_OK, (call), #call, __FILE__, __LINE__)
/* Fails unless `call` returns `status`; the message must contain `part`. */
#define assert_fails(status, call, part)                                                                               \
    do {                                                                                                               \
        support_assert_status((status), (call), #call, __FILE__, __LINE__);                                            \
        support_assert_message((part), __FILE__, __LINE__);                                                            \
    } while (0)
void support_assert_status(vdib_status wanted, vdib_status got, const char *call, const char *file, int line);
void support_assert_message(const char *part, const char *file, int line);

/* Relative error ||got - want|| / ||want|| (or ||got - want|| if want is 0); fails above `bound` or on NaN. */
#define assert_close(got, want, count, bound)                                                                          \
    support_assert_close((got), (want), (count), (bound), #got, __FILE__, __LINE__)
#define assert_close_double(got, want, count, bound)                                                                   \
    support_assert_close_double((got), (want), (count), (bound), #got, __FILE__, __LINE__)
void support_assert_close(const float *got, const float *want, size_t count, double bound, const char *what,
                          const char *file, int line);
void support_assert_close_double(const double *got, const double *want, size_t count, double bound, const char *what,
                                 const char *file, int line);

/* The seed of a random test: VDIB_TEST_SEED if set, else `standard`; printed, so that a failure can be repeated. */
uint64_t support_seed(uint64_t standard);

/* Reads a little-endian float32 C-order .npy of the vectors' folder (VDIB_VECTORS, else the repository's copy) by its
 * name without ".npy". Returns malloc'ed values; shape (up to 4, rest 1). Fails the test if it cannot. */
float *support_vector(const char *name, size_t shape[4]);

/* A sink that keeps gradients (an array laid out as the parameters) and spoils the parameters that they belong to:
 * whatever still reads them gives NaN. Fails the test if a gradient comes twice; `taken` counts the elements. */
typedef struct support_sink {
    float *gradients, *parameters; /* gradients are NaN before they come */
    atomic_size_t taken;
} support_sink;
void support_take(void *user, const vdib__gradient_piece *piece);

/* A fresh temporary folder (malloc'ed path), and its removal with all it holds. */
char *support_folder(void);
void support_folder_remove(char *folder);

/* What stands between two marks of a page must be `table`: fails if it is not, or writes it into the page where
 * VDIB_WRITE_DOCUMENTATION is set. `what` the table lists, for the message. */
void support_check_document(const char *path, const char *begin_mark, const char *end_mark, const char *table,
                            const char *what);

#endif
