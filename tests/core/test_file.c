/* SPDX-License-Identifier: MIT */
/* Whole reads, and writes that are complete or not there at all. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/scratch.h"

enum { PATH = 512 };

static int make_folder(void **state) {
    *state = support_folder();
    return 0;
}

static int remove_folder(void **state) {
    support_folder_remove(*state);
    return 0;
}

static const char *in(char path[PATH], void **state, const char *name) {
    assert_true(snprintf(path, PATH, "%s/%s", (const char *)*state, name) < PATH);
    return path;
}

static void assert_content(const char *path, const char *text) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(path, &bytes, &size));
    assert_int_equal(size, strlen(text));
    assert_string_equal((const char *)bytes, text); /* a NUL follows */
    vdib__free(bytes);
}

/* Only the named entries are in the folder: no temporary file was left. */
static void assert_entries(void **state, size_t wanted) {
    char **names = NULL;
    size_t count = 0;
    assert_ok(vdib__folder_list(*state, &names, &count));
    assert_int_equal(count, wanted);
    vdib__names_free(names, count);
}

static void writes_are_read_back(void **state) {
    char path[PATH];
    assert_ok(vdib__file_write(in(path, state, "a"), "hello", 5));
    assert_content(path, "hello");
    assert_ok(vdib__file_write(path, "other", 5));
    assert_content(path, "other");
    assert_ok(vdib__file_write(path, NULL, 0));
    assert_content(path, "");
    assert_entries(state, 1);
}

static void scratch_files_have_no_name(void **state) {
    char text[6] = "";
    FILE *stream = vdib__scratch_stream(*state);
    assert_non_null(stream);
    assert_int_equal(fwrite("hello", 1, 5, stream), 5);
    assert_int_equal(fflush(stream), 0);
    assert_entries(state, 0);
    assert_int_equal(fseeko(stream, 0, SEEK_SET), 0);
    assert_int_equal(fread(text, 1, 5, stream), 5);
    assert_string_equal(text, "hello");
    fclose(stream);
    assert_null(vdib__scratch_stream("/nonexistent"));
    assert_int_equal(errno, ENOENT);
}

static void abandoned_writes_change_nothing(void **state) {
    char path[PATH];
    vdib__writer writer;
    assert_ok(vdib__file_write(in(path, state, "a"), "kept", 4));
    assert_ok(vdib__writer_open(&writer, path));
    assert_ok(vdib__writer_put(&writer, "lost", 4));
    vdib__writer_abandon(&writer);
    vdib__writer_abandon(&writer);
    assert_content(path, "kept");
    assert_entries(state, 1);
}

/* A file-size limit stands for a full disk. */
static void a_write_that_fails_keeps_what_was_there(void **state) {
    char path[PATH];
    static uint8_t much[100000];
    struct rlimit before, low;
    assert_ok(vdib__file_write(in(path, state, "a"), "kept", 4));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    low = before;
    low.rlim_cur = 5000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    vdib_status status = vdib__file_write(path, much, sizeof much);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, VDIB_ERROR_IO);
    support_assert_message(path, __FILE__, __LINE__);
    support_assert_message("kept", __FILE__, __LINE__);
    assert_content(path, "kept");
    assert_entries(state, 1);
}

static void paths_that_cannot_be_used_are_named(void **state) {
    char path[PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_fails(VDIB_ERROR_IO, vdib__file_read(in(path, state, "missing"), &bytes, &size), "No such file");
    support_assert_message(path, __FILE__, __LINE__);
    assert_fails(VDIB_ERROR_IO, vdib__file_read(*state, &bytes, &size), "not a regular file");
    assert_fails(VDIB_ERROR_IO, vdib__file_write(in(path, state, "no/such/folder"), "x", 1), "cannot be created");
    assert_ok(vdib__folder_make(in(path, state, "taken")));
    assert_fails(VDIB_ERROR_IO, vdib__file_write(path, "x", 1), "taken");
    assert_entries(state, 1);
}

/* A pipe without a writer would be waited for; one with a writer, and a device, are refused alike. */
static void what_is_no_file_is_refused_at_once(void **state) {
    static const char remedy[] = "is not a regular file; copy what it holds into a file first";
    char path[PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(mkfifo(in(path, state, "pipe"), 0600), 0);
    alarm(20); /* ends the test instead of waiting */
    assert_fails(VDIB_ERROR_IO, vdib__file_read(path, &bytes, &size), remedy);
    int both = open(path, O_RDWR | O_CLOEXEC);
    assert_true(both >= 0);
    assert_int_equal(write(both, "x", 1), 1);
    assert_fails(VDIB_ERROR_IO, vdib__file_read(path, &bytes, &size), remedy);
    (void)close(both);
    assert_fails(VDIB_ERROR_IO, vdib__file_read("/dev/null", &bytes, &size), remedy);
    assert_fails(VDIB_ERROR_IO, vdib__file_read(*state, &bytes, &size), "it is a folder: name a file");
    alarm(0);
}

/* Writes gzip members one after the other. */
static void write_gzip(const char *path, const char *mode, const char *text) {
    gzFile file = gzopen(path, mode);
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), (int)strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
}

static void gzip_is_inflated_member_by_member(void **state) {
    char path[PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    write_gzip(in(path, state, "a.gz"), "wb", "one ");
    write_gzip(path, "ab", "two");
    assert_ok(vdib__file_read_gzip(path, 100, &bytes, &size));
    assert_int_equal(size, 7);
    assert_string_equal((const char *)bytes, "one two");
    vdib__free(bytes);
    assert_ok(vdib__file_write(in(path, state, "plain"), "plain", 5));
    assert_ok(vdib__file_read_gzip(path, 5, &bytes, &size));
    assert_string_equal((const char *)bytes, "plain");
    vdib__free(bytes);
    assert_fails(VDIB_ERROR_FORMAT, vdib__file_read_gzip(path, 4, &bytes, &size), "has 5 bytes");
}

static void large_gzip_content_is_limited(void **state) {
    char path[PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    char *zeros = calloc(300001, 1);
    assert_non_null(zeros);
    memset(zeros, '0', 300000);
    write_gzip(in(path, state, "a.gz"), "wb", zeros);
    free(zeros);
    assert_fails(VDIB_ERROR_FORMAT, vdib__file_read_gzip(path, 299999, &bytes, &size), "more than 299999");
    assert_ok(vdib__file_read_gzip(path, 300000, &bytes, &size));
    assert_int_equal(size, 300000);
    vdib__free(bytes);
    assert_ok(vdib__file_read(path, &bytes, &size));
    bytes[size - 6] ^= 0x55; /* of the CRC */
    assert_ok(vdib__file_write(path, bytes, size));
    vdib__free(bytes);
    assert_fails(VDIB_ERROR_FORMAT, vdib__file_read_gzip(path, 300000, &bytes, &size), "damaged or cut short");
}

static void folders_are_listed_in_order(void **state) {
    char path[PATH];
    char **names = NULL;
    size_t count = 0;
    static const char *const wanted[] = {"10", "2", "B", "a", "sub"};
    for (int i = 3; i >= 0; i--)
        assert_ok(vdib__file_write(in(path, state, wanted[i]), "", 0));
    assert_ok(vdib__folder_make(in(path, state, "sub/deep/er")));
    assert_true(vdib__is_folder(path));
    assert_false(vdib__is_file(path));
    assert_ok(vdib__folder_make(path));
    assert_ok(vdib__folder_list(*state, &names, &count));
    assert_int_equal(count, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(names[i], wanted[i]);
    vdib__names_free(names, count);
    assert_true(vdib__is_file(in(path, state, "a")));
    assert_fails(VDIB_ERROR_IO, vdib__folder_list(path, &names, &count), "as a folder");
    assert_fails(VDIB_ERROR_IO, vdib__folder_make(path), "is not a folder");
    assert_fails(VDIB_ERROR_IO, vdib__folder_make(in(path, state, "a/b")), "cannot be made");
    assert_false(vdib__is_file(in(path, state, "none")));
}

/* Links that lead back to a folder of the path would be walked through without end; others may be entered. */
static void links_that_lead_back_are_not_entered(void **state) {
    char path[PATH], to[PATH];
    static const struct {
        const char *name, *to;
        bool below;
    } cases[] = {{"sub/same", ".", false},         {"sub/above", "..", false}, {"sub/again", "../sub", false},
                 {"sub/deep/top", "../..", false}, {"other", "sub", true},     {"sub/nowhere", "gone", false}};
    assert_ok(vdib__folder_make(in(path, state, "sub/deep")));
    assert_true(vdib__is_folder_below(path));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(symlink(cases[i].to, in(path, state, cases[i].name)), 0);
        assert_int_equal(vdib__is_folder_below(path), cases[i].below);
    }
    assert_int_equal(symlink("/", in(path, state, "root")), 0);
    assert_false(vdib__is_folder_below(path));
    assert_ok(vdib__file_write(in(path, state, "file"), "", 0));
    assert_false(vdib__is_folder_below(path));
    assert_false(vdib__is_folder_below(in(to, state, "none")));
}

static void paths_are_joined_with_one_slash(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"}, {"", "b", "b"}, {"a/b", "c/d", "a/b/c/d"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = NULL;
        assert_ok(vdib__path_join(cases[i][0], cases[i][1], &path));
        assert_string_equal(path, cases[i][2]);
        vdib__free(path);
    }
}

static void folders_of_paths(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"a/b", "a"}, {"/a/b.c", "/a"}, {"/b", "/"},
                                           {"b", "."},   {"a/b/", "a/b"},  {"", "."}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char folder[VDIB_FOLDER_SIZE];
        assert_true(vdib__path_folder(cases[i][0], folder));
        assert_string_equal(folder, cases[i][1]);
    }
    static char longest[VDIB_FOLDER_SIZE + 8], folder[VDIB_FOLDER_SIZE];
    memset(longest, 'a', sizeof longest - 1);
    longest[VDIB_FOLDER_SIZE] = '/';
    assert_false(vdib__path_folder(longest, folder));
    assert_true(vdib__path_folder(longest + 1, folder));
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

/* A child that is killed while it writes `path`; its number. */
static pid_t killed_while_writing(const char *path) {
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        vdib__writer writer;
        bool good = vdib__writer_open(&writer, path) == VDIB_OK && vdib__writer_put(&writer, "half", 4) == VDIB_OK;
        (void)!write(ready[1], &good, 1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    vdib__temporaries_clean(path); /* it is being written */
    close(ready[0]), close(ready[1]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return child;
}

/* What a killed writer left goes at the next start; what somebody writes, or what only has a like name, stays. */
static void leftovers_of_killed_writers_are_removed(void **state) {
    char path[PATH], other[PATH], name[64];
    static const char *const like[] = {"page.html.tmp-%d.bak", "my-page.html.tmp-%d", "page.html.tmp-%d-",
                                       "page.tmp-%d", "page.html.tmp-x%d"};
    (void)state;
    in(path, state, "page.html");
    pid_t dead = killed_while_writing(path);
    snprintf(name, sizeof name, "page.html.tmp-%d-0", (int)dead);
    assert_true(vdib__is_file(in(other, state, name))); /* clean saw it alive */
    vdib__temporaries_clean(path);
    assert_false(vdib__is_file(other));
    for (size_t i = 0; i < sizeof like / sizeof like[0]; i++) {
        snprintf(name, sizeof name, like[i], (int)dead);
        assert_ok(vdib__file_write(in(other, state, name), "x", 1));
    }
    snprintf(name, sizeof name, "page.html.tmp-%d-7", (int)dead); /* held, from another machine say */
    vdib__writer held;
    assert_ok(vdib__writer_open(&held, in(other, state, "held")));
    assert_int_equal(rename(held.temporary, in(other, state, name)), 0);
    snprintf(name, sizeof name, "page.html.tmp-%d-8", (int)dead); /* no file */
    assert_int_equal(symlink("page.html", in(other, state, name)), 0);
    snprintf(name, sizeof name, "page.html.tmp-%d", (int)dead); /* as the program's own writer names it */
    assert_ok(vdib__file_write(in(other, state, name), "x", 1));
    vdib__temporaries_clean(path);
    assert_entries(state, 5 + 2);
    assert_false(vdib__is_file(other));
    vdib__writer_abandon(&held);
    vdib__temporaries_clean("/nowhere/at/all/page.html");
    vdib__temporaries_clean(path);
    assert_entries(state, 5 + 1);
    vdib__temporaries_clean_all(*state, ".html"); /* my-page.html's goes, too */
    assert_entries(state, 5);
}

/* In a container every start has the same number: the file of a killed one has that of a process which is there. */
static void an_old_leftover_with_the_number_of_a_living_process_is_removed(void **state) {
    char path[PATH], other[PATH], name[64];
    const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    vdib__writer held;
    assert_ok(vdib__file_write(in(path, state, "x.es"), "x", 1));
    snprintf(name, sizeof name, "x.es.tmp-%d-0", (int)getpid());
    assert_ok(vdib__file_write(in(other, state, name), "x", 1));
    vdib__temporaries_clean(path);
    assert_entries(state, 2); /* another thread may have made it this moment */
    assert_int_equal(utimensat(AT_FDCWD, other, old, 0), 0);
    assert_ok(vdib__writer_open(&held, path)); /* as every writer of the file does */
    assert_entries(state, 2);
    assert_int_equal(utimensat(AT_FDCWD, held.temporary, old, 0), 0);
    vdib__temporaries_clean_all(*state, ".es"); /* which is held */
    assert_entries(state, 2);
    vdib__writer_abandon(&held);
    assert_entries(state, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        in_folder(writes_are_read_back),
        in_folder(scratch_files_have_no_name),
        in_folder(abandoned_writes_change_nothing),
        in_folder(a_write_that_fails_keeps_what_was_there),
        in_folder(paths_that_cannot_be_used_are_named),
        in_folder(what_is_no_file_is_refused_at_once),
        in_folder(gzip_is_inflated_member_by_member),
        in_folder(large_gzip_content_is_limited),
        in_folder(folders_are_listed_in_order),
        in_folder(links_that_lead_back_are_not_entered),
        in_folder(leftovers_of_killed_writers_are_removed),
        in_folder(an_old_leftover_with_the_number_of_a_living_process_is_removed),
        cmocka_unit_test(paths_are_joined_with_one_slash),
        cmocka_unit_test(folders_of_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
