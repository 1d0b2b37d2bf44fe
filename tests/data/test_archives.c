/* SPDX-License-Identifier: MIT */
/* Archives as data sets: what is one, where it is unpacked, and what is refused. */
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

#include "core/cache.h"
#include "data/archives.h"
#include "data/files.h"
#include "data/folders.h"

enum { BLOCK = 512, ROOM = 1 << 16 };

/* ---- tar archives, byte by byte ---- */

typedef struct tar {
    uint8_t bytes[ROOM];
    size_t size;
} tar;

/* A file ('0'), folder ('5') or link ('2', to `target`) of `size` bytes, of which `content` (NULL: none) follow. */
static void put(tar *t, char type, const char *name, const char *target, uint64_t size, const char *content) {
    uint8_t *at = t->bytes + t->size;
    unsigned sum = 0;
    size_t length = content != NULL ? strlen(content) : 0;
    assert_true(t->size + 3 * BLOCK + length < ROOM);
    memset(at, 0, BLOCK);
    snprintf((char *)at, 100, "%s", name);
    snprintf((char *)at + 100, 8, "0000644");
    for (int digit = 11; digit >= 0; digit--, size /= 8)
        at[124 + digit] = (uint8_t)('0' + size % 8);
    memset(at + 148, ' ', 8);
    at[156] = (uint8_t)type;
    snprintf((char *)at + 157, 100, "%s", target);
    memcpy(at + 257, "ustar\00000", 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += at[i];
    snprintf((char *)at + 148, 7, "%06o", sum);
    t->size += BLOCK;
    if (length > 0)
        memcpy(t->bytes + t->size, content, length);
    t->size += (length + BLOCK - 1) / BLOCK * BLOCK;
}

static void put_file(tar *t, const char *name, const char *content) {
    put(t, '0', name, "", strlen(content), content);
}

static const char *write_tar(char path[FILE_PATH], const char *folder, const char *name, tar *t) {
    size_t size = t->size + 2 * BLOCK;
    if (strstr(name, "gz") != NULL)
        files_write_gzip(folder, name, t->bytes, size);
    else
        files_write(folder, name, t->bytes, size);
    return files_path(path, folder, name);
}

static void write_zip(const char *folder, const char *name, size_t count, const char *const *files) {
    char path[FILE_PATH];
    zip_t *zip = zip_open(files_path(path, folder, name), ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    for (size_t i = 0; i < 2 * count; i += 2) {
        zip_source_t *content = zip_source_buffer(zip, files[i + 1], strlen(files[i + 1]), 0);
        assert_true(zip_file_add(zip, files[i], content, 0) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

/* A ZIP archive of files of the folder: one or two (name in it, file). */
static void zip_files(const char *folder, const char *name, const char *first, const char *first_file,
                      const char *second, const char *second_file) {
    char path[FILE_PATH], of[2][FILE_PATH];
    zip_t *zip = zip_open(files_path(path, folder, name), ZIP_CREATE | ZIP_TRUNCATE, NULL);
    const char *names[] = {first, second}, *files[] = {first_file, second_file};
    assert_non_null(zip);
    for (int i = 0; i < 2 && names[i] != NULL; i++) {
        zip_source_t *content = zip_source_file(zip, files_path(of[i], folder, files[i]), 0, -1);
        assert_true(zip_file_add(zip, names[i], content, 0) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

/* ---- unpacking ---- */

static void use_cache(const char *folder) {
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/cache", folder);
    assert_int_equal(setenv("VDIB_CACHE", path, 1), 0);
}

static bool no_data(const char *folder) {
    (void)folder;
    return false;
}

static vdib_status unpack(const char *given, vdib__unpacked *unpacked) {
    return vdib__archives_unpack(given, no_data, NULL, NULL, unpacked);
}

static void holds(const vdib__unpacked *unpacked, const char *name, const char *content) {
    char path[FILE_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(files_path(path, unpacked->folder, name), &bytes, &size));
    assert_int_equal(size, strlen(content));
    assert_memory_equal(bytes, content, size);
    vdib__free(bytes);
}

/* The entries of the cache. */
static size_t count_cached(const char *folder, const char *ending) {
    char path[FILE_PATH], **names = NULL;
    size_t count = 0, found = 0;
    assert_ok(vdib__folder_list(files_path(path, folder, "cache"), &names, &count));
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(names[i]), of = strlen(ending);
        found += length >= of && strcmp(names[i] + length - of, ending) == 0;
    }
    vdib__names_free(names, count);
    return found;
}

static void archives_are_known_by_their_content(void **state) {
    static tar t;
    char path[FILE_PATH];
    static const char *const one[] = {"a.csv", "1,2,3,1\n"},
                             *const two[] = {"a.csv", "1,2,3,1\n", "b.csv", "2,2,3,1\n"},
                             *const arrays[] = {"t.npy", "?", "x.npy", "?"};
    t.size = 0;
    put_file(&t, "a.csv", "1,2,3,1\n");
    put_file(&t, ".hidden/b.csv", "1,2,3,1\n");
    assert_false(vdib__archive_is(write_tar(path, *state, "one.tar", &t))); /* of one recording */
    put_file(&t, "b.csv", "1,2,3,1\n");
    assert_true(vdib__archive_is(write_tar(path, *state, "odd-name", &t)));
    assert_true(vdib_dataset_is_archive(write_tar(path, *state, "a.tar.gz", &t)));
    memset(t.bytes, '7', 10); /* what stands where a checksum says otherwise is no tar */
    assert_false(vdib__archive_is(write_tar(path, *state, "a.tar", &t)));
    write_zip(*state, "a.zip", 2, two);
    assert_true(vdib__archive_is(files_path(path, *state, "a.zip")));
    write_zip(*state, "a.zip", 1, one);
    assert_false(vdib__archive_is(path));
    write_zip(*state, "a.zip", 2, arrays);
    assert_false(vdib__archive_is(path));
    files_write_gzip(*state, "a.tar.gz", "1,2,3,1\n", 8);
    assert_false(vdib__archive_is(files_path(path, *state, "a.tar.gz")));
    assert_false(vdib__archive_is(*state));
    assert_false(vdib_dataset_is_archive("/nowhere"));
    assert_false(vdib_dataset_is_archive(NULL));
}

static void archives_are_unpacked_once(void **state) {
    static tar t;
    char path[FILE_PATH];
    vdib__unpacked first, second;
    use_cache(*state);
    t.size = 0;
    put(&t, '5', "set/", "", 0, NULL);
    put_file(&t, "set/./a.csv", "first");
    put_file(&t, "set/deep/er/b.csv", "second");
    put_file(&t, "set/a.csv", "replaced");
    put_file(&t, "__MACOSX/set/._a.csv", "junk");
    assert_ok(unpack(write_tar(path, *state, "a.tgz", &t), &first));
    holds(&first, "set/a.csv", "replaced");
    holds(&first, "set/deep/er/b.csv", "second");
    assert_int_equal(first.made.files, 3);
    assert_int_equal(first.made.bytes, 19);
    assert_int_equal(first.made.hidden, 1);
    files_write(first.folder, "set/a.csv", "changed", 7);
    assert_ok(unpack(path, &second));
    assert_string_equal(first.folder, second.folder);
    holds(&second, "set/a.csv", "changed");
    assert_int_equal(second.made.files, 3); /* as the run that unpacked it wrote down */
    assert_int_equal(count_cached(*state, ".data"), 1);
    assert_int_equal(count_cached(*state, ".unpacking"), 0);
    vdib__unpacked_close(&second);
    put_file(&t, "c.csv", "more");
    assert_ok(unpack(write_tar(path, *state, "a.tgz", &t), &second)); /* another content, another place */
    assert_string_not_equal(first.folder, second.folder);
    vdib__unpacked_close(&first);
    vdib__unpacked_close(&second);
}

/* Train/3/a.txt and Test/4/b.txt, packed by LZMA2. However much of it is there, nothing is taken from a part. */
static void archives_of_7zip_are_unpacked(void **state) {
    static const uint8_t bytes[] = {
        0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0x00, 0x04, 0x8C, 0x0E, 0x54, 0x39, 0x0D, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x82, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xF6, 0x13, 0x64, 0x7A, 0x01, 0x00, 0x08, 0x73,
        0x65, 0x76, 0x65, 0x6E, 0x6E, 0x69, 0x6E, 0x65, 0x00, 0x01, 0x04, 0x06, 0x00, 0x01, 0x09, 0x0D, 0x00, 0x07,
        0x0B, 0x01, 0x00, 0x01, 0x21, 0x21, 0x01, 0x10, 0x0C, 0x09, 0x00, 0x08, 0x0D, 0x02, 0x09, 0x05, 0x0A, 0x01,
        0x6C, 0xAD, 0x54, 0x96, 0x7D, 0x7C, 0x1D, 0x7B, 0x00, 0x00, 0x05, 0x02, 0x11, 0x37, 0x00, 0x54, 0x00, 0x72,
        0x00, 0x61, 0x00, 0x69, 0x00, 0x6E, 0x00, 0x2F, 0x00, 0x33, 0x00, 0x2F, 0x00, 0x61, 0x00, 0x2E, 0x00, 0x74,
        0x00, 0x78, 0x00, 0x74, 0x00, 0x00, 0x00, 0x54, 0x00, 0x65, 0x00, 0x73, 0x00, 0x74, 0x00, 0x2F, 0x00, 0x34,
        0x00, 0x2F, 0x00, 0x62, 0x00, 0x2E, 0x00, 0x74, 0x00, 0x78, 0x00, 0x74, 0x00, 0x00, 0x00, 0x14, 0x12, 0x01,
        0x00, 0x40, 0xB0, 0x72, 0x12, 0x69, 0x7E, 0xDD, 0x01, 0xA0, 0xB7, 0x72, 0x12, 0x69, 0x7E, 0xDD, 0x01, 0x15,
        0x0A, 0x01, 0x00, 0x20, 0x80, 0x80, 0x81, 0x20, 0x80, 0x80, 0x81, 0x00, 0x00};
    char path[FILE_PATH];
    vdib__unpacked unpacked;
    use_cache(*state);
    files_write(*state, "set.7z", bytes, sizeof bytes);
    assert_true(vdib__archive_is(files_path(path, *state, "set.7z")));
    assert_ok(unpack(path, &unpacked));
    holds(&unpacked, "Train/3/a.txt", "seven");
    holds(&unpacked, "Test/4/b.txt", "nine");
    assert_int_equal(unpacked.made.files, 2);
    vdib__unpacked_close(&unpacked);
    for (size_t size = 6; size < sizeof bytes; size += 13) {
        files_write(*state, "cut.7z", bytes, size);
        assert_fails(VDIB_ERROR_FORMAT, unpack(files_path(path, *state, "cut.7z"), &unpacked),
                     "cut.7z: the 7z archive is damaged or cut");
    }
    assert_int_equal(count_cached(*state, ".data"), 1);
    assert_int_equal(count_cached(*state, ".unpacking"), 0);
}

static void nothing_is_written_outside(void **state) {
    static const char *const names[] = {"../evil", "/tmp/evil", "a/../../evil", "a/..", ".."};
    static tar t;
    char path[FILE_PATH];
    vdib__unpacked unpacked;
    use_cache(*state);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        t.size = 0;
        put_file(&t, "good", "good");
        put_file(&t, names[i], "evil");
        assert_fails(VDIB_ERROR_FORMAT, unpack(write_tar(path, *state, "a.tar", &t), &unpacked),
                     "which would stand outside of the folder it is unpacked into");
        assert_int_equal(count_cached(*state, ".data") + count_cached(*state, ".unpacking"), 0);
    }
    t.size = 0;
    put(&t, '2', "link", *state, 0, NULL);
    put(&t, '1', "hard", "/etc/passwd", 0, NULL);
    put_file(&t, "link/file", "through the link");
    put_file(&t, "a../b..", "only dots");
    assert_ok(unpack(write_tar(path, *state, "a.tar", &t), &unpacked));
    assert_int_equal(unpacked.made.left_out, 2);
    assert_int_equal(unpacked.made.files, 2);
    holds(&unpacked, "link/file", "through the link");
    holds(&unpacked, "a../b..", "only dots");
    assert_false(vdib__is_file(files_path(path, *state, "file")));
    vdib__unpacked_close(&unpacked);
}

static void what_is_damaged_or_too_large_leaves_nothing(void **state) {
    static tar t;
    char path[FILE_PATH];
    vdib__unpacked unpacked;
    use_cache(*state);
    t.size = 0;
    put_file(&t, "a", "a");
    put_file(&t, "b\nc", "more of it");
    t.size -= 2 * BLOCK + 505; /* in its last file */
    assert_fails(VDIB_ERROR_FORMAT, unpack(write_tar(path, *state, "a.tar", &t), &unpacked),
                 "a.tar: the tar archive is damaged or cut");
    t.size = 0;
    put_file(&t, "a", "a");
    put(&t, '0', "b", "", UINT64_C(8) << 30, "few of its bytes");
    assert_fails(VDIB_ERROR_IO, unpack(write_tar(path, *state, "a.tar.gz", &t), &unpacked),
                 "a.tar.gz: unpacks to more than 1073741824 bytes");
    files_write(*state, "a.zip", "PK\3\4 no archive at all", 23);
    assert_fails(VDIB_ERROR_FORMAT, unpack(files_path(path, *state, "a.zip"), &unpacked),
                 "a.zip: the ZIP archive is damaged or cut");
    assert_int_equal(count_cached(*state, ".data") + count_cached(*state, ".unpacking"), 0);
    t.size = 0;
    put_file(&t, "a", "a");
    assert_int_equal(setenv("VDIB_CACHE", "off", 1), 0);
    assert_fails(VDIB_ERROR_UNSUPPORTED, unpack(write_tar(path, *state, "a.tar", &t), &unpacked),
                 "a.tar: archives are unpacked into the cache folder, and there is none");
}

static void archives_of_a_folder_are_unpacked_beside_each_other(void **state) {
    static const char *const train[] = {"Train/0/1.bin", "train 1", "Train/1/2.bin", "train 2"}, *const test[] = {
                                                                                                     "0/1.bin",
                                                                                                     "test 1",
                                                                                                     "1/1.bin",
                                                                                                     "test 2"};
    static tar t;
    char path[FILE_PATH];
    vdib__unpacked unpacked;
    use_cache(*state);
    write_zip(*state, "down/Train.zip", 2, train); /* holds a folder of its name */
    write_zip(*state, "down/Test.ZIP", 2, test);   /* holds the classes */
    t.size = 0;
    put_file(&t, "train/x", "x");
    write_tar(path, *state, "down/other.tar", &t);
    files_write(*state, "down/read.me", "no archive", 10);
    files_write(*state, "down/wrong.zip.txt", "PK\3\4", 4);
    assert_ok(unpack(files_path(path, *state, "down"), &unpacked));
    holds(&unpacked, "Train/0/1.bin", "train 1");
    holds(&unpacked, "Test/1/1.bin", "test 2");
    holds(&unpacked, "other/train/x", "x");
    assert_int_equal(unpacked.made.files, 5);
    vdib__unpacked_close(&unpacked);
    assert_ok(vdib__folder_make(files_path(path, *state, "empty")));
    assert_ok(unpack(path, &unpacked));
    assert_null(unpacked.folder);
}

/* A folder has data if it has a file of one of these names. */
static bool has_recording(const char *folder) {
    static const char *const names[] = {"Train/0/1.bin", "set/Train/0/1.bin"};
    char path[2 * FILE_PATH];
    bool found = false;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        found = found || vdib__is_file(path);
    }
    return found;
}

static void archives_in_archives_are_unpacked_too(void **state) {
    static const char *const train[] = {"Train/0/1.bin", "train"}, *const test[] = {"0/1.bin", "1", "1/1.bin", "2"};
    char path[FILE_PATH], inner[FILE_PATH], text[3 * FILE_PATH], said[3 * FILE_PATH];
    vdib__unpacked unpacked;
    use_cache(*state);
    write_zip(*state, "train.zip", 1, train);
    write_zip(*state, "test.zip", 2, test);
    zip_files(*state, "set.zip", "set/Train.zip", "train.zip", "set/Test.zip", "test.zip");
    assert_true(vdib__archive_is(files_path(path, *state, "set.zip")));
    assert_ok(vdib__archives_unpack(path, has_recording, NULL, NULL, &unpacked));
    holds(&unpacked, "set/Train/0/1.bin", "train");
    holds(&unpacked, "set/Test/1/1.bin", "2");
    assert_int_equal(unpacked.made.files, 3);
    assert_false(vdib__is_file(files_path(inner, unpacked.folder, "set/Train.zip")));
    snprintf(text, sizeof text, "%s/Train/0/1.bin: is bad in %s", unpacked.folder, unpacked.folder);
    vdib__unpacked_say(&unpacked, text, said, sizeof said);
    snprintf(text, sizeof text, "%s: Train/0/1.bin: is bad in %s", path, path);
    assert_string_equal(said, text);
    assert_int_equal(strlen(vdib__unpacked_say(&unpacked, text, said, 9)), 8);
    vdib__unpacked_close(&unpacked);
    zip_files(*state, "only.zip", "set.zip", "set.zip", NULL, NULL); /* one level more */
    assert_true(vdib__archive_is(files_path(path, *state, "only.zip")));
    assert_ok(vdib__archives_unpack(path, has_recording, NULL, NULL, &unpacked));
    holds(&unpacked, "set/Train/0/1.bin", "train");
    vdib__unpacked_close(&unpacked);
    files_cut(*state, "train.zip", 60);
    zip_files(*state, "bad.zip", "set/Train.zip", "train.zip", "set/Test.zip", "test.zip");
    assert_fails(VDIB_ERROR_FORMAT,
                 vdib__archives_unpack(files_path(path, *state, "bad.zip"), has_recording, NULL, NULL, &unpacked),
                 "bad.zip: set/Train.zip: the ZIP archive is damaged or cut");
}

static void archives_without_end_are_refused(void **state) {
    static const char *const one[] = {"a.txt", "no recording"};
    char path[FILE_PATH];
    vdib__unpacked unpacked;
    use_cache(*state);
    write_zip(*state, "0.zip", 1, one);
    for (int i = 0; i < 5; i++) {
        char name[16], before[16];
        snprintf(name, sizeof name, "%d.zip", i + 1);
        snprintf(before, sizeof before, "%d.zip", i);
        zip_files(*state, name, "loop/loop.zip", before, NULL, NULL);
    }
    assert_ok(unpack(files_path(path, *state, "3.zip"), &unpacked)); /* three levels below the first: all of it */
    holds(&unpacked, "loop/loop/loop/a.txt", "no recording");
    vdib__unpacked_close(&unpacked);
    size_t kept = count_cached(*state, ".data");
    assert_fails(VDIB_ERROR_FORMAT, unpack(files_path(path, *state, "5.zip"), &unpacked),
                 "5.zip: holds archives in archives, after 3 levels still loop.zip: it may hold itself; unpack it by");
    assert_int_equal(count_cached(*state, ".data"), kept);
    assert_int_equal(count_cached(*state, ".unpacking"), 0);
}

/* The bound is one of all levels together. */
static void all_levels_have_one_bound(void **state) {
    static tar t;
    char path[FILE_PATH];
    vdib__unpacked unpacked;
    use_cache(*state);
    t.size = 0;
    put_file(&t, "a", "a");
    put(&t, '0', "b", "", UINT64_C(8) << 30, "few of its bytes");
    write_tar(path, *state, "inner.tar.gz", &t);
    zip_files(*state, "outer.zip", "inner.tar.gz", "inner.tar.gz", NULL, NULL);
    assert_fails(VDIB_ERROR_IO, unpack(files_path(path, *state, "outer.zip"), &unpacked),
                 "outer.zip: inner.tar.gz: unpacks to more than 1073741824 bytes");
}

static vdib_status stop(const void *context) {
    (void)context;
    return VDIB_ERROR_CANCELLED;
}

static void two_programs_at_once_unpack_once(void **state) {
    enum { PROGRAMS = 4 };
    static tar t;
    char path[FILE_PATH], name[16];
    pid_t children[PROGRAMS];
    vdib__unpacked unpacked;
    use_cache(*state);
    t.size = 0;
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "%d/%d", i % 3, i);
        put_file(&t, name, name);
    }
    write_tar(path, *state, "a.tar.gz", &t);
    assert_int_equal(vdib__archives_unpack(path, no_data, stop, NULL, &unpacked), VDIB_ERROR_CANCELLED);
    assert_int_equal(count_cached(*state, ".data") + count_cached(*state, ".unpacking"), 0);
    for (int i = 0; i < PROGRAMS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(unpack(path, &unpacked) == VDIB_OK && unpacked.made.files == 50 ? 0 : 1);
    }
    for (int i = 0; i < PROGRAMS; i++) {
        int code = 1;
        assert_int_equal(waitpid(children[i], &code, 0), children[i]);
        assert_int_equal(code, 0);
    }
    assert_ok(unpack(path, &unpacked));
    holds(&unpacked, "1/49", "1/49");
    assert_int_equal(count_cached(*state, ".data"), 1);
    vdib__unpacked_close(&unpacked);
}

int main(void) {
#if !VDIB_WITH_ARCHIVE
    puts("built without libarchive: archives are not unpacked");
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        files_test(archives_are_known_by_their_content),
        files_test(archives_are_unpacked_once),
        files_test(archives_of_7zip_are_unpacked),
        files_test(nothing_is_written_outside),
        files_test(what_is_damaged_or_too_large_leaves_nothing),
        files_test(archives_of_a_folder_are_unpacked_beside_each_other),
        files_test(two_programs_at_once_unpack_once),
        files_test(archives_in_archives_are_unpacked_too),
        files_test(archives_without_end_are_refused),
        files_test(all_levels_have_one_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
