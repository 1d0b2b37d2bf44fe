/* SPDX-License-Identifier: MIT */
/* Status codes and messages. */
#include "support.h"

#include <errno.h>
#include <pthread.h>

#include "core/error.h"
#include "core/threads.h"

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

/* NULL if all is right. */
static void *fail_often(void *argument) {
    static char mark;
    size_t wrong = 0;
    for (int k = 0; k < 100; k++) {
        char text[64];
        snprintf(text, sizeof text, "thread %p.%d", (void *)&text, k);
        vdib__fail(VDIB_ERROR_DATA, "%s", text);
        wrong += strcmp(vdib_last_message(), text) != 0;
    }
    return wrong == 0 ? argument : &mark;
}

static void messages_belong_to_their_thread(void **state) {
    (void)state;
    pthread_t threads[4];
    assert_int_equal(vdib__fail(VDIB_ERROR_DATA, "outside"), VDIB_ERROR_DATA);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fail_often, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong = threads;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_string_equal(vdib_last_message(), "outside");
}

/* Tasks 49 .. 0, every tenth of which fails. */
static void fail_sometimes(const void *context, size_t number, size_t slot) {
    vdib__failure *const *failure = context;
    int i = 49 - (int)number;
    (void)slot;
    vdib__failure_note(*failure, (unsigned long long)i,
                       i % 10 == 7 ? vdib__fail(VDIB_ERROR_NUMERIC, "task %d", i) : VDIB_OK);
}

/* Of the failures of a loop, the lowest task's is reported, by any number of threads. */
static void the_lowest_task_speaks(void **state) {
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        vdib__failure failure, *all = &failure;
        vdib__failure_init(&failure);
        assert_ok(vdib__failure_raise(&failure));
        vdib__parallel(threads, 50, fail_sometimes, &all);
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
