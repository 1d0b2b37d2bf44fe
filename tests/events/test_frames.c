/* SPDX-License-Identifier: MIT */
/* Pictures inside recordings: those of AEDAT 4. */
#include "events/aedat4_file.h"

#include "core/alloc.h"
#include "data/files.h"

#define FRAMES_ONLY XML(STREAM("0", "EVTS", SIZE("4", "3")) STREAM("1", "FRME", SIZE("4", "3")))

/* What a packet of a frame says; its pixels are 0, 1, 2, ... */
typedef struct said {
    int64_t t;
    int format, width, height, x, y;
    size_t bytes;
} said;

static void put_frame(made_file *file, said f) {
    enum { TABLE = 40, VTABLE = 26 };
    size_t padded = (f.bytes + 3) / 4 * 4;
    put_packet(file, 1, 4 + 12 + VTABLE + 2 + TABLE + 4 + padded);
    put_little(file, 12 + VTABLE + 2 + TABLE + 4 + padded, 4);
    put_little(file, 12 + VTABLE + 2, 4); /* the root */
    put_text(file, "FRME");
    put_little(file, 0, 4);
    put_little(file, VTABLE, 2);
    put_little(file, TABLE, 2);
    static const uint16_t places[] = {8, 0, 0, 0, 0, 4, 16, 18, 20, 22, 24};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        put_little(file, places[i], 2);
    put_little(file, 0, 2);
    put_little(file, VTABLE + 2, 4);
    put_little(file, (uint64_t)f.format, 4);
    put_little(file, (uint64_t)f.t, 8);
    put_little(file, (uint16_t)f.width, 2);
    put_little(file, (uint16_t)f.height, 2);
    put_little(file, (uint16_t)f.x, 2);
    put_little(file, (uint16_t)f.y, 2);
    put_little(file, TABLE - 24, 4);
    for (int i = 0; i < 12; i++)
        put_little(file, 0, 1);
    put_little(file, f.bytes, 4);
    for (size_t i = 0; i < padded; i++)
        put_little(file, i, 1);
}

/* Writes and frees a file. */
static vdib_frames *open_frames(made_file *file, const char *folder, vdib_status wanted, const char *part) {
    char *path = NULL;
    vdib_frames *frames = NULL;
    assert_ok(vdib__path_join(folder, "frames.aedat4", &path));
    assert_ok(vdib__file_write(path, file->bytes, file->size));
    vdib_status status = vdib_frames_open(path, &frames);
    if (wanted == VDIB_OK)
        assert_ok(status);
    else
        assert_fails(wanted, status, part);
    vdib__free(path);
    free(file);
    return frames;
}

static vdib_frame next(vdib_frames *frames) {
    vdib_frame frame = {.size = sizeof frame};
    assert_ok(vdib_frames_next(frames, &frame));
    return frame;
}

static vdib_frames_info counts(const vdib_frames *frames) {
    vdib_frames_info info = {.size = sizeof info};
    assert_ok(vdib_frames_describe(frames, &info));
    return info;
}

static void pictures_of_each_format(void **state) {
    made_file *file = begin(NONE, -1, FRAMES_ONLY);
    put_frame(file, (said){.t = 1000, .format = 0, .width = 4, .height = 3, .bytes = 12});
    put_packet(file, 0, 3); /* packets of other streams are passed over */
    put_text(file, "abc");
    put_frame(file, (said){.t = 2000, .format = 16, .width = 2, .height = 2, .x = 1, .y = 1, .bytes = 12});
    put_frame(file, (said){.t = 3000, .format = 24, .width = 2, .height = 1, .bytes = 8});
    vdib_frames *frames = open_frames(file, *state, VDIB_OK, NULL);
    vdib_frame grey = next(frames);
    assert_true(grey.t == 1000 && grey.width == 4 && grey.height == 3 && grey.channels == 1 && grey.x + grey.y == 0);
    for (int i = 0; i < 12; i++)
        assert_int_equal(grey.pixels[i], i);
    vdib_frame colour = next(frames);
    static const uint8_t turned[] = {2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9}, opaque[] = {2, 1, 0, 6, 5, 4};
    assert_true(colour.t == 2000 && colour.width == 2 && colour.height == 2 && colour.channels == 3);
    assert_true(colour.x == 1 && colour.y == 1);
    assert_memory_equal(colour.pixels, turned, sizeof turned);
    vdib_frame four = next(frames);
    assert_true(four.t == 3000 && four.width == 2 && four.height == 1 && four.channels == 3);
    assert_memory_equal(four.pixels, opaque, sizeof opaque);
    assert_null(next(frames).pixels);
    assert_null(next(frames).pixels);
    vdib_frames_info info = counts(frames);
    assert_string_equal(info.format, "aedat4");
    assert_true(info.frames == 3 && info.width == 4 && info.height == 3 && info.damaged + info.truncated == 0);
    vdib_frames_close(frames);
}

/* Pictures larger than what is held at a time, and smaller ones behind them. */
static void large_pictures(void **state) {
    made_file *file = begin(NONE, -1, XML(STREAM("1", "FRME", "")));
    put_frame(file, (said){.t = 1, .format = 0, .width = 300, .height = 250, .bytes = 75000});
    put_frame(file, (said){.t = 2, .format = 0, .width = 4, .height = 3, .bytes = 12});
    vdib_frames *frames = open_frames(file, *state, VDIB_OK, NULL);
    vdib_frame large = next(frames);
    assert_true(large.width == 300 && large.height == 250);
    for (size_t i = 0; i < 75000; i++)
        assert_int_equal(large.pixels[i], (uint8_t)i);
    assert_int_equal(next(frames).pixels[11], 11);
    assert_null(next(frames).pixels);
    assert_true(counts(frames).width == 300 && counts(frames).height == 250);
    vdib_frames_close(frames);
}

static void what_is_no_picture_is_counted(void **state) {
    made_file *file = begin(NONE, -1, FRAMES_ONLY);
    static const said wrong[] = {{.format = 0, .width = 4, .height = 3, .bytes = 11},
                                 {.format = 0, .width = 4, .height = 3, .bytes = 13},
                                 {.format = 16, .width = 4, .height = 3, .bytes = 12},
                                 {.format = 8, .width = 4, .height = 3, .bytes = 12},
                                 {.format = 0, .width = -4, .height = -3, .bytes = 12},
                                 {.format = 0, .width = 0, .height = 3, .bytes = 0},
                                 {.format = 0, .width = 4, .height = 3, .x = -1, .bytes = 12}};
    enum { WRONG = sizeof wrong / sizeof *wrong };
    for (size_t i = 0; i < WRONG; i++)
        put_frame(file, wrong[i]);
    put_frame(file, (said){.t = 9, .width = 4, .height = 3, .bytes = 12});
    put_packet(file, 1, 64);
    for (size_t i = 0; i < 64; i++)
        put_little(file, 60, 1);
    put_frame(file, (said){.t = 10, .width = 4, .height = 3, .bytes = 12});
    file->size -= 5; /* the file ends inside its last picture */
    vdib_frames *frames = open_frames(file, *state, VDIB_OK, NULL);
    assert_int_equal(next(frames).t, 9);
    assert_null(next(frames).pixels);
    vdib_frames_info info = counts(frames);
    assert_int_equal(info.damaged, WRONG + 1);
    assert_int_equal(info.truncated, 1);
    assert_int_equal(info.frames, 1);
    vdib_frames_close(frames);
}

static void files_without_pictures(void **state) {
    made_file *file = begin(NONE, -1, XML(STREAM("0", "EVTS", "")));
    open_frames(file, *state, VDIB_ERROR_FORMAT, "has no stream of type FRME (its streams: 0 EVTS)");
    file = file_new("x");
    put_text(file, "#!AER-DAT3.1\r\n");
    open_frames(file, *state, VDIB_ERROR_FORMAT, "is of no format that holds pictures beside events; read are: aedat4");
    vdib_frames *frames = NULL;
    assert_fails(VDIB_ERROR_IO, vdib_frames_open("/nowhere/frames.aedat4", &frames), "/nowhere/frames.aedat4: ");
    assert_null(frames);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(pictures_of_each_format),
        files_test(large_pictures),
        files_test(what_is_no_picture_is_counted),
        files_test(files_without_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
