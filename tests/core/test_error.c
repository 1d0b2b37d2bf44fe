/* SPDX-License-Identifier: MIT */
/* Status codes and messages. */
#include "support.h"

#include <errno.h>

#include "core/error.h"

static void codes_are_pinned(void **state) {
    (void)state;
    static const char *const names[] = {
        "OK",         "ERROR_ARGUMENT", "ERROR_MEMORY",  "ERROR_IO",        "ERROR_FORMAT", "ERROR_CONFIG",
        "ERROR_DATA", "ERROR_NUMERIC",  "ERROR_VERSION", "ERROR_CANCELLED", "ERROR_EXISTS", "ERROR_UNSUPPORTED"};
    for (int i = 0; i < 12; i++) {
        assert_string_equal(vdib_status_name((vdib_status)i), names[i]);
        assert_string_not_equal(vdib_status_text((vdib_status)i), "unknown status");
    }
    assert_string_equal(vdib_status_name((vdib_status)12), "UNKNOWN");
    assert_string_equal(vdib_status_text((vdib_status)-1), "unknown status");
}

static void messages_say_what_and_where(void **state) {
    (void)state;
    assert_int_equal(vdib__fail(VDIB_ERROR_DATA, "%s: %d is too many", "file", 7), VDIB_ERROR_DATA);
    assert_string_equal(vdib_last_message(), "file: 7 is too many");
    assert_int_equal(vdib__fail_prefix(VDIB_ERROR_IO, "folder %d", 3), VDIB_ERROR_IO);
    assert_string_equal(vdib_last_message(), "folder 3: file: 7 is too many");
    assert_int_equal(vdib__fail(VDIB_ERROR_DATA, "again %s", vdib_last_message()), VDIB_ERROR_DATA);
    assert_string_equal(vdib_last_message(), "again folder 3: file: 7 is too many");
    errno = ENOSPC;
    assert_int_equal(vdib__fail_errno(VDIB_ERROR_IO, "file"), VDIB_ERROR_IO);
    assert_string_equal(vdib_last_message(), "file: No space left on device");
}

static void long_messages_are_cut(void **state) {
    (void)state;
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(vdib__fail(VDIB_ERROR_DATA, "%s", text), VDIB_ERROR_DATA);
    assert_int_equal(strlen(vdib_last_message()), VDIB_MESSAGE_SIZE - 1);
    errno = EIO;
    assert_int_equal(vdib__fail_errno(VDIB_ERROR_DATA, "%s", text), VDIB_ERROR_DATA);
    assert_int_equal(vdib__fail_prefix(VDIB_ERROR_DATA, "%s", text), VDIB_ERROR_DATA);
    assert_int_equal(strlen(vdib_last_message()), VDIB_MESSAGE_SIZE - 1);
}

static void messages_belong_to_their_thread(void **state) {
    (void)state;
    size_t wrong = 0;
    assert_int_equal(vdib__fail(VDIB_ERROR_DATA, "outside"), VDIB_ERROR_DATA);
#pragma omp parallel for num_threads(4) schedule(static) reduction(+ : wrong)
    for (int i = 0; i < 4; i++) {
        char text[32];
        for (int k = 0; k < 100; k++) {
            snprintf(text, sizeof text, "thread %d.%d", i, k);
            vdib__fail(VDIB_ERROR_DATA, "%s", text);
            wrong += strcmp(vdib_last_message(), text) != 0;
        }
    }
    assert_int_equal(wrong, 0);
}

/* Of the failures of a parallel region, the lowest task's is reported, by any number of threads. */
static void the_lowest_task_speaks(void **state) {
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        vdib__failure failure;
        vdib__failure_init(&failure);
        assert_ok(vdib__failure_raise(&failure));
#pragma omp parallel for num_threads(threads) schedule(dynamic)
        for (int i = 49; i >= 0; i--)
            vdib__failure_note(&failure, (unsigned long long)i,
                               i % 10 == 7 ? vdib__fail(VDIB_ERROR_NUMERIC, "task %d", i) : VDIB_OK);
        assert_fails(VDIB_ERROR_NUMERIC, vdib__failure_raise(&failure), "task 7");
    }
}

static vdib_status cleaned(vdib_status inner, int *cleanups) {
    vdib_status status;
    VDIB_TRY_GOTO(inner, done);
    VDIB_TRY(inner);
    return VDIB_ERROR_EXISTS;
done:
    ++*cleanups;
    return status;
}

static void try_returns_what_failed(void **state) {
    (void)state;
    int cleanups = 0;
    assert_int_equal(cleaned(VDIB_OK, &cleanups), VDIB_ERROR_EXISTS);
    assert_int_equal(cleanups, 0);
    assert_int_equal(cleaned(VDIB_ERROR_VERSION, &cleanups), VDIB_ERROR_VERSION);
    assert_int_equal(cleanups, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_pinned),       cmocka_unit_test(messages_say_what_and_where),
        cmocka_unit_test(long_messages_are_cut),  cmocka_unit_test(messages_belong_to_their_thread),
        cmocka_unit_test(the_lowest_task_speaks), cmocka_unit_test(try_returns_what_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
