/* SPDX-License-Identifier: MIT */
/* Growing files end in whole pieces: after a cut, after a write that did not fit. */
#include "support.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "run/growing.h"

enum { PATH_SIZE = 512 };

static void in_folder(const char *folder, const char *name, char path[PATH_SIZE]) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
}

static void assert_content(const char *path, const char *want) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(path, &bytes, &size));
    assert_int_equal(size, strlen(want));
    assert_memory_equal(bytes, want, size);
    vdib__free(bytes);
}

/* Opens a file that holds `content`, adds "new\n", and compares. */
static void go_on(const char *content, uint64_t keep, uint64_t lost, const char *want) {
    char *folder = support_folder(), path[PATH_SIZE];
    vdib__growing *file = NULL;
    uint64_t length = 0;
    in_folder(folder, "lines", path);
    if (content != NULL)
        assert_ok(vdib__file_write(path, content, strlen(content)));
    assert_ok(vdib__growing_open(path, keep, vdib__whole_lines, &file));
    assert_int_equal(vdib__growing_lost(file), lost);
    assert_ok(vdib__growing_append(file, "new\n", 4));
    assert_content(path, want); /* there at once, for whoever reads along */
    assert_ok(vdib__growing_sync(file, &length));
    assert_int_equal(length, strlen(want));
    vdib__growing_close(file);
    support_folder_remove(folder);
}

static void files_go_on_after_whole_lines(void **state) {
    (void)state;
    go_on(NULL, 0, 0, "new\n");
    go_on("a\nbc\nde", 0, 0, "new\n");
    go_on("a\nbc\nde", 5, 0, "a\nbc\nnew\n");
    go_on("a\nbc\n", 9, 4, "a\nbc\nnew\n"); /* shorter than at the checkpoint */
    go_on("a\nbc", 9, 7, "a\nnew\n");       /* and cut inside a line */
    go_on("a\nbc\nde", 4, 2, "a\nnew\n");   /* no line ends where the checkpoint says */
    go_on("abc", 3, 3, "new\n");
    go_on(NULL, 12, 12, "new\n");
}

/* A line that does not fit leaves nothing of itself. */
static void a_write_that_is_cut_short_is_taken_back(void **state) {
    char *folder = support_folder(), path[PATH_SIZE], line[3000];
    struct rlimit before, small = {.rlim_cur = 8192};
    vdib__growing *file = NULL;
    (void)state;
    in_folder(folder, "lines", path);
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_ok(vdib__growing_open(path, 0, vdib__whole_lines, &file));
    assert_ok(vdib__growing_append(file, line, sizeof line));
    assert_ok(vdib__growing_append(file, line, sizeof line));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_fails(VDIB_ERROR_IO, vdib__growing_append(file, line, sizeof line), "free some space");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(path, &bytes, &size));
    assert_int_equal(size, 2 * sizeof line);
    vdib__free(bytes);
    assert_ok(vdib__growing_append(file, "end\n", 4));
    assert_int_equal(vdib__growing_length(file), 2 * sizeof line + 4);
    vdib__growing_close(file);
    support_folder_remove(folder);
}

static void a_missing_folder_is_named(void **state) {
    vdib__growing *file = NULL;
    (void)state;
    assert_fails(VDIB_ERROR_IO, vdib__growing_open("/nowhere/lines", 0, vdib__whole_lines, &file), "/nowhere/lines");
    vdib__growing_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_go_on_after_whole_lines),
        cmocka_unit_test(a_write_that_is_cut_short_is_taken_back),
        cmocka_unit_test(a_missing_folder_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
