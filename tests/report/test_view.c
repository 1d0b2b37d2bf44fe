/* SPDX-License-Identifier: MIT */
/* Recordings to look at: windows of time, colours, PNG files, text, pages, sheets. */
#include "support.h"

#include <zlib.h>

#include "core/alloc.h"
#include "core/file.h"
#include "data/files.h"
#include "report/view/view.h"
#include "vdib/evaluate.h"

/* A text file of events of a sensor of 8 x 4 pixels. */
static const char *write_sized(const char *folder, const char *name, size_t width, size_t height, const char *lines) {
    static char path[512], text[1 << 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(text, sizeof text, "t,x@%zu,y@%zu,p\n%s", width, height, lines);
    assert_ok(vdib__file_write(path, text, strlen(text)));
    return path;
}

static const char *write_events(const char *folder, const char *name, const char *lines) {
    return write_sized(folder, name, 8, 4, lines);
}

static vdib_view *open_view(const char *path, const vdib_view_options *options) {
    vdib_view *view = NULL;
    assert_ok(vdib_view_open(path, options, &view));
    return view;
}

static vdib_view_info describe(const vdib_view *view) {
    vdib_view_info info = {.size = sizeof info};
    assert_ok(vdib_view_describe(view, &info));
    return info;
}

/* ---- windows ---- */

#define FEW "1000,1,1,1\n1500,2,1,0\n1999,7,3,1\n2000,0,0,1\n1400,3,2,0\n3400,1,1,1\n"

static void windows_hold_the_events_of_their_time(void **state) {
    vdib_view_options options = {.size = sizeof options, .window_us = 1000, .fps = 5};
    vdib_view *view = open_view(write_events(*state, "few.csv", FEW), &options);
    vdib_view_info info = describe(view);
    assert_true(info.pictures == 3 && info.window_us == 1000 && info.first_us == 1000 && info.fps == 5);
    assert_true(info.events == 6 && info.on_events == 4 && info.beyond == 0 && !info.more && info.wrong == 0);
    assert_true(info.width == 8 && info.height == 4 && info.recordings == 1 && info.recording == 0);
    assert_string_equal(info.format, "text");
    const size_t first[] = {0, 4, 5, 6};
    assert_memory_equal(view->first, first, sizeof first);
    assert_int_equal(view->events[3].t, 1400); /* late in the file, but of the first window */
    assert_int_equal(view->events[4].t, 2000);
    vdib_view_close(view);
}

static void windows_are_chosen(void **state) {
    static const struct {
        int64_t last;
        size_t pictures;
        int64_t window;
    } cases[] = {{0, 1, 1}, {9, 10, 1}, {23999, 24, 1000}, {999999, 50, 20000}, {59999999, 120, 500000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char lines[64];
        snprintf(lines, sizeof lines, "0,1,1,1\n%lld,1,1,1\n", (long long)cases[i].last);
        vdib_view *view = open_view(write_events(*state, "chosen.csv", lines), NULL);
        assert_int_equal(describe(view).window_us, cases[i].window);
        assert_int_equal(describe(view).pictures, cases[i].pictures);
        assert_true(describe(view).fps == 12);
        vdib_view_close(view);
    }
}

static void what_is_not_shown_is_said(void **state) {
    vdib_view_options options = {.size = sizeof options, .window_us = 1};
    vdib_view *view =
        open_view(write_events(*state, "long.csv", "0,1,1,1\n999,1,1,1\n1000,1,1,1\n5000,1,1,0\nrubbish\n"), &options);
    assert_true(describe(view).pictures == 1000 && describe(view).events == 2 && describe(view).beyond == 2);
    assert_int_equal(describe(view).wrong, 1);
    vdib_view_close(view);
    options = (vdib_view_options){.size = sizeof options, .from_us = 1000, .to_us = 1500, .relative = true};
    view = open_view(write_events(*state, "range.csv", FEW), &options);
    assert_int_equal(describe(view).first_us, 2000);
    assert_int_equal(describe(view).events, 1);
    vdib_view_close(view);
}

static void wrong_arguments(void **state) {
    const char *path = write_events(*state, "wrong.csv", FEW);
    vdib_view *view = NULL;
    vdib_view_options options = {.size = sizeof options, .window_us = -1};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_view_open(path, &options, &view), "a window of -1 us");
    options = (vdib_view_options){.size = sizeof options, .fps = 1000};
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_view_open(path, &options, &view), "0.1 to 100 can");
    options = (vdib_view_options){.size = sizeof options, .from_us = 1, .to_us = 2};
    assert_fails(VDIB_ERROR_DATA, vdib_view_open(path, &options, &view), "has no event to show in this range of time");
    assert_fails(VDIB_ERROR_IO, vdib_view_open("/nowhere/a.bin", NULL, &view), "/nowhere/a.bin");
    assert_null(view);
    view = open_view(path, NULL);
    assert_fails(VDIB_ERROR_IO, vdib_view_animation(view, "/nowhere/a.png"), "/nowhere/a.png");
    assert_fails(VDIB_ERROR_IO, vdib_view_page(view, "/nowhere/a.html"), "/nowhere/a.html");
    char *text = NULL;
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_view_text(view, 19, true, &text), "a terminal of 19 columns");
    assert_null(text);
    vdib_view_close(view);
}

/* ---- colours ---- */

static void colours_of_cells(void **state) {
    (void)state;
    static const struct {
        uint32_t off, on;
        size_t full;
        uint8_t colour;
    } cases[] = {{0, 0, 3, VDIB_COLOUR_PAPER},   {0, 1, 3, VDIB_COLOUR_ON},       {0, 2, 3, VDIB_COLOUR_ON + 1},
                 {0, 3, 3, VDIB_COLOUR_ON + 2},  {0, 900, 3, VDIB_COLOUR_ON + 2}, {1, 0, 3, VDIB_COLOUR_OFF},
                 {3, 1, 3, VDIB_COLOUR_OFF + 2}, {1, 1, 3, VDIB_COLOUR_BOTH},     {4, 2, 3, VDIB_COLOUR_BOTH + 2},
                 {1, 3, 3, VDIB_COLOUR_ON + 2},  {0, 5, 9, VDIB_COLOUR_ON + 1},   {0, 2, 9, VDIB_COLOUR_ON}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(vdib__cell_colour((uint32_t[]){cases[i].off, cases[i].on}, cases[i].full), cases[i].colour);
}

static void letters(void **state) {
    (void)state;
    vdib__canvas canvas = {0};
    assert_ok(vdib__canvas_new(14, 8, 0, &canvas));
    assert_int_equal(vdib__canvas_text(&canvas, 0, 0, 1, 9, "1\xC3\xA9"), 12); /* a letter beyond ASCII is a box */
    static const char *const rows[] = {"..#...#####...", ".##...#...#...", "..#...#...#...", "..#...#...#...",
                                       "..#...#...#...", "..#...#...#...", ".###..#####...", ".............."};
    for (size_t y = 0; y < 8; y++)
        for (size_t x = 0; x < 14; x++)
            assert_int_equal(canvas.pixels[y * 14 + x], rows[y][x] == '#' ? 9 : 0);
    vdib__canvas_fill(&canvas, 12, 6, 100, 100, 5); /* no further than there is canvas */
    assert_int_equal(canvas.pixels[7 * 14 + 13], 5);
    vdib__canvas_fill(&canvas, 14, 0, 1, 1, 5);
    vdib__free(canvas.pixels);
}

/* ---- PNG files ---- */

typedef struct png {
    uint8_t *bytes;
    size_t size, width, height, animated, controls, pictures;
    uint8_t *pixels; /* (height, width) colours of the last picture */
    uint32_t next;   /* sequence number */
} png;

static uint32_t big(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void inflate_picture(png *p, const uint8_t *data, size_t size) {
    size_t row = 1 + (p->width + 1) / 2;
    uLongf made = p->height * row;
    uint8_t *rows = malloc(made);
    assert_int_equal(uncompress(rows, &made, data, size), Z_OK);
    assert_int_equal(made, p->height * row);
    p->pixels = realloc(p->pixels, p->width * p->height);
    for (size_t y = 0; y < p->height; y++)
        for (size_t x = 0; x < p->width; x++)
            p->pixels[y * p->width + x] = rows[y * row + 1 + x / 2] >> (x % 2 == 0 ? 4 : 0) & 15;
    free(rows);
    p->pictures++;
}

/* Reads a PNG of ours to its end: every chunk, its checksum, and the numbers of an animation's. */
static png read_png(const char *path) {
    png p = {.bytes = NULL};
    bool ended = false;
    assert_ok(vdib__file_read(path, &p.bytes, &p.size));
    assert_memory_equal(p.bytes, "\x89PNG\r\n\x1A\n", 8);
    for (size_t at = 8; at < p.size;) {
        size_t size = big(p.bytes + at);
        const uint8_t *type = p.bytes + at + 4, *data = type + 4;
        assert_true(!ended && at + 12 + size <= p.size);
        assert_int_equal(big(data + size), crc32(0, type, (uInt)size + 4));
        if (memcmp(type, "IHDR", 4) == 0) {
            p.width = big(data), p.height = big(data + 4);
            assert_true(data[8] == 4 && data[9] == 3);
        } else if (memcmp(type, "acTL", 4) == 0) {
            p.animated = big(data);
        } else if (memcmp(type, "fcTL", 4) == 0) {
            assert_int_equal(big(data), p.next++);
            assert_true(big(data + 4) == p.width && big(data + 8) == p.height);
            p.controls++;
        } else if (memcmp(type, "IDAT", 4) == 0) {
            inflate_picture(&p, data, size);
        } else if (memcmp(type, "fdAT", 4) == 0) {
            assert_int_equal(big(data), p.next++);
            inflate_picture(&p, data + 4, size - 4);
        }
        ended = memcmp(type, "IEND", 4) == 0;
        at += 12 + size;
    }
    assert_true(ended);
    return p;
}

static void free_png(png *p) {
    vdib__free(p->bytes);
    free(p->pixels);
}

static void animations(void **state) {
    char path[512];
    vdib_view_options options = {.size = sizeof options, .window_us = 1000};
    vdib_view *view = open_view(write_events(*state, "few.csv", FEW), &options);
    snprintf(path, sizeof path, "%s/a.png", (char *)*state);
    assert_ok(vdib_view_animation(view, path));
    png p = read_png(path);
    assert_true(p.animated == 3 && p.controls == 3 && p.pictures == 3);
    /* 8 x 4 pixels of 16 on a side, in the middle; the last picture has one event, at (1, 1) */
    size_t left = (p.width - 128) / 2;
    for (size_t y = 0; y < 64; y++)
        for (size_t x = 0; x < p.width; x++) {
            bool lit = x >= left + 16 && x < left + 32 && y >= 16 && y < 32;
            assert_int_equal(p.pixels[y * p.width + x], lit ? VDIB_COLOUR_ON : VDIB_COLOUR_PAPER);
        }
    assert_true(p.height > 64 && p.pixels[(p.height - 1) * p.width] == VDIB_COLOUR_CARD);
    free_png(&p);
    vdib_view_close(view);
}

/* Sensors of one row: a picture of channels, the lowest at the bottom, over time. */
static void channels_over_time(void **state) {
    char path[512], *text = NULL;
    snprintf(path, sizeof path, "%s/flat.csv", (char *)*state);
    const char *lines = "t,x@40,y@1,p\n0,0,0,1\n500,39,0,1\n999,20,0,0\n";
    assert_ok(vdib__file_write(path, lines, strlen(lines)));
    vdib_view *view = open_view(path, NULL);
    assert_true(describe(view).height == 1 && describe(view).width == 40 && describe(view).events == 3);
    snprintf(path, sizeof path, "%s/flat.png", (char *)*state);
    assert_ok(vdib_view_animation(view, path));
    png p = read_png(path);
    assert_true(p.animated == 0 && p.controls == 0 && p.pictures == 1 && p.width == 640);
    assert_int_equal(p.pixels[39 * 640], VDIB_COLOUR_ON);
    size_t middle = 0;
    for (size_t x = 300; x < 340; x++)
        middle += p.pixels[x] == VDIB_COLOUR_ON;
    assert_int_equal(middle, 1); /* channel 39, half-way */
    free_png(&p);
    assert_ok(vdib_view_text(view, 20, false, &text));
    assert_non_null(strstr(text, "channels 0 (below) to 39\n"));
    vdib_text_free(text);
    vdib_view_close(view);
}

/* One row is shown so whatever its length, also the longest, and never as pictures of one line. */
static void one_row_is_channels(void **state) {
    static const size_t widths[] = {1, 7, 65535, 65536};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char lines[96], *text = NULL, wanted[64];
        snprintf(lines, sizeof lines, "0,0,0,1\n5000,%zu,0,1\n", widths[i] - 1);
        vdib_view *view = open_view(write_sized(*state, "row.csv", widths[i], 1, lines), NULL);
        snprintf(wanted, sizeof wanted, "channels 0 (below) to %zu\n", widths[i] - 1);
        assert_ok(vdib_view_text(view, 80, false, &text));
        assert_non_null(strstr(text, wanted));
        assert_int_equal(describe(view).height, 1);
        vdib_text_free(text);
        vdib_view_close(view);
    }
}

/* ---- text ---- */

static void text_of_half_blocks(void **state) {
    char *text = NULL;
    vdib_view *view =
        open_view(write_events(*state, "text.csv", "0,0,0,1\n0,1,1,1\n0,2,0,1\n0,2,1,0\n0,7,3,0\n"), NULL);
    assert_ok(vdib_view_text(view, 20, false, &text));
    assert_string_equal(text, "0 .. 1 u\n\xE2\x96\x80\xE2\x96\x84\xE2\x96\x88     \n       \xE2\x96\x84\n");
    vdib_text_free(text);
    assert_ok(vdib_view_text(view, 20, true, &text));
    assert_non_null(strstr(text, "\x1B[38;2;47;111;174m\xE2\x96\x80\x1B[0m"));  /* one ON event */
    assert_non_null(strstr(text, "\x1B[38;2;160;82;20m\xE2\x96\x84\x1B[0m"));   /* one OFF event, below */
    assert_non_null(strstr(text, "\x1B[38;2;47;111;174m\x1B[48;2;160;82;20m")); /* one above the other */
    vdib_text_free(text);
    vdib_view_close(view);
}

/* No line is wider than asked for. */
static void text_fits(void **state) {
    static char lines[1 << 15];
    size_t used = 0;
    for (int i = 0; i < 400; i++)
        used += (size_t)snprintf(lines + used, sizeof lines - used, "%d,%d,%d,%d\n", 1000 * i, i % 8, i / 8 % 4, i & 1);
    vdib_view *view = open_view(write_events(*state, "fits.csv", lines), NULL);
    for (size_t columns = 20; columns < 130; columns += 7) {
        char *text = NULL;
        size_t wide = 0, widest = 0;
        assert_ok(vdib_view_text(view, columns, false, &text));
        for (const char *at = text; *at != '\0'; at++) {
            wide = *at == '\n' ? 0 : wide + (((unsigned char)*at & 0xC0) != 0x80);
            widest = wide > widest ? wide : widest;
        }
        assert_true(widest <= columns);
        vdib_text_free(text);
    }
    vdib_view_close(view);
}

/* Sensors that are much higher than wide do not fill a terminal many times over. */
static void high_sensors_fit(void **state) {
    char *text = NULL;
    size_t lines = 0;
    vdib_view *view = open_view(write_sized(*state, "high.csv", 1, 65535, "0,0,0,1\n5000,0,65534,1\n"), NULL);
    assert_ok(vdib_view_text(view, 80, false, &text));
    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n';
    assert_in_range(lines, 100, 2 * (80 + 1));
    vdib_text_free(text);
    vdib_view_close(view);
}

/* ---- pages and sheets ---- */

static void pages(void **state) {
    char path[512];
    uint8_t *bytes = NULL;
    size_t size = 0;
    vdib_view_options options = {.size = sizeof options, .window_us = 1000};
    vdib_view *view = open_view(write_events(*state, "<few>.csv", FEW), &options);
    snprintf(path, sizeof path, "%s/a.html", (char *)*state);
    assert_ok(vdib_view_page(view, path));
    assert_ok(vdib__file_read(path, &bytes, &size));
    assert_non_null(strstr((char *)bytes, "<h1>&lt;few&gt;.csv</h1>"));
    assert_non_null(strstr((char *)bytes, "\"counts\": [4,1,1], \"pictures\": [\n\"iVBOR"));
    assert_non_null(strstr((char *)bytes, "max=\"2\""));
    assert_non_null(strstr((char *)bytes, "8 x 4 pixels"));
    assert_null(strstr((char *)bytes, "http:"));
    vdib__free(bytes);
    vdib_view_close(view);
}

static void sheets(void **state) {
    char path[600], data[512];
    static const uint8_t event[] = {3, 5, 0x80, 0, 1, 4, 5, 0x00, 0, 2}; /* ON, then OFF beside it */
    static const char *const folders[] = {"Train/bird", "Train/cat", "Test/bird", "Test/cat"};
    assert_true(snprintf(data, sizeof data, "%s/data", (char *)*state) < (int)sizeof data);
    for (size_t f = 0; f < 4; f++)
        for (int i = 0; i < 12; i++) {
            snprintf(path, sizeof path, "%s/%s", data, folders[f]);
            assert_ok(vdib__folder_make(path));
            snprintf(path, sizeof path, "%s/%s/%05d.bin", data, folders[f], i);
            assert_ok(vdib__file_write(path, event, sizeof event));
        }
    vdib_sheet_info info = {.size = sizeof info};
    snprintf(path, sizeof path, "%s/sheet.png", (char *)*state);
    assert_ok(vdib_view_sheet(data, path, 3, &info));
    assert_true(info.classes == 2 && info.shown_classes == 2 && info.pictures == 6);
    png p = read_png(path);
    size_t on = 0, off = 0, ink = 0;
    for (size_t i = 0; i < p.width * p.height; i++) {
        on += p.pixels[i] >= VDIB_COLOUR_ON && p.pixels[i] < VDIB_COLOUR_OFF;
        off += p.pixels[i] >= VDIB_COLOUR_OFF && p.pixels[i] < VDIB_COLOUR_BOTH;
        ink += p.pixels[i] == VDIB_COLOUR_INK;
    }
    assert_true(on == off && on >= 6 && on % 6 == 0 && ink > 20);
    free_png(&p);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_view_sheet(data, path, 51, NULL), "51 recordings of a class");
    assert_fails(VDIB_ERROR_IO, vdib_view_sheet(data, "/nowhere/a.png", 0, NULL), "/nowhere/a.png");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(windows_hold_the_events_of_their_time),
        files_test(windows_are_chosen),
        files_test(what_is_not_shown_is_said),
        files_test(wrong_arguments),
        cmocka_unit_test(colours_of_cells),
        cmocka_unit_test(letters),
        files_test(animations),
        files_test(channels_over_time),
        files_test(one_row_is_channels),
        files_test(high_sensors_fit),
        files_test(text_of_half_blocks),
        files_test(text_fits),
        files_test(pages),
        files_test(sheets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
