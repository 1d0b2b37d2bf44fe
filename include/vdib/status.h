/* SPDX-License-Identifier: MIT */
#ifndef VDIB_STATUS_H
#define VDIB_STATUS_H
/**
 * @file status.h
 * Status codes and the message of the last error.
 *
 * Every function that can fail returns a ::vdib_status and writes its results through its last parameters; results are
 * untouched on failure unless a function says otherwise. vdib_last_message() then holds one line that says what was
 * wrong, where (file, byte or line) and what would be right. The message belongs to the calling thread.
 */

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VDIB_API __attribute__((visibility("default")))
#else
#define VDIB_API
#endif

/** All status codes: X(name, value, meaning). Values are pinned: they never change between versions. */
#define VDIB_STATUS_MAP(X)                                                                                             \
    X(OK, 0, "success")                                                                                                \
    X(ERROR_ARGUMENT, 1, "an argument is outside its documented range")                                                \
    X(ERROR_MEMORY, 2, "memory could not be allocated")                                                                \
    X(ERROR_IO, 3, "a file could not be opened, read or written")                                                      \
    X(ERROR_FORMAT, 4, "a file's content is not what its format demands")                                              \
    X(ERROR_CONFIG, 5, "a configuration key or value is not valid")                                                    \
    X(ERROR_DATA, 6, "the data do not fit the experiment")                                                             \
    X(ERROR_NUMERIC, 7, "a number is not finite")                                                                      \
    X(ERROR_VERSION, 8, "a file is from an incompatible version")                                                      \
    X(ERROR_CANCELLED, 9, "the caller's callback asked to stop")                                                       \
    X(ERROR_EXISTS, 10, "an output path exists already")                                                               \
    X(ERROR_UNSUPPORTED, 11, "the operation is not available here")

/** The outcome of a call. ::VDIB_OK is zero. */
typedef enum vdib_status {
#define VDIB_STATUS_ENUM(name, value, text) VDIB_##name = (value),
    VDIB_STATUS_MAP(VDIB_STATUS_ENUM)
#undef VDIB_STATUS_ENUM
} vdib_status;

/** @return the code's name, for example "ERROR_IO"; "UNKNOWN" for a value that is no code. Static, never NULL.
 * Thread-safe. */
VDIB_API const char *vdib_status_name(vdib_status status);

/** @return the code's meaning in words; "unknown status" for a value that is no code. Static, never NULL.
 * Thread-safe. */
VDIB_API const char *vdib_status_text(vdib_status status);

/**
 * @return the message of the last call of this thread that failed, "" if none did. Never NULL; valid until the next
 * failing vdib call of the same thread.
 */
VDIB_API const char *vdib_last_message(void);

/**
 * For callbacks of the program's that fail: sets the message of the calling thread, and returns `status` for the
 * callback to return.
 * @param message one line, copied; NULL: vdib_status_text()
 */
VDIB_API vdib_status vdib_fail(vdib_status status, const char *message);

/**
 * Asked now and then during long work whether to stop: a call that is told `true` ends soon with
 * ::VDIB_ERROR_CANCELLED. Called from the thread that made the call. May read and change anything of the program's,
 * but must not use the objects at work.
 */
typedef bool vdib_cancelled(void *user);

#ifdef __cplusplus
}
#endif
#endif
