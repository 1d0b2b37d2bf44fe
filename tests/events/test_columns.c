/* SPDX-License-Identifier: MIT */
/* Events as rows of numbers: text and NumPy arrays, their columns and units. */
#include "events/decode.h"

#include <math.h>

#include "events/columns.h"

static made_file *text(const char *content) {
    made_file *file = file_new("events");
    put_text(file, content);
    return file;
}

/* ---- text ---- */

static void orders_of_text(void **state) {
    (void)state;
    static const char *const contents[] = {
        "100,3,4,1\n250,5,6,0\n",
        "3,4,1,100\n5,6,0,250\n",
        "3 4 100 1\n5 6 250 0",
        "100;3;4;1\r\n250;5;6;-1\r\n",
        "# comment\n% another\n// and one\n\n 100\t3 ,4 ,\t1\n250,5,6,0,\n",
        "0.000100 3 4 1\n0.00025 5 6 0\n",
        "1e-4 3 4.0 1.0\n+2.5E-04 5 6 0\n",
        "y,x,on,t\n4,3,1,100\n6,5,0,250\n",
        "timestamp_ms, polarity, \"x\", 'Y'\n0.1,True,3,4\n.25,False,5,6\n",
        "# t[ns] x y p\n100000 3 4 1\n250000 5 6 0\n",
        "t_s,x,y,p,frame\n1e-4,3,4,1,9\n2.5e-4,5,6,0,9\n",
        "\"Timestamp [us]\",\"X\",\"Y\",\"Polarity\"\n100,3,4,1\n250,5,6,0\n",
        "\xEF\xBB\xBFx; y; time (ms); p\r\n3;4;0.1;1\r\n5;6;0.25;0\r\n",
        "t [\xC2\xB5s],x,y,p\n100,3,4,1\n250,5,6,0\n", /* the sign of micro, also as Windows has it */
        "t (\xB5s),x,y,p\n100,3,4,1\n250,5,6,0\n",
        "field.x,field.y,field.ts,field.polarity\n3,4,100,True\n5,6,250,False\n", /* rostopic echo -p */
    };
    static const char *const units[] = {"microseconds", "microseconds", "microseconds", "microseconds",
                                        "microseconds", "seconds",      "seconds",      "microseconds",
                                        "milliseconds", "nanoseconds",  "seconds",      "microseconds",
                                        "milliseconds", "microseconds", "microseconds", "microseconds"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        decoded *d = decode(text(contents[i]), "text", EVENTS({100, 3, 4, 1}, {250, 5, 6, 0}));
        assert_string_equal(d->info.unit, units[i]);
        assert_int_equal(d->info.damaged, 0);
        free(d);
    }
}

/* Nothing but losses is no recording: the first row says why. */
static void text_without_an_event_is_refused(void **state) {
    (void)state;
    refuse(text("t,x,y,p\n1,-2,3,1\n2,70000,3,0\n"), false, "x and y are to be whole numbers from 0 to 65535");
    refuse(text("t,x,y,p\n1,2,3,7\n2,3,3,7\n"), false, "polarities are to be 0 and 1, -1 and 1");
    decoded *d = decode(text("t,x,y,p\n1,2,3,0\n2,3,3,2\n"), "text", EVENTS({1, 2, 3, 0})); /* one is damaged */
    assert_int_equal(d->info.damaged, 1);
    free(d);
}

static void sensors_of_text(void **state) {
    (void)state;
    decoded *d = decode(text("640 480\n0.5 3 4 1\n0.75 640 4 1\n"), "text", EVENTS({500000, 3, 4, 1}));
    assert_int_equal(d->info.width, 640);
    assert_int_equal(d->info.height, 480);
    assert_int_equal(d->info.outside, 1);
    free(d);
    d = decode(text("t,x@30,y@20,on\n5,29,19,1\n"), "text", EVENTS({5, 29, 19, 1}));
    assert_int_equal(d->info.width, 30);
    assert_int_equal(d->info.height, 20);
    free(d);
    free(decode(text("t,x,y,p\n"), "text", NO_EVENTS));
    free(decode(text("t,x\n7,9\n"), "text", EVENTS({7, 9, 0, 1})));
    free(decode(text("t,x,weight\n7,9,2\n"), "text", EVENTS({7, 9, 0, 1})));
}

/* Times may go back or stand still; what is a time then shows in what it is not. */
static void columns_that_could_be_either(void **state) {
    (void)state;
    free(decode(text("10,1,2,1\n9,1,2,1\n"), "text", EVENTS({10, 1, 2, 1}, {9, 1, 2, 1})));
    free(decode(text("0,0,0,1\n0,1,0,1\n0,2,0,1\n"), "text", EVENTS({0, 0, 0, 1}, {0, 1, 0, 1}, {0, 2, 0, 1})));
    made_file *file = text("10,1,2,1\n9,3,4,0\n"); /* one is late, and y grows */
    vdib_event all[20] = {{10, 1, 2, 1}, {9, 3, 4, 0}};
    for (uint16_t i = 2; i < 20; i++) {
        char line[32];
        snprintf(line, sizeof line, "%d,7,8,1\n", 10 + i);
        put_text(file, line);
        all[i] = (vdib_event){10 + i, 7, 8, 1};
    }
    free(decode(file, "text", 20, all));
    free(decode(text("1,0,0,7\n1,0,1,8\n"), "text", EVENTS({7, 1, 0, 0}, {8, 1, 0, 1})));
}

/* A fifth number makes rows of more than three, a fourth that is missing notwithstanding. */
static void rows_have_three_columns_if_nothing_is_behind(void **state) {
    enum { COUNT = 20, WIDE = 5 };
    double rows[COUNT * WIDE];
    (void)state;
    for (size_t fifth = 0; fifth < 2; fifth++) {
        vdib__columns columns = vdib__columns_none;
        for (size_t i = 0; i < COUNT; i++) {
            const double row[WIDE] = {100.0 * (double)i, (double)(7 * i % 11), 3, (double)NAN,
                                      fifth == 1 ? 1 : (double)NAN};
            memcpy(rows + i * WIDE, row, sizeof row);
        }
        assert_int_equal(vdib__columns_guess(rows, COUNT, WIDE, &columns), fifth == 0);
    }
}

static void times_of_text(void **state) {
    (void)state;
    free(decode(text("1468939993067416123 3 4 1\n"), "text", EVENTS({1468939993067416, 3, 4, 1})));
    free(decode(text("1468939993.0674165 3 4 1\n"), "text", EVENTS({1468939993067417, 3, 4, 1})));
    free(decode(text("9.137428499999999758e+02 553 468 0\n"), "text", EVENTS({913742850, 553, 468, 0})));
    free(decode(text("-0.5 3 4 1\n-0.0000005 3 4 1\n"), "text", EVENTS({-500000, 3, 4, 1}, {-1, 3, 4, 1})));
    free(decode(text("0.0000004 3 4 1\n"), "text", EVENTS({0, 3, 4, 1})));
}

static void lines_that_are_no_events(void **state) {
    (void)state;
    enum { GOOD = 300 };
    static const char content[] = "10,1,2,1\n11,1,2\n12,1,2,5\n13,-1,2,1\n14,65536,2,1\n15,1.5,2,1\n16,1,x,1\n"
                                  "1e30,1,2,1\n99999999999999999999,1,2,1\n17,1,2,1\n";
    made_file *file = file_new("events");
    vdib_event all[GOOD + 2];
    for (size_t i = 0; i < GOOD; i++) {
        put_text(file, "9,1,2,1\n");
        all[i] = (vdib_event){9, 1, 2, 1};
    }
    put_text(file, content);
    for (size_t i = 0; i < 3000; i++) /* a line without an end */
        put_text(file, "1");
    all[GOOD] = (vdib_event){10, 1, 2, 1};
    all[GOOD + 1] = (vdib_event){17, 1, 2, 1};
    refuse(again(file), true, "byte 2409: a line that is no event");
    decoded *d = decode(file, "text", GOOD + 2, all);
    assert_int_equal(d->info.damaged, 8 + 3);
    free(d);
}

/* A number as programs write them, and as they seldom do. */
static void put_number(made_file *file, bool is_time) {
    static const char *const odd[] = {"1e3",
                                      "1.5E1",
                                      "True",
                                      "false",
                                      "+1",
                                      "-1",
                                      "-0",
                                      "1.0",
                                      "0.0",
                                      ".5",
                                      "1.",
                                      "x",
                                      "",
                                      "123456789012345678",
                                      "1234567890123456789",
                                      "0000000000000000000001",
                                      "65535",
                                      "65536",
                                      "-0.0000005",
                                      "1468939993.0674165",
                                      "0.00000049",
                                      "12.3456789012345",
                                      "-"};
    char number[64];
    unsigned kind = rand() % 8;
    if (kind == 0)
        put_text(file, odd[(unsigned)rand() % (sizeof odd / sizeof *odd)]);
    else if (is_time)
        snprintf(number, sizeof number,
                 kind < 4   ? "%d.%06d"
                 : kind < 6 ? "%d.%09d"
                            : "%d",
                 rand() % 5000, rand() % 1000000);
    else
        snprintf(number, sizeof number, "%d", kind < 5 ? rand() % 2 : rand() % 700);
    if (kind != 0)
        put_text(file, number);
}

/* Lines that are read as most are give what they give read digit by digit, as a plus before them asks for. */
static void lines_as_most_are_are_no_others(void **state) {
    static const char *const between[] = {",", " ", ";", "\t", ", ", " , ", ",,"}, *const ends[] = {"\n", "\r\n", ",\n",
                                                                                                    " 7\n"};
    (void)state;
    srand((unsigned)support_seed(1));
    for (int round = 0; round < 300; round++) {
        static decoded plain, slow;
        made_file *a = text("t_s,x,y,p\n1,2,3,1\n"), *b = text("t_s,x,y,p\n1,2,3,1\n");
        for (int line = 0; line < 40; line++) {
            made_file *one = file_new("line");
            size_t separator = (unsigned)rand() % 9;
            for (int column = 0; column < 4; column++) {
                put_number(one, column == 0);
                put_text(one, column < 3 ? between[separator < 7 ? separator : 0] : ends[rand() % 4]);
            }
            put(a, one->bytes, one->size);
            if (one->bytes[0] >= '0' && one->bytes[0] <= '9')
                put_text(b, "+");
            put(b, one->bytes, one->size);
            free(one);
        }
        decode_by(a, 64, &plain);
        decode_by(b, 64, &slow);
        assert_int_equal(plain.count, slow.count);
        assert_int_equal(plain.info.damaged, slow.info.damaged);
        for (size_t i = 0; i < plain.count; i++)
            assert_true(plain.events[i].t == slow.events[i].t && plain.events[i].x == slow.events[i].x &&
                        plain.events[i].y == slow.events[i].y && plain.events[i].polarity == slow.events[i].polarity);
        free(a);
        free(b);
    }
}

static void other_text_is_no_recording(void **state) {
    (void)state;
    static const char *const contents[] = {"class,startTime_usec,endTime_usec\n1,80048239,85092709\n",
                                           "hello\nworld\n",
                                           "1,2,3\n4,5,6\n",
                                           "1 2\n",
                                           "0.1,0.2,0.3,0.4\n",
                                           "1,2,3,4\n5,6,7,8\n",
                                           "\n",
                                           "#\n",
                                           "-\n",
                                           ".,.,.,.\n",
                                           ",,,yxtp\n",
                                           "t,y\n1,2\n"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++)
        refuse(text(contents[i]), false, "is no event file by its name or content");
    refuse(text(""), false, "is empty (0 bytes); record, export or fetch it again");
    made_file *file = text("1,2,3,1\n");
    put_little(file, 0, 1);
    put_text(file, "\n");
    refuse(file, false, "is no event file");
}

/* ---- numbers ---- */

static void decimal_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int power;
        int64_t value;
        bool good, exact;
    } numbers[] = {{"0", 0, 0, true, true},
                   {"-7", 3, -7000, true, true},
                   {"1.5", 0, 2, true, false},
                   {"-1.5", 0, -2, true, false},
                   {"1.4", 0, 1, true, false},
                   {"2.50e1", 0, 25, true, true},
                   {"123456789012345678", 0, 123456789012345678, true, true},
                   {"1234567890123456789", 0, 1234567890123456780, true, true},
                   {"0.00000000000000000000000001", 6, 0, true, false},
                   {"0e300", 6, 0, true, true},
                   {"1e-300", 6, 0, true, false},
                   {"1e19", 0, 0, false, false},
                   {"4611686018427387903", 0, 4611686018427387900, true, true},
                   {"5000000000000000000", 0, 0, false, false}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *at = numbers[i].text;
        vdib__number number;
        int64_t value = 0;
        bool exact = false;
        assert_true(vdib__number_read(&at, at + strlen(at), &number));
        assert_true(*at == '\0');
        assert_int_equal(vdib__number_scale(&number, numbers[i].power, &value, &exact), numbers[i].good);
        if (!numbers[i].good)
            continue;
        assert_int_equal(value, numbers[i].value);
        assert_int_equal(exact, numbers[i].exact);
        assert_true(fabs(vdib__number_value(&number) - strtod(numbers[i].text, NULL)) <=
                    1e-15 * fabs(strtod(numbers[i].text, NULL)));
    }
    static const char *const none[] = {"", "-", ".", "e5", "1e", "1e+", "x", "Tru"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        const char *at = none[i];
        vdib__number number;
        assert_false(vdib__number_read(&at, at + strlen(at), &number));
    }
}

/* ---- NumPy ---- */

static made_file *npy(const char *literal) {
    made_file *file = file_new("events");
    put_hex(file, "93 4E 55 4D 50 59 01 00");
    put_little(file, strlen(literal), 2);
    put_text(file, literal);
    return file;
}

static void put_real(made_file *file, double value, size_t size) {
    float single = (float)value;
    uint32_t low;
    uint64_t wide;
    memcpy(&low, &single, sizeof low);
    memcpy(&wide, &value, sizeof wide);
    put_little(file, size == 4 ? low : wide, size);
}

static void records_with_names(void **state) {
    (void)state;
    made_file *file = npy("{'descr': [('x', '<u2'), ('', '|V2'), ('ts', '>i8'), ('pol', '|i1'), ('y', '|u1'), "
                          "('more', '<f4', (2, 3))], 'fortran_order': False, 'shape': (2,), }   \n");
    for (unsigned i = 0; i < 2; i++) {
        put_little(file, 300 + i, 2);
        put_little(file, 0xFFFF, 2);
        put_big(file, 100000 + i, 8);
        put_little(file, i == 0 ? 1 : 0xFF, 1);
        put_little(file, 200 + i, 1);
        for (size_t j = 0; j < 24; j++)
            put_little(file, 0x7F, 1);
    }
    decoded *d = decode(file, "npy", EVENTS({100000, 300, 200, 1}, {100001, 301, 201, 0}));
    assert_string_equal(d->info.unit, "microseconds");
    free(d);
    file = npy("{\"descr\": [('t_s', '<f8'), ('x', '<i4')], 'fortran_order': False, 'shape': (1L,)}");
    put_real(file, 0.25, 8);
    put_little(file, 17, 4);
    free(decode(file, "npy", EVENTS({250000, 17, 0, 1})));
}

/* 3 events as an array of two dimensions: (3, 4) or (4, 3), the first index slow or fast, of any order of columns. */
static void arrays_of_two_dimensions(void **state) {
    (void)state;
    static const uint32_t values[3][4] = {{5, 20, 30, 1}, {7, 21, 31, 0}, {9, 22, 32, 1}}; /* t x y p */
    static const size_t orders[][4] = {{0, 1, 2, 3}, {1, 2, 3, 0}, {1, 2, 0, 3}};
    for (size_t o = 0; o < 3; o++)
        for (int fortran = 0; fortran < 2; fortran++)
            for (int wide = 0; wide < 2; wide++) {
                char literal[128];
                snprintf(literal, sizeof literal, "{'descr': '<u4', 'fortran_order': %s, 'shape': %s}",
                         fortran ? "True" : "False", wide ? "(4, 3)" : "(3, 4)");
                made_file *file = npy(literal);
                for (size_t i = 0; i < 12; i++) {
                    bool rows = fortran == wide; /* an event after the other */
                    put_little(file, values[rows ? i / 4 : i % 3][orders[o][rows ? i % 4 : i / 3]], 4);
                }
                free(decode(file, "npy", EVENTS({5, 20, 30, 1}, {7, 21, 31, 0}, {9, 22, 32, 1})));
            }
}

static void units_of_arrays(void **state) {
    (void)state;
    static const struct {
        double scale;
        const char *unit;
    } units[] = {{1, "microseconds"}, {1e-3, "milliseconds"}, {1e-6, "seconds"}};
    for (size_t u = 0; u < 3; u++) {
        made_file *file = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 4)}");
        for (size_t i = 0; i < 2; i++) {
            put_real(file, (1234567.0 + (double)i) * units[u].scale, 8);
            put_real(file, 3, 8);
            put_real(file, 4, 8);
            put_real(file, 1, 8);
        }
        decoded *d = decode(file, "npy", EVENTS({1234567, 3, 4, 1}, {1234568, 3, 4, 1}));
        assert_string_equal(d->info.unit, units[u].unit);
        free(d);
    }
    made_file *file = npy("{'descr': [('t', '<i8'), ('x', '<f2'), ('y', '<f4'), ('p', '|b1')], "
                          "'fortran_order': False, 'shape': (1,)}");
    put_little(file, UINT64_C(1675956557906425123), 8);
    put_hex(file, "00 51"); /* 40 */
    put_real(file, 12, 4);
    put_little(file, 1, 1);
    decoded *d = decode(file, "npy", EVENTS({1675956557906425, 40, 12, 1}));
    assert_string_equal(d->info.unit, "nanoseconds");
    free(d);
}

/* NumPy's own types of times say their unit; what is no time is no event. */
static void types_of_times(void **state) {
    (void)state;
    static const struct {
        const char *type, *unit;
        uint64_t by;
    } types[] = {
        {"<m8[us]", "microseconds", 1000}, {"<m8[ns]", "nanoseconds", 1000000}, {"<M8[ms]", "milliseconds", 1}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char literal[128];
        snprintf(
            literal, sizeof literal,
            "{'descr': [('t', '%s'), ('x', '<u2'), ('y', '<u2'), ('p', '|b1')], 'fortran_order': False, 'shape': (3,)}",
            types[i].type);
        made_file *file = npy(literal);
        for (uint64_t row = 0; row < 3; row++) {
            put_little(file, row == 1 ? UINT64_C(1) << 63 : types[i].by * (row + 5), 8);
            put_little(file, row, 2);
            put_little(file, 4, 2);
            put_little(file, 1, 1);
        }
        decoded *d = decode(file, "npy", EVENTS({5000, 0, 4, 1}, {7000, 2, 4, 1}));
        assert_string_equal(d->info.unit, types[i].unit);
        assert_string_equal(d->info.unit_by, "by their type");
        assert_int_equal(d->info.damaged, 1);
        free(d);
    }
}

/* A single record, and records in a column. */
static void shapes_of_records(void **state) {
    (void)state;
    static const char *const shapes[] = {"()", "(1, 1)", "(2, 1)", "(1, 2)"};
    static const vdib_event both[] = {{5, 3, 0, 1}, {6, 4, 0, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char literal[96];
        snprintf(literal, sizeof literal,
                 "{'descr': [('t', '<i4'), ('x', '<u2')], 'fortran_order': False, 'shape': %s}", shapes[i]);
        made_file *file = npy(literal);
        const size_t count = i < 2 ? 1 : 2;
        for (size_t row = 0; row < count; row++) {
            put_little(file, (uint64_t)both[row].t, 4);
            put_little(file, both[row].x, 2);
        }
        free(decode(file, "npy", count, both));
    }
}

/* Halves are rounded away from 0, whatever the sign. */
static void times_of_arrays_are_rounded(void **state) {
    static const double times[] = {-2.5, -1.6, -0.4, 0.4, 2.5};
    (void)state;
    made_file *file = npy("{'descr': [('t_us', '<f8'), ('x', '<u2')], 'fortran_order': False, 'shape': (5,)}");
    for (size_t i = 0; i < 5; i++) {
        put_real(file, times[i], 8);
        put_little(file, i, 2);
    }
    free(decode(file, "npy", EVENTS({-3, 0, 0, 1}, {-2, 1, 0, 1}, {0, 2, 0, 1}, {0, 3, 0, 1}, {3, 4, 0, 1})));
}

static void arrays_with_damage(void **state) {
    (void)state;
    static const char header[] = "{'descr': [('t', '<f8'), ('x', '<i2'), ('y', '<i2'), ('p', '|i1')], "
                                 "'fortran_order': False, 'shape': (5,)}";
    made_file *file = npy(header);
    static const double times[] = {1, 2, 1e300, 4};
    for (unsigned i = 0; i < 4; i++) {
        put_real(file, times[i], 8);
        put_little(file, i == 1 ? 0xFFFF : 3, 2);
        put_little(file, 4, 2);
        put_little(file, i == 3 ? 0 : 1, 1);
    }
    char part[64];
    snprintf(part, sizeof part, "byte %zu: a row that is no event", 10 + strlen(header) + 13);
    refuse(again(file), true, part);
    decoded *d = decode(file, "npy", EVENTS({1, 3, 4, 1}, {4, 3, 4, 0}));
    assert_int_equal(d->info.damaged, 2);
    assert_int_equal(d->info.truncated, 1); /* one row is missing */
    free(d);
}

static void arrays_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *literal, *said;
    } bad[] = {
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2, 4)}", "save plain numbers, not objects"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "is an array, but none of events"},
        {"{'descr': [('t', '<i2'), ('x', '<i2')], 'fortran_order': False, 'shape': (2, 2)}", "is an array, but none"},
        {"{'descr': [('t', '<m8[D]'), ('x', '<i2')], 'fortran_order': False, 'shape': (1,)}", "column 0 of its events"},
        {"{'descr': [('t', '<m8'), ('x', '<i2')], 'fortran_order': False, 'shape': (1,)}", "column 0 of its events"},
        {"{'descr': '<f4', 'fortran_order': False}", "its header names no type"},
        {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 4)}", "its header names no type"},
        {"{'descr': [], 'fortran_order': False, 'shape': (2,)}", "its header names no type"},
        {"{'descr': [('x', [('y', '<i2')])], 'fortran_order': False, 'shape': (2,)}", "its header names no type"},
        {"{'descr': '<f99999999', 'fortran_order': False, 'shape': (2, 4)}", "its header names no type"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 4)}", "its header names no type"},
        {"", "its header names no type"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 6)}", "is an array, but none of events"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (8,)}", "is an array, but none of events"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (9, 4)}", "ends before its last row"},
        {"{'descr': '<U4', 'fortran_order': False, 'shape': (1, 4)}", "column 0 of its events holds no numbers"},
        {"{'descr': [('a', '<i2'), ('x', '<i2')], 'fortran_order': False, 'shape': (1,)}", "has no fields t and x"},
        {"{'descr': [('t', '<i2'), ('x', '|S2')], 'fortran_order': False, 'shape': (1,)}", "column 1 of its events"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        made_file *file = npy(bad[i].literal);
        put_little(file, 0, 8);
        put_little(file, 0, 8);
        refuse(file, false, bad[i].said);
    }
    made_file *file = npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 4)}");
    put_little(file, 1, 4);
    put_little(file, 2, 4);
    put_little(file, 3, 4);
    put_little(file, 4, 4); /* no polarity */
    refuse(file, false, "what its 4 columns are does not show in their numbers; save them under their names");
    file = file_new("events");
    put_hex(file, "93 4E 55 4D 50 59 01 00 FF");
    refuse(file, false, "byte 9: ends inside its header");
    file = file_new("events");
    put_hex(file, "93 4E 55 4D 50 59 03 00 FF FF FF 7F");
    refuse(file, false, "byte 8: has a header of 2147483647 bytes");
    file = npy("{'descr'");
    file->size -= 2;
    refuse(file, false, "byte 16: ends inside its header");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_of_text),
        cmocka_unit_test(text_without_an_event_is_refused),
        cmocka_unit_test(sensors_of_text),
        cmocka_unit_test(columns_that_could_be_either),
        cmocka_unit_test(rows_have_three_columns_if_nothing_is_behind),
        cmocka_unit_test(times_of_text),
        cmocka_unit_test(lines_that_are_no_events),
        cmocka_unit_test(lines_as_most_are_are_no_others),
        cmocka_unit_test(other_text_is_no_recording),
        cmocka_unit_test(decimal_numbers),
        cmocka_unit_test(records_with_names),
        cmocka_unit_test(arrays_of_two_dimensions),
        cmocka_unit_test(units_of_arrays),
        cmocka_unit_test(types_of_times),
        cmocka_unit_test(shapes_of_records),
        cmocka_unit_test(times_of_arrays_are_rounded),
        cmocka_unit_test(arrays_with_damage),
        cmocka_unit_test(arrays_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
