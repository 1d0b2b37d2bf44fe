/* SPDX-License-Identifier: MIT */
/* Texts and arrays of other programs: words, names, units, orders of columns, and what is said of them. */
#include "events/decode.h"

#include <unistd.h>

static made_file *text(const char *content) {
    made_file *file = file_new("events");
    put_text(file, content);
    return file;
}

static const vdib_event two[] = {{100, 3, 4, 1}, {250, 5, 6, 0}};

/* ---- text ---- */

static void words_for_polarities(void **state) {
    (void)state;
    static const char *const contents[] = {"t,x,y,p\n100,3,4,ON\n250,5,6,OFF\n",
                                           "100 3 4 on\n250 5 6 off\n",
                                           "100,3,4,TRUE\n250,5,6,FALSE\n",
                                           "100 3 4 +\n250 5 6 -\n",
                                           "100 3 4 +1\n250 5 6 -1\n",
                                           "3,4,Positive,100\n5,6,Negative,250\n",
                                           "\"100\",\"3\",\"4\",\"+\"\n'250','5','6','-'\n",
                                           "x;y;t;polarity\r\n3;4;100;Pos\r\n5;6;250;neg\r\n"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        decoded *d = decode(text(contents[i]), "text", 2, two);
        assert_int_equal(d->info.damaged, 0);
        free(d);
    }
    made_file *file = file_new("events.csv");
    put_text(file, "t,x,y,p\n1,2,3,dark\n2,3,3,bright\n");
    refuse(file, false, "is no text of events: its first lines are no rows of numbers");
}

static void names_of_columns(void **state) {
    (void)state;
    static const char *const contents[] = {
        "u,v,ts,sign\n3,4,100,1\n5,6,250,0\n",
        "Row Col Polarity Time_Stamp\n4 3 1 100\n6 5 0 250\n",
        "timestamp_us,x_pos,y_pos,pol\n100,3,4,1\n250,5,6,0\n",
        "TIMESTAMP [US]\tX-POS\tY-POS\tON\n100\t3\t4\t1\n250\t5\t6\t0\n",
        "time [us] x y p\n100 3 4 1\n250 5 6 0\n",
        "timestampUs,addr_x,addr_y,polarity\n100,3,4,1\n250,5,6,0\n",
        "Time (\xC2\xB5s);Column;Row;Pol\n100;3;4;1\n250;5;6;0\n",
        "value,event_x,event_y,event_t,event_p\n9,3,4,100,1\n9,5,6,250,0\n",
        "u,x,v,y,t,p\n9,3,9,4,100,1\n9,5,9,6,250,0\n", /* x and y go before u and v */
        ",t,x,y,p\n0,100,3,4,1\n1,250,5,6,0\n",
        "t,x[px],y[px],p\n100,3,4,1\n250,5,6,0\n",
        "t,x_position,y_position,p\n100,3,4,1\n250,5,6,0\n",
        "Time [us],X (px),Y (px),Polarity (0/1)\n100,3,4,1\n250,5,6,0\n",
        "sep=;\r\nt;x;y;p\r\n100;3;4;1\r\n250;5;6;0\r\n",
        "EventTime,PixelX,PixelY,Polarity\n100,3,4,1\n250,5,6,0\n",
        "tstamp,x_coords,y_coords,polarities\n100,3,4,1\n250,5,6,0\n",
        "t,what,x,y,p,label\n100,a dot,3,4,1,cat\n250,\"a, b\",5,6,0,dog\n", /* words that are passed over */
        "label t x y p\nwave_left 100 3 4 1\nclap 250 5 6 0\n",
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        decoded *d = decode(text(contents[i]), "text", 2, two);
        assert_string_equal(d->info.unit, "microseconds");
        assert_null(d->info.columns);
        free(d);
    }
    decoded *d = decode(text("t,x,v\n7,9,1\n"), "text", EVENTS({7, 9, 0, 1})); /* v alone is no row */
    assert_int_equal(d->info.unpolarized, 1);
    free(d);
    free(decode(text("timestamp,addr\n7,9\n"), "text", EVENTS({7, 9, 0, 1})));
    refuse(text("a,b,c,d\n1,2,3,1\n"), false, "is no event file"); /* no .csv: nothing says that it is one */
    made_file *file = file_new("events.csv");
    put_text(file, "a,b,c,d\n1,2,3,1\n");
    refuse(file, false, "names no columns of t and x, nor path, as a list of recordings does; write t x y p");
    file = file_new("events.csv");
    put_text(file, "1,2\n4,5\n7,8\n");
    refuse(file, false, "its rows have too few numbers");
    file = file_new("events.csv");
    put_text(file, "1,2,3\n4,5,6\n");
    refuse(file, false, "its columns are events in no order of t, x, y and p");
    file = file_new("events.csv");
    put_text(file, "1,2,3,4\n4,5,6,7\n");
    refuse(file, false, "its columns are events in no order of t, x, y and p");
}

static void units_in_names(void **state) {
    (void)state;
    static const struct {
        const char *name, *times[2], *unit;
    } names[] = {{"t_ms", {"0.1", "0.25"}, "milliseconds"},
                 {"time [s]", {"1e-4", "2.5e-4"}, "seconds"},
                 {"timestamp (ns)", {"100000", "250000"}, "nanoseconds"},
                 {"t[usec]", {"100", "250"}, "microseconds"},
                 {"time_in_ms", {"0.1", "0.25"}, "milliseconds"},
                 {"timestamp_nanoseconds", {"1e5", "2.5e5"}, "nanoseconds"},
                 {"TimestampNs", {"100000", "250000"}, "nanoseconds"},
                 {"ts.sec", {"0.0001", "0.00025"}, "seconds"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char content[128];
        snprintf(content, sizeof content, "%s,x,y,p\n%s,3,4,1\n%s,5,6,0\n", names[i].name, names[i].times[0],
                 names[i].times[1]);
        decoded *d = decode(text(content), "text", 2, two);
        assert_string_equal(d->info.unit, names[i].unit);
        assert_string_equal(d->info.unit_by, "by the column's name");
        free(d);
    }
}

static void decimal_commas(void **state) {
    (void)state;
    static const char *const contents[] = {"t [s];x;y;p\r\n0,0001;3;4;1\r\n0,00025;5;6;0\r\n",
                                           "0,0001;3;4;1\n0,00025;5;6;0\n", "0,0001\t3\t4\t1\n0,00025\t5\t6\t0\n",
                                           "t_ms;x;y;p\n0,1;3,0;4;1\n0,25;5;6;0\n", "0,0001 3 4 1\n0,00025 5 6 0\n"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        decoded *d = decode(text(contents[i]), "text", 2, two);
        assert_int_equal(d->info.damaged, 0);
        free(d);
    }
    made_file *file = text("t_ms;x;y;p\n"); /* the first one comes late */
    vdib_event all[1101];
    for (size_t i = 0; i < 1100; i++) {
        put_text(file, "7;1;2;1\n");
        all[i] = (vdib_event){7000, 1, 2, 1};
    }
    put_text(file, "8,5;1;2;1\n");
    all[1100] = (vdib_event){8500, 1, 2, 1};
    free(decode(file, "text", 1101, all));
}

/* Tables, lists and carriage returns: what stands around the numbers says nothing. */
static void tables_and_brackets(void **state) {
    (void)state;
    static const char *const contents[] = {
        "100|3|4|1\n250|5|6|0\n",
        " t | x | y | p \n---+---+---+---\n 100 | 3 | 4 | 1\n 250 | 5 | 6 | 0\n",
        "| t | x | y | p |\n|---|:-:|--:|---|\n| 100 | 3 | 4 | 1 |\n| 250 | 5 | 6 | 0 |\n",
        "|   | t | x | y | p |\n|--:|---|---|---|---|\n| 0 | 100 | 3 | 4 | 1 |\n| 1 | 250 | 5 | 6 | 0 |\n",
        "t_ms|x|y|p\n0,1|3|4|1\n0,25|5|6|0\n",
        "[3, 4, 100, 1]\n[5, 6, 250, 0]\n",
        "(100, 3, 4, 1),\n(250, 5, 6, 0),\n",
        "{100, 3, 4, 1},\n{250, 5, 6, 0}\n",
        "[\n[100, 3, 4, 1],\n[250, 5, 6, 0]\n]\n",
        "[[100   3   4   1]\n [250   5   6   0]]\n",
        "t,x,y,p\r100,3,4,1\r250,5,6,0\r",
        "# a comment\r100 3 4 1\r250 5 6 0",
        "width: 9\nheight: 8\n100 3 4 1\n250 5 6 0\n",
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        decoded *d = decode(text(contents[i]), "text", 2, two);
        assert_int_equal(d->info.damaged, 0);
        free(d);
    }
    decoded *d = decode(text("t|x|y|p\n100|3|4|1\n250|5|6|0\n7|8|9|\n--\n"), "text", 2, two);
    assert_int_equal(d->info.damaged, 2); /* a row that is short, and dashes that are too few for a rule */
    free(d);
    d = decode(text("width: 9\nheight: 8\n100 3 4 1\n250 5 6 0\n"), "text", 2, two);
    assert_int_equal(d->info.width, 9);
    assert_int_equal(d->info.height, 8);
    free(d);
}

/* ROS writes a time as two numbers. */
static void seconds_and_nanoseconds(void **state) {
    (void)state;
    free(decode(text("secs,nsecs,x,y,p\n0,100000,3,4,1\n0,250000,5,6,0\n"), "text", 2, two));
    free(decode(text("ts.secs;ts.nsecs;x;y;p\n1600000000;100000;3;4;1\n1600000001;250499;5;6;0\n"), "text",
                EVENTS({1600000000000100, 3, 4, 1}, {1600000001000250, 5, 6, 0})));
    free(decode(text("t_s t_ns x y p\n1e-4 100000 3 4 1\n2.5e-4 250000 5 6 0\n"), "text", 2, two)); /* one time */
    made_file *file = text("sec,nanosec,x,y,p\n0,100000,3,4,1\n0,250000,5,6,0\n0,x,1,1,1\n");
    decoded *d = decode(file, "text", 2, two);
    assert_int_equal(d->info.damaged, 1);
    free(d);
}

static void boxes_are_no_events(void **state) {
    (void)state;
    made_file *file = file_new("boxes.csv");
    put_text(file, "ts,x,y,w,h,class_id\n100,3,4,10,20,1\n250,5,6,10,20,0\n");
    refuse(file, false, "is no text of events: its columns are boxes around objects (w and h)");
    static const char header[] =
        "\x93NUMPY\1\0\xB6\0{'descr': [('t', '<i8'), ('x', '<f4'), ('y', '<f4'), ('w', '<f4'), ('h', '<f4')], "
        "'fortran_order': False, 'shape': (2,), }";
    file = file_new("moorea_bbox.npy");
    put(file, header, sizeof header - 1);
    while (file->size < 191)
        put_text(file, " ");
    put_text(file, "\n");
    put(file, (uint8_t[48]){0}, 48);
    refuse(file, false, "holds boxes around objects (columns w and h), no events; give the file of the recording");
}

static void headings(void **state) {
    (void)state;
    static const char *const contents[] = {
        "# recorded where x and t were\n100 3 4 1\n250 5 6 0\n", /* prose */
        "width height\n346 260\n100 3 4 1\n250 5 6 0\n", "%geometry:346,260\n3,4,1,100\n5,6,0,250\n",
        "# width: 346, height: 260\n100 3 4 1\n250 5 6 0\n", "# geometry 346x260\n# t x y p\n\n100 3 4 1\n250 5 6 0\n"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        decoded *d = decode(text(contents[i]), "text", 2, two);
        assert_int_equal(d->info.width, i == 0 ? 6 : 346);
        assert_int_equal(d->info.height, i == 0 ? 7 : 260);
        free(d);
    }
}

enum { ROWS = 12 };

/* Twelve events as rows whose columns stand as `order` says; n is the row's number. */
static made_file *rows_in(const char *order, vdib_event all[ROWS]) {
    made_file *file = text("");
    for (unsigned i = 0; i < ROWS; i++) {
        all[i] = (vdib_event){1000 + 37 * i, (uint16_t)(5 + i * 7 % 11), (uint16_t)(9 + i * 5 % 7), i / 2 % 2};
        for (const char *at = order; *at != '\0'; at++) {
            char number[32];
            snprintf(number, sizeof number, "%lld%c",
                     *at == 'n'   ? (long long)i
                     : *at == 't' ? (long long)all[i].t
                     : *at == 'x' ? (long long)all[i].x
                     : *at == 'y' ? (long long)all[i].y
                                  : (long long)all[i].polarity,
                     at[1] == '\0' ? '\n' : ',');
            put_text(file, number);
        }
    }
    return file;
}

static void orders_are_said(void **state) {
    (void)state;
    static const struct {
        const char *order, *said;
    } orders[] = {{"txyp", "t x y p"}, {"xypt", "x y p t"}, {"xytp", "x y t p"},         {"tpxy", "t p x y"},
                  {"ptxy", "p t x y"}, {"pxyt", "p x y t"}, {"ntxyp", "number t x y p"}, {"nxytp", "number x y t p"}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        vdib_event all[ROWS];
        made_file *file = rows_in(orders[i].order, all);
        decoded *d = decode(file, "text", ROWS, all);
        assert_string_equal(d->info.columns, orders[i].said);
        assert_false(d->info.ambiguous);
        free(d);
    }
    decoded *d = decode(text("1,2,1,0\n2,2,1,1\n"), "text", EVENTS({1, 2, 1, 0}, {2, 2, 1, 1}));
    assert_string_equal(d->info.columns, "t x y p");
    assert_true(d->info.ambiguous); /* x y p t is no worse */
    free(d);
}

enum { FIVE = 5 };

/* Row i of a recording: t, x, y, p and i; x goes back where `back`. */
static void row_of(size_t i, bool back, int64_t row[FIVE], vdib_event *event) {
    *event = (vdib_event){(int64_t)(1000 + 70 * i), (uint16_t)(back ? 40 - i : i), (uint16_t)(i * 7 % 5), i % 3 == 1};
    const int64_t all[FIVE] = {event->t, event->x, event->y, event->polarity, (int64_t)i + 3};
    memcpy(row, all, sizeof all);
}

/* Rows of the columns that `order` names ("x y t"; n: the row's number, 0 and l: columns that are none), as text, as an
 * array of rows and as an array of columns. */
static made_file *rows_of(const char *order, bool back, int kind, vdib_event events[ROWS]) {
    static const char letters[] = "txypn";
    const size_t wide = strlen(order);
    int64_t row[FIVE];
    char said[96];
    made_file *file = file_new("events");
    if (kind > 0) {
        snprintf(said, sizeof said, "{'descr': '<i4', 'fortran_order': %s, 'shape': (%d, %zu)}\n",
                 kind == 2 ? "True" : "False", ROWS, wide);
        put_hex(file, "93 4E 55 4D 50 59 01 00");
        put_little(file, strlen(said), 2);
        put_text(file, said);
    }
    for (size_t k = 0; k < ROWS * wide; k++) {
        size_t i = kind == 2 ? k % ROWS : k / wide, column = kind == 2 ? k / ROWS : k % wide;
        row_of(i, back, row, &events[i]);
        const char *at = strchr(letters, order[column]);
        int64_t value = at != NULL ? row[at - letters] : order[column] == 'l' ? (int64_t)i % 4 : 0;
        snprintf(said, sizeof said, "%lld%c", (long long)value, column + 1 < wide ? ' ' : '\n');
        if (kind == 0)
            put_text(file, said);
        else
            put_little(file, (uint64_t)value, 4);
    }
    return file;
}

/* Of three columns one is missing, of five one is passed over. */
static void three_and_five_columns(void **state) {
    (void)state;
    static const struct {
        const char *order, *said;
        bool ambiguous;
    } cases[] = {{"txy", "t x y", false},
                 {"xyt", "x y t", false},
                 {"xpt", "x p t", true},
                 {"txp", "t x p", true}, /* as before: p is two rows of t x y as well */
                 {"xtp", "x t p", false},
                 {"txypl", "t x y p", false},
                 {"xypt0", "x y p t", false},
                 {"xytpl", "x y t p", false},
                 {"ntxyp", "number t x y p", false},
                 {"nxypt", "number x y p t", true}, /* t x y p as well */
                 {"0xytp", "number x y t p", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int kind = 0; kind < 3; kind++) {
            vdib_event events[ROWS];
            made_file *file = rows_of(cases[i].order, true, kind, events);
            const bool polar = strchr(cases[i].order, 'p') != NULL, rows = strchr(cases[i].order, 'y') != NULL;
            for (size_t e = 0; e < ROWS; e++) {
                events[e].polarity = polar ? events[e].polarity : 1;
                events[e].y = rows ? events[e].y : 0;
            }
            decoded *d = decode(file, kind > 0 ? "npy" : "text", ROWS, events);
            assert_string_equal(d->info.columns, cases[i].said);
            assert_int_equal(d->info.ambiguous, cases[i].ambiguous);
            assert_int_equal(d->info.unpolarized, polar ? 0 : ROWS);
            free(d);
        }
}

/* Where x grows as time does, or rows are few, nothing says which it is. */
static void three_columns_that_may_be_either(void **state) {
    (void)state;
    for (int kind = 1; kind < 3; kind++) {
        vdib_event events[ROWS];
        refuse(rows_of("xyt", false, kind, events), false,
               "what its 3 columns are does not show in their numbers; save");
    }
    made_file *file = file_new("events.txt"); /* a row of more numbers among others does not make it four columns */
    for (int i = 0; i < 20; i++) {
        char line[32];
        snprintf(line, sizeof line, i == 6 ? "%d %d 3 1 1\n" : "%d %d 3\n", 100 * i, (7 * i) % 11);
        put_text(file, line);
    }
    decoded *d = malloc(sizeof *d);
    decode_by(file, 64, d);
    assert_string_equal(d->info.columns, "t x y");
    assert_true(d->count == 20 && d->events[7].t == 700 && d->events[7].x == 5 && d->events[7].y == 3);
    free(d);
    free(file);
    file = file_new("events.txt");
    put_text(file, "1 5 3\n2 4 1\n3 2 4\n");
    refuse(file, false, "its columns are events in no order of t, x, y and p");
}

static void polarities_are_said(void **state) {
    (void)state;
    decoded *d = decode(text("t,x,y,p\n100,3,4,2\n250,5,6,1\n"), "text", 2, two);
    assert_string_equal(d->info.polarities, "1 and 2: 1 is OFF, 2 is ON");
    free(d);
    d = decode(text("t,x,y,p\n100,3,4,1\n250,5,6,-1\n"), "text", 2, two);
    assert_string_equal(d->info.polarities, "-1 and 1: -1 is OFF, 1 is ON");
    free(d);
    d = decode(text("t,x,y,p\n100,3,4,1\n250,5,6,0\n"), "text", 2, two);
    assert_null(d->info.polarities);
    assert_int_equal(d->info.unpolarized, 0);
    free(d);
    d = decode(text("t,x,y\n100,3,4\n250,5,6\n"), "text", EVENTS({100, 3, 4, 1}, {250, 5, 6, 1}));
    assert_string_equal(d->info.polarities, "none: all events are ON");
    assert_int_equal(d->info.unpolarized, 2);
    free(d);
    made_file *file = text(""); /* without names they show in several rows */
    vdib_event all[ROWS];
    for (unsigned i = 0; i < ROWS; i++) {
        char line[48];
        all[i] = (vdib_event){1000 + i, (uint16_t)(7 + i % 3), 9, i % 2};
        snprintf(line, sizeof line, "%u %u 9 %u\n", 1000 + i, 7 + i % 3, 1 + i % 2);
        put_text(file, line);
    }
    d = decode(file, "text", ROWS, all);
    assert_string_equal(d->info.polarities, "1 and 2: 1 is OFF, 2 is ON");
    free(d);
    d = decode(text("t,x,y,p\n1,2,3,2\n2,2,3,1\n3,2,3,0\n4,2,3,1\n5,2,3,2\n"), "text", /* neither 0 and 1 nor 1 and 2 */
               EVENTS({2, 2, 3, 1}, {3, 2, 3, 0}, {4, 2, 3, 1}));
    assert_int_equal(d->info.damaged, 2);
    free(d);
}

static void fractions_of_pixels_are_rounded_and_counted(void **state) {
    (void)state;
    decoded *d = decode(text("t,x,y,p\n1,2.5,3,1\n2,3.25,4.75,0\n3,7,8,0\n"), "text",
                        EVENTS({1, 3, 3, 1}, {2, 3, 5, 0}, {3, 7, 8, 0}));
    assert_int_equal(d->info.rounded, 2);
    assert_int_equal(d->info.damaged, 0);
    free(d);
    d = decode(text("t,x,y,p\n1,-0.3,3.1,1\n2,-3.25,4.75,0\n3,65535.2,8,0\n4,65536.2,8.5,1\n"), "text",
               EVENTS({1, 0, 3, 1}, {3, 65535, 8, 0}));
    assert_int_equal(d->info.rounded, 2);
    assert_int_equal(d->info.damaged, 2);
    free(d);
    d = decode(text("t,x,y,p\n1,2,3,1\n2,3.5,4,0\n3,7,8,0\n"), "text", EVENTS({1, 2, 3, 1}, {3, 7, 8, 0}));
    assert_int_equal(d->info.rounded, 0); /* one among whole ones is damage */
    assert_int_equal(d->info.damaged, 1);
    free(d);
}

/* ---- units of times ---- */

/* Forty events a given interval apart, in text with `places` digits behind the point. */
static decoded *times_in_text(double first, double interval, int places) {
    made_file *file = text("t,x,y,p\n");
    decoded *d = malloc(sizeof *d);
    assert_non_null(d);
    for (int i = 0; i < 40; i++) {
        char line[96];
        snprintf(line, sizeof line, "%.*f,1,2,%d\n", places, first + interval * i, i % 2);
        put_text(file, line);
    }
    decode_by(file, 64, d);
    free(file);
    return d;
}

static void units_by_numbers(void **state) {
    (void)state;
    static const struct {
        double first, interval;
        int places;
        const char *unit;
        int64_t second; /* time of the second event */
    } cases[] = {
        {0, 150, 0, "microseconds", 150},
        {1.6e18, 150000, 0, "nanoseconds", INT64_C(1600000000000150)},
        {1.6e15, 150, 0, "microseconds", INT64_C(1600000000000150)},
        {0.5, 0.000150, 6, "seconds", 500150},
        {0.5, 0.15, 6, "milliseconds", 650},  /* as seconds, seven events in one */
        {0.5, 150.5, 1, "microseconds", 151}, /* fractions of microseconds */
        {0.5, 0.001, 3, "seconds", 501000},   /* a thousand events a second */
        {1600000000.5, 0.0001, 4, "seconds", INT64_C(1600000000500100)},
        {1600000000000.5, 0.15, 3, "milliseconds", INT64_C(1600000000000650)},
        {1600000000000000.5, 150, 1, "microseconds", INT64_C(1600000000000151)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        decoded *d = times_in_text(cases[i].first, cases[i].interval, cases[i].places);
        assert_string_equal(d->info.unit, cases[i].unit);
        assert_string_equal(d->info.unit_by, "by the numbers");
        assert_int_equal(d->events[1].t, cases[i].second);
        free(d);
    }
}

/* Few rows do not say how often events come: the size of the numbers does. */
static void units_of_few_rows(void **state) {
    (void)state;
    decoded *d = decode(text("1600000000000.5 3 4 1\n"), "text", EVENTS({INT64_C(1600000000000500), 3, 4, 1}));
    assert_string_equal(d->info.unit, "milliseconds");
    free(d);
}

/* Arrays whose polarities are 1 and 2. */
static void polarities_of_arrays(void **state) {
    static const char header[] =
        "{'descr': [('t', '<i4'), ('x', '<i2'), ('y', '<i2'), ('p', '|i1')], 'fortran_order': False, 'shape': (2,)}";
    made_file *file = file_new("events");
    (void)state;
    put_hex(file, "93 4E 55 4D 50 59 01 00");
    put_little(file, sizeof header - 1, 2);
    put_text(file, header);
    for (unsigned i = 0; i < 2; i++) {
        put_little(file, (unsigned)two[i].t, 4);
        put_little(file, two[i].x, 2);
        put_little(file, two[i].y, 2);
        put_little(file, 1U + two[i].polarity, 1);
    }
    decoded *d = decode(file, "npy", 2, two);
    assert_string_equal(d->info.polarities, "1 and 2: 1 is OFF, 2 is ON");
    free(d);
}

/* Arrays of single precision: 300 ms as N-MNIST has them, in milliseconds and in seconds. */
static void units_of_single_precision(void **state) {
    (void)state;
    for (int seconds = 0; seconds < 2; seconds++) {
        made_file *file = file_new("events");
        static const char header[] =
            "{'descr': [('t', '<f4'), ('x', '<i2'), ('y', '<i2'), ('p', '|i1')], 'fortran_order': False, "
            "'shape': (100,)}";
        decoded d;
        put_hex(file, "93 4E 55 4D 50 59 01 00");
        put_little(file, sizeof header - 1, 2);
        put_text(file, header);
        for (int i = 0; i < 100; i++) {
            float time = (float)((217 + 2931 * i) / (seconds ? 1e6 : 1e3));
            put(file, &time, sizeof time);
            put_little(file, 3, 2);
            put_little(file, 4, 2);
            put_little(file, (unsigned)i % 2, 1);
        }
        decode_by(file, 64, &d);
        assert_string_equal(d.info.unit, seconds ? "seconds" : "milliseconds");
        for (int i = 0; i < 100; i++)
            assert_int_equal(d.events[i].t, 217 + 2931 * i);
        free(file);
    }
}

static void units_that_are_doubtful(void **state) {
    (void)state;
    made_file *file = text("t,x,y,p\n"); /* whole milliseconds */
    decoded d;
    for (int i = 0; i < 1200; i++) {
        char line[48];
        snprintf(line, sizeof line, "%d,1,2,%d\n", i / 4, i % 2);
        put_text(file, line);
    }
    decode_by(file, 64, &d);
    assert_string_equal(d.info.unit, "microseconds");
    assert_string_equal(d.info.unit_doubt, "all events would come within a millisecond");
    free(file);
    decoded *sound = times_in_text(0, 150, 0);
    assert_null(sound->info.unit_doubt);
    free(sound);
}

/* ---- units that are asked for ---- */

/* Nanoseconds of a clock of microseconds: nothing says so, but that all are multiples of 1000. */
static void multiples_of_1000_are_doubtful(void **state) {
    enum { COUNT = 40 };
    (void)state;
    for (int kind = 0; kind < 4; kind++) { /* so; steps of 1 ms that events share; one that is no multiple; few */
        made_file *file = text(kind == 3 ? "t,x,y,p\n9000,1,2,0\n" : "t,x,y,p\n");
        vdib_event all[COUNT] = {{9000, 1, 2, 0}};
        size_t count = kind == 3 ? 9 : COUNT;
        for (size_t i = kind == 3; i < count; i++) {
            char line[48];
            all[i] = (vdib_event){9000 + 7000 * (int64_t)(kind == 1 ? i / 3 : i), (uint16_t)i, 2, i % 2};
            all[i].t += kind == 2 && i == 5;
            snprintf(line, sizeof line, "%lld,%zu,2,%zu\n", (long long)all[i].t, i, i % 2);
            put_text(file, line);
        }
        decoded *d = decode(file, "text", count, all);
        assert_string_equal(d->info.unit, "microseconds");
        if (kind == 0)
            assert_string_equal(d->info.unit_doubt,
                                "all of the first times are multiples of 1000, as those of nanoseconds are");
        else
            assert_null(d->info.unit_doubt);
        free(d);
    }
}

static void units_asked_for(void **state) {
    (void)state;
    char path[] = "/tmp/vdib-dialects-XXXXXX";
    int descriptor = mkstemp(path);
    static const char content[] = "t,x,y,p\n100,3,4,1\n250,5,6,0\n", header[] = "% Version 2\n";
    vdib_packets_options options = {.size = sizeof options, .unit = "ms"};
    vdib_packets *packets = NULL;
    vdib_event event;
    size_t count = 0;
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, content, sizeof content - 1), sizeof content - 1);
    assert_ok(vdib_packets_open(path, &options, &packets));
    assert_ok(vdib_packets_read(packets, &event, 1, &count));
    assert_int_equal(event.t, 100000);
    vdib_events_info info = {.size = sizeof info};
    assert_ok(vdib_packets_describe(packets, &info));
    assert_string_equal(info.unit, "milliseconds");
    assert_string_equal(info.unit_by, "as asked for");
    vdib_packets_close(packets);
    vdib_events *events = NULL;
    assert_ok(vdib_events_open_unit(path, "s", &events));
    assert_ok(vdib_events_read(events, &event, 1, &count));
    assert_int_equal(event.t, 100000000);
    vdib_events_close(events);
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_events_open_unit(path, "fortnights", &events),
                 "is no unit of times: s, ms, us or ns");
    options.unit = "fortnights";
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_packets_open(path, &options, &packets),
                 "is no unit of times: s, ms, us or ns");
    assert_int_equal(ftruncate(descriptor, 0), 0);
    assert_int_equal(pwrite(descriptor, header, sizeof header - 1, 0), sizeof header - 1);
    options.unit = "ms";
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_packets_open(path, &options, &packets),
                 "is of format dat, which says the unit of its times");
    close(descriptor);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_for_polarities),
        cmocka_unit_test(names_of_columns),
        cmocka_unit_test(units_in_names),
        cmocka_unit_test(decimal_commas),
        cmocka_unit_test(tables_and_brackets),
        cmocka_unit_test(seconds_and_nanoseconds),
        cmocka_unit_test(boxes_are_no_events),
        cmocka_unit_test(headings),
        cmocka_unit_test(orders_are_said),
        cmocka_unit_test(three_and_five_columns),
        cmocka_unit_test(three_columns_that_may_be_either),
        cmocka_unit_test(polarities_are_said),
        cmocka_unit_test(fractions_of_pixels_are_rounded_and_counted),
        cmocka_unit_test(units_by_numbers),
        cmocka_unit_test(units_of_few_rows),
        cmocka_unit_test(polarities_of_arrays),
        cmocka_unit_test(units_of_single_precision),
        cmocka_unit_test(units_that_are_doubtful),
        cmocka_unit_test(multiples_of_1000_are_doubtful),
        cmocka_unit_test(units_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
