/* SPDX-License-Identifier: MIT */
/* Manifests: what is read, what is refused and how, and windows. */
#include "datasets.h"

#include "data/dataset_parts.h"

static vdib__dataset_parameters parameters(const char *data) {
    vdib__dataset_parameters p = parameters_of(data, NULL, &vdib__input_events, &vdib__target_class);
    p.test_share = 0.2;
    return p;
}

/* Recordings a.bin, b.bin, ...: events at 100, 1100, 2100, ... us (so many), in the row of the recording's number. */
static void write_recordings(const char *folder, const char *names, size_t events) {
    for (size_t n = 0; names[n] != '\0'; n++) {
        char name[] = {names[n], '.', 'b', 'i', 'n', '\0'};
        uint8_t bytes[5 * 64];
        assert_in_range(events, 1, 30);
        for (size_t i = 0; i < events; i++)
            files_record(bytes + 5 * i, (uint8_t)i, (uint8_t)n, 1, (uint32_t)(100 + 1000 * i));
        files_write(folder, name, bytes, 5 * events);
    }
}

static void write_text(const char *folder, const char *name, const char *text) {
    files_write(folder, name, text, strlen(text));
}

/* Columns of the events of an example, as "3@0 4@1": column at step. */
static const char *events_of(const vdib_dataset *dataset, vdib_split split, size_t index, uint32_t *row) {
    static char text[256];
    vdib_example *example = new_example(dataset);
    size_t used = 0, width = vdib_dataset_geometry(dataset)->input_width;
    assert_ok(vdib_dataset_get(dataset, split, index, 1, example));
    text[0] = '\0';
    for (size_t t = 0; t < vdib_raster_steps(example->raster); t++) {
        const uint32_t *channels = NULL;
        size_t count = vdib_raster_at(example->raster, t, &channels);
        for (size_t i = 0; i < count; i++) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%u@%zu", used > 0 ? " " : "",
                                     (unsigned)(channels[i] % width), t);
            *row = (uint32_t)(channels[i] / width % vdib_dataset_geometry(dataset)->input_height);
        }
    }
    vdib_example_destroy(example);
    return text;
}

/* ---- what is read ---- */

static void lines_become_examples(void **state) {
    char path[FILE_PATH];
    uint32_t row = 99;
    write_recordings(*state, "abc", 6);
    write_text(*state, "sub/list.csv",
               "\xEF\xBB\xBFlabel, Path ,from,split,to,mood\r\n"
               "\"the \"\"cat\"\"\",../a.bin,2000,train,4000,good\r\n"
               "dog,../a.bin,4000,train,,bad\n"
               "\n"
               "dog,../b.bin,,val,2500,\"so, so\"\n"
               "\"the \"\"cat\"\"\",../c.bin,,test,,\n");
    vdib_dataset *dataset = open_dataset(parameters(files_path(path, *state, "sub/list.csv")));
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN), 2);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION), 1);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 1);
    assert_string_equal(vdib_dataset_class_name(dataset, 0), "dog");
    assert_string_equal(vdib_dataset_class_name(dataset, 1), "the \"cat\"");
    /* steps of 1 ms; the first event, at 100 us, is time 0 of `from` and `to`, and `from` time 0 of its example */
    assert_string_equal(events_of(dataset, VDIB_SPLIT_TRAIN, 0, &row), "4@0 5@1"); /* order: class, path, times */
    assert_string_equal(events_of(dataset, VDIB_SPLIT_TRAIN, 1, &row), "2@0 3@1");
    assert_int_equal(row, 0);
    assert_string_equal(events_of(dataset, VDIB_SPLIT_VALIDATION, 0, &row), "0@0 1@1 2@2");
    assert_int_equal(row, 1);
    assert_string_equal(events_of(dataset, VDIB_SPLIT_TEST, 0, &row), "0@0 1@1 2@2 3@3 4@4 5@5");
    assert_true(notes_say(dataset, "1 column has no meaning here and is ignored, 'mood'"));
    vdib_dataset_destroy(dataset);
}

static void json_lines_are_read_too(void **state) {
    uint32_t row = 0;
    write_recordings(*state, "ab", 4);
    write_text(*state, "manifest.jsonl",
               "{\"path\": \"a.bin\", \"label\": 3, \"from\": 1000, \"to\": null, \"who\": [1]}\n\n"
               "{\"label\": \"4\", \"path\": \"b.bin\"}\n{\"label\": \"4\", \"path\": \"b.bin\", \"to\": 5}");
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_int_equal(vdib_dataset_geometry(dataset)->classes, 10); /* digits */
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) + vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION),
                     3);
    assert_true(notes_say(dataset, "nothing says which recordings are for testing: 0 of 3 examples are"));
    assert_true(notes_say(dataset, "1 value under other names than a manifest's is ignored, the first is 'who'"));
    assert_true(notes_say(dataset, "the recordings are those that"));
    assert_string_equal(events_of(dataset, VDIB_SPLIT_VALIDATION, 0, &row), "1@0 2@1 3@2");
    vdib_dataset_destroy(dataset);
    assert_string_equal(vdib_dataset_holds(*state), "recordings");
}

/* Comments and blank lines, lines that end as on old Macintoshes, folders that end in backslashes as on Windows. */
static void lists_of_other_programs_are_read(void **state) {
    char path[FILE_PATH];
    static const char *const texts[] = {
        "# made by hand\n\npath,label\nsub/a.bin,cat\n # two of them\nsub/b.bin,dog\n#",
        "path,label\r\rsub/a.bin,cat\r\r\rsub/b.bin,dog\r",
        "path,label\nsub\\a.bin,cat\nsub\\b.bin,dog\n",
    };
    write_recordings(files_path(path, *state, "sub"), "ab", 2);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_text(*state, "list.csv", texts[i]);
        vdib_dataset *dataset = open_dataset(parameters(files_path(path, *state, "list.csv")));
        assert_int_equal(vdib_dataset_geometry(dataset)->classes, 2);
        assert_string_equal(vdib_dataset_class_name(dataset, 1), "dog");
        vdib_dataset_destroy(dataset);
        assert_string_equal(vdib_dataset_holds(path), "recordings");
    }
}

/* ---- what is refused ---- */

static void bad_manifests_are_refused_with_line_and_column(void **state) {
    static const struct {
        vdib_status status;
        const char *text, *message;
    } cases[] = {
        {VDIB_ERROR_IO, "path,label\na.bin,cat\nz.bin,cat\n", "manifest.csv: line 3, column 'path': "},
        {VDIB_ERROR_DATA, "path,label\n,cat\n", "line 2, column 'path': is empty"},
        {VDIB_ERROR_DATA, "path,label\na.bin,\n", "line 2, column 'label': is empty"},
        {VDIB_ERROR_DATA, "path,label\na.bin,caf\xC3\xA9\nb.bin,caf\xE9\n",
         "manifest.csv: line 3, column 'label': is not UTF-8; write the manifest as UTF-8"},
        {VDIB_ERROR_DATA, "path\na.bin\n", "line 2, column 'label': is not there; name the example's class in it"},
        {VDIB_ERROR_DATA, "#\n\npath,label\n# x\na.bin,\n", "line 5, column 'label': is empty"},
        {VDIB_ERROR_DATA, "path,label\n..\\x.bin,cat\n", "line 2, column 'path': leads out of the data's folder"},
        {VDIB_ERROR_DATA, "path,label,split\na.bin,cat,dev\n",
         "line 2, column 'split': is no split; write train, val or test"},
        {VDIB_ERROR_DATA, "path,label,split\na.bin,cat,\nb.bin,cat,test\n",
         "line 2, column 'split': is empty, but line 3 has one; write train, val or test in every line"},
        {VDIB_ERROR_DATA, "path,label,from\na.bin,cat,1.5\n",
         "line 2, column 'from': is no whole number of microseconds"},
        {VDIB_ERROR_DATA, "path,label,to\na.bin,cat,9999999999999999999999\n",
         "line 2, column 'to': is no whole number"},
        {VDIB_ERROR_DATA, "path,label,from,to\na.bin,cat,7,7\n", "line 2, column 'to': is not after 'from'"},
        {VDIB_ERROR_DATA, "path,label\na.bin,cat\n\nb.bin,dog\na.bin,dog\n",
         "line 5, column 'path': the same recording and times as in line 2; take one of them out"},
        {VDIB_ERROR_DATA, "path,label\n../x.bin,cat\n", "line 2, column 'path': leads out of the data's folder"},
        {VDIB_ERROR_DATA, "path,label\nsub/../../x.bin,cat\n", "line 2, column 'path': leads out of the data's folder"},
        {VDIB_ERROR_DATA, "path,label\n/etc/passwd,cat\n", "line 2, column 'path': leads out of the data's folder"},
        {VDIB_ERROR_DATA, "path,label,target\na.bin,cat,a.png\n", "line 2, column 'target': there is no file "},
        {VDIB_ERROR_FORMAT, "path,label\na.bin,cat,more\n", "line 2: has 3 fields, the first line names 2"},
        {VDIB_ERROR_FORMAT, "path,label\n\"a.bin,cat\n", "line 2: a quoted field does not end"},
        {VDIB_ERROR_FORMAT, "path,label\n\"a.bin\"x,cat\n", "line 2: something follows a closing quote"},
        {VDIB_ERROR_FORMAT, "path,label,path\na.bin,cat,b.bin\n", "line 1: names column 'path' twice (1 and 3)"},
        {VDIB_ERROR_FORMAT, "label,split\ncat,train\n",
         "line 1: names no column 'path', but 'label', 'split'; the first line names the columns"},
        {VDIB_ERROR_DATA, "path,label\n", "manifest.csv: lists no recording"},
        {VDIB_ERROR_FORMAT, "", "line 1: names no column 'path'"},
    };
    write_recordings(*state, "ab", 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text(*state, "manifest.csv", cases[i].text);
        refuse_dataset(parameters(*state), cases[i].status, cases[i].message);
    }
    files_write(*state, "manifest.csv", "path,label\na\0,b\n", 16);
    refuse_dataset(parameters(*state), VDIB_ERROR_FORMAT, "byte 12: is 0, which no text holds");
}

static void bad_json_lines_are_refused(void **state) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"path\": \"a.bin\", \"label\": 1}\n[1]\n",
         "manifest.jsonl: line 2: is no JSON object (it is another value)"},
        {"{\"path\": \"a.bin\",\n", "line 1: is no JSON object ("},
        {"{\"path\": 1.5, \"label\": 1}\n", "line 1, column 'path': is neither a text nor a whole number"},
        {"{\"path\": \"a.bin\", \"path\": \"b.bin\"}\n", "line 1: is no JSON object (duplicate object key"},
    };
    write_recordings(*state, "ab", 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text(*state, "manifest.jsonl", cases[i].text);
        refuse_dataset(parameters(*state), VDIB_ERROR_FORMAT, cases[i].message);
    }
    write_text(*state, "manifest.csv", "path,label\na.bin,1\n");
    refuse_dataset(parameters(*state), VDIB_ERROR_DATA, "has both manifest.csv and manifest.jsonl; keep one");
}

static void a_file_that_is_no_manifest_is_refused(void **state) {
    char path[FILE_PATH];
    write_text(*state, "other.csv", "x,y,t,p\n1,2,3,1\n");
    refuse_dataset(parameters(files_path(path, *state, "other.csv")), VDIB_ERROR_IO,
                   "other.csv: line 1: names no column path, but 'x,y,t,p'; a manifest names the file");
    write_text(*state, "other.txt", "x,y,t,p\n1,2,3,1\n");
    refuse_dataset(parameters(files_path(path, *state, "other.txt")), VDIB_ERROR_IO,
                   "is a file; give the folder that holds the data, or a manifest, whose first line");
}

static void one_recording_in_two_splits_is_said(void **state) {
    write_recordings(*state, "ab", 4);
    write_text(*state, "manifest.csv",
               "path,label,split,from,to\na.bin,1,train,0,2000\na.bin,1,test,2000,9000\nb.bin,1,train,,\n");
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_true(notes_say(dataset, "1 recording has examples in more than one split, the first is"));
    vdib_dataset_destroy(dataset);
}

/* ---- windows ---- */

static void recordings_are_cut_into_windows(void **state) {
    uint32_t row;
    write_recordings(*state, "ab", 10); /* 0 to 9000 us after the first event: 9001 us */
    write_text(*state, "manifest.csv", "path,label,split,to\na.bin,1,train,\nb.bin,1,test,5500\n");
    vdib__dataset_parameters p = parameters(*state);
    p.window_us = 3000;
    p.stride_us = 2000;
    vdib_dataset *dataset = open_dataset(p);
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN) + vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION),
                     4); /* at 0, 2000, 4000, 6000 */
    assert_int_equal(vdib_dataset_size(dataset, VDIB_SPLIT_TEST), 2);
    assert_string_equal(events_of(dataset, VDIB_SPLIT_TEST, 0, &row), "0@0 1@1 2@2");
    assert_string_equal(events_of(dataset, VDIB_SPLIT_TEST, 1, &row), "2@0 3@1 4@2");
    assert_true(notes_say(dataset, "2 recordings are cut into 6 windows of 3000 us, 2000 us apart"));
    vdib_dataset_destroy(dataset);
    p.window_us = p.stride_us = 7000;
    dataset = open_dataset(p);
    assert_string_equal(events_of(dataset, VDIB_SPLIT_TEST, 0, &row), "0@0 1@1 2@2 3@3 4@4 5@5");
    assert_true(notes_say(dataset, "1 of 2 is shorter than a window of 7000 us and is one example each"));
    vdib_dataset_destroy(dataset);
}

/* Rows of the examples of a split say which recordings they are of. */
static void mark_rows(const vdib_dataset *dataset, vdib_split split, int *rows) {
    for (size_t i = 0; i < vdib_dataset_size(dataset, split); i++) {
        uint32_t row = 0;
        (void)events_of(dataset, split, i, &row);
        rows[row] |= 1 << split;
    }
}

/* Windows overlap: those of one recording are in one split, also where it is made, and for validation. */
static void windows_of_a_recording_stay_together(void **state) {
    int rows[26] = {0}, counts[8] = {0};
    char text[1024] = "path,label\n";
    write_recordings(*state, "abcdefghijklmnopqrstuvwxyz", 10);
    for (char c = 'a'; c <= 'z'; c++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%c.bin,%s\n", c, c < 'n' ? "early" : "late");
    write_text(*state, "manifest.csv", text);
    vdib__dataset_parameters p = parameters(*state);
    p.window_us = 3000;
    p.stride_us = 1000;
    vdib_dataset *dataset = open_dataset(p);
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++)
        mark_rows(dataset, (vdib_split)split, rows);
    for (int i = 0; i < 26; i++)
        counts[rows[i]]++;
    assert_int_equal(counts[1 << VDIB_SPLIT_TEST], 6);       /* 13 x 0.2, rounded, of two classes */
    assert_int_equal(counts[1 << VDIB_SPLIT_VALIDATION], 2); /* the first that make a tenth of 20 x 7 windows */
    assert_int_equal(counts[1 << VDIB_SPLIT_TRAIN], 18);
    vdib_dataset_destroy(dataset);
}

/* ---- writing ---- */

/* What is written is read as the same data. */
static void a_written_manifest_is_the_same_data(void **state) {
    static const char *const names[] = {"out.csv", "sub/out.jsonl"};
    write_recordings(*state, "abcdefghijkl", 5);
    char text[1024] = "path,label,from,to\n", path[FILE_PATH];
    for (char c = 'a'; c <= 'l'; c++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%c.bin,\"a, \"\"%s\"\"\",%s\n", c,
                 c < 'g' ? "b" : " c ", c < 'd' ? "1000,2500" : ",");
    write_text(*state, "manifest.csv", text);
    vdib_dataset *dataset = open_dataset(parameters(*state));
    for (size_t n = 0; n < 2; n++) {
        assert_ok(vdib_dataset_write_manifest(dataset, files_path(path, *state, names[n])));
        vdib_dataset *again = open_dataset(parameters(path));
        assert_false(notes_say(again, "nothing says which recordings are for testing"));
        for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++) {
            size_t count = vdib_dataset_size(dataset, (vdib_split)split);
            uint32_t rows[2];
            assert_int_equal(vdib_dataset_size(again, (vdib_split)split), count);
            for (size_t i = 0; i < count; i++) {
                char first[256];
                snprintf(first, sizeof first, "%s", events_of(dataset, (vdib_split)split, i, &rows[0]));
                assert_string_equal(events_of(again, (vdib_split)split, i, &rows[1]), first);
                assert_int_equal(rows[0], rows[1]);
            }
        }
        assert_string_equal(vdib_dataset_class_name(again, 0), vdib_dataset_class_name(dataset, 0));
        vdib_dataset_destroy(again);
    }
    vdib_dataset_destroy(dataset);
    vdib_dataset *images = open_dataset(parameters_of(NULL, NULL, &vdib__input_rate, &vdib__target_class));
    assert_fails(VDIB_ERROR_DATA, vdib_dataset_write_manifest(images, path), "are no recordings in files");
    vdib_dataset_destroy(images);
}

/* A recording is read once for all of its examples: those that nobody has asked for do not count yet. */
static void parts_are_read_ahead(void **state) {
    uint32_t row = 0;
    write_recordings(*state, "ab", 30);
    write_text(*state, "manifest.csv",
               "path,split,label,from,to\na.bin,train,x,0,3000\na.bin,train,y,4000,6000\na.bin,test,x,10000,12000\n"
               "b.bin,val,x,,\n");
    vdib_dataset *dataset = open_dataset(parameters(*state));
    assert_string_equal(events_of(dataset, VDIB_SPLIT_TRAIN, 0, &row), "0@0 1@1 2@2");
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TRAIN, VDIB_COUNT_RECORDINGS), 1);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_RECORDINGS), 0);
    char path[FILE_PATH];
    assert_int_equal(remove(files_path(path, *state, "a.bin")), 0); /* it is not needed any more */
    assert_string_equal(events_of(dataset, VDIB_SPLIT_TRAIN, 1, &row), "4@0 5@1");
    assert_string_equal(events_of(dataset, VDIB_SPLIT_TEST, 0, &row), "10@0 11@1");
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TRAIN, VDIB_COUNT_EVENTS), 5);
    assert_int_equal(vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_RECORDINGS), 1);
    vdib_dataset_destroy(dataset);
}

/* Of recordings that are not held as a whole each part is read by itself. */
static void parts_of_long_recordings_are_those_of_short_ones(void **state) {
    uint32_t row = 0;
    write_recordings(*state, "ab", 30);
    write_text(*state, "manifest.csv",
               "path,split,label,from,to\na.bin,train,x,2000,5000\na.bin,train,y,20000,\na.bin,test,x,,2000\n"
               "b.bin,val,x,,\n");
    for (size_t most = 7; most < 40; most += 30) {
        vdib_dataset *dataset = open_dataset(parameters(*state));
        dataset->most_events = most;
        for (int times = 0; times < 2; times++) {
            assert_string_equal(events_of(dataset, VDIB_SPLIT_TRAIN, 0, &row), "2@0 3@1 4@2");
            assert_string_equal(events_of(dataset, VDIB_SPLIT_TRAIN, 1, &row),
                                "20@0 21@1 22@2 23@3 24@4 25@5 26@6 27@7 28@8 29@9");
            assert_string_equal(events_of(dataset, VDIB_SPLIT_TEST, 0, &row), "0@0 1@1");
        }
        vdib_dataset_destroy(dataset);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(lines_become_examples),
        files_test(json_lines_are_read_too),
        files_test(lists_of_other_programs_are_read),
        files_test(bad_manifests_are_refused_with_line_and_column),
        files_test(bad_json_lines_are_refused),
        files_test(a_file_that_is_no_manifest_is_refused),
        files_test(one_recording_in_two_splits_is_said),
        files_test(recordings_are_cut_into_windows),
        files_test(windows_of_a_recording_stay_together),
        files_test(a_written_manifest_is_the_same_data),
        files_test(parts_are_read_ahead),
        files_test(parts_of_long_recordings_are_those_of_short_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
