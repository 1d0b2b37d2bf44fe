/* SPDX-License-Identifier: MIT */
/* What the names of columns say: which they are, and in which unit times are. */
#include <string.h>

#include "events/columns.h"

enum { LONGEST = 48, MICRO = 6, MILLI = 3, NANO = -3, HALF = 4 /* rank of u and v */ };

const vdib__columns vdib__columns_none = {.t = -1, .x = -1, .y = -1, .p = -1, .nanos = -1, .xy = -1};

/* ---- units ---- */

typedef struct unit_row {
    const char *name, *words; /* the first word is the one that options take */
    int power;
} unit_row;
static const unit_row units[] = {
    {"seconds", "s sec secs second seconds", MICRO},
    {"milliseconds", "ms msec msecs millis milli millisecond milliseconds", MILLI},
    {"microseconds", "us usec usecs micros micro microsecond microseconds", 0},
    {"nanoseconds", "ns nsec nsecs nanosec nanosecs nanos nano nanosecond nanoseconds", NANO},
};

enum { UNITS = sizeof units / sizeof *units };

static bool is_one_of(const char *name, const char *words) {
    size_t length = strlen(name);
    for (const char *at = words; length > 0 && (at = strstr(at, name)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static const unit_row *unit_of(const char *word) {
    for (size_t i = 0; i < UNITS; i++)
        if (is_one_of(word, units[i].words))
            return &units[i];
    return NULL;
}

void vdib__columns_set_unit(vdib__columns *columns, int power, const char *by) {
    for (size_t i = 0; i < UNITS; i++)
        if (units[i].power == power) {
            columns->unit = units[i].name;
            columns->unit_by = by;
            columns->power = power;
        }
}

bool vdib__columns_ask_unit(vdib__columns *columns, const char *word) {
    const unit_row *unit = unit_of(word);
    if (unit != NULL)
        vdib__columns_set_unit(columns, unit->power, "as asked for");
    return unit != NULL;
}

/* ---- names ---- */

/* "x@640": the sensor has 640 columns. */
static size_t read_size(const char *name, size_t length) {
    const char *at = memchr(name, '@', length), *end = name + length;
    size_t size = 0;
    for (at = at != NULL ? at + 1 : end; at < end && *at >= '0' && *at <= '9' && size <= UINT16_MAX; at++)
        size = 10 * size + (size_t)(*at - '0');
    return size <= UINT16_MAX + 1U ? size : 0;
}

/* The letter or digit at `at`, small; 0: something else. The sign of micro is u, in UTF-8 and in Windows' code. */
static char letter_at(const char **at, const char *end) {
    char letter = *(*at)++;
    if ((letter == '\xC2' || letter == '\xCE') && *at < end && (**at == '\xB5' || **at == '\xBC')) {
        ++*at;
        return 'u';
    }
    if (letter == '\xB5' && *at < end && **at == 's')
        return 'u';
    if (letter >= 'A' && letter <= 'Z')
        return (char)(letter - 'A' + 'a');
    return (char)((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ? letter : 0);
}

/* "# Timestamp [us]" is "timestamp_us": small letters, and one line between words. */
static void simplify(const char *name, size_t length, char word[LONGEST]) {
    const char *at = name, *end = name + length;
    size_t used = 0;
    bool gap = false; /* between words */
    while (at < end && *at != '@' && used + 2 < LONGEST) {
        gap = gap || (used > 0 && *at != '\0' && strchr(" \t_-.[](){}:/,", *at) != NULL);
        char letter = letter_at(&at, end);
        if (letter == 0)
            continue;
        if (gap)
            word[used++] = '_';
        word[used++] = letter;
        gap = false;
    }
    word[used] = '\0';
    static const char *const before[] = {"dataset_events_", "events_", "event_", "ev_", "dvs_", "field_"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (strncmp(word, before[i], strlen(before[i])) == 0) {
            memmove(word, word + strlen(before[i]), strlen(word) - strlen(before[i]) + 1);
            return;
        }
}

static const char times[] =
    "t ts time times timestamp timestamps time_stamp time_stamps stamp tstamp tstamps eventtime";

/* Whether a name is that of times; *unit: the one that it says, NULL for none. "time_us", "timestampus" too. */
static bool read_time(char *word, const unit_row **unit) {
    char *bar = strrchr(word, '_');
    size_t length = strlen(word);
    *unit = NULL;
    if (is_one_of(word, times))
        return true;
    if (is_one_of(word, "us usec microseconds ms msec milliseconds sec secs seconds nsec nsecs nanosec nanoseconds")) {
        *unit = unit_of(word);
        return true;
    }
    if (bar != NULL && (*unit = unit_of(bar + 1)) != NULL) {
        *bar = '\0';
        if (strlen(word) > 3 && strcmp(word + strlen(word) - 3, "_in") == 0)
            word[strlen(word) - 3] = '\0';
        return is_one_of(word, times);
    }
    if (length < 3 || (*unit = unit_of(word + length - 2)) == NULL)
        return false;
    word[length - 2] = '\0';
    return is_one_of(word, times);
}

/* Names of places and polarities; of two columns of one kind the one of the lesser rank is it, then the first. */
typedef struct name_row {
    char kind;
    int rank;
    const char *words;
} name_row;
static const name_row names[] = {
    {'x', 1, "x xs"},
    {'y', 1, "y ys"},
    {'x', 2,
     "x_pos xpos pos_x posx x_position position_x x_coord x_coords xcoord x_coordinate x_coordinates coord_x x_addr "
     "addr_x x_address address_x xaddr x_pixel pixel_x pixelx x_px px"},
    {'y', 2,
     "y_pos ypos pos_y posy y_position position_y y_coord y_coords ycoord y_coordinate y_coordinates coord_y y_addr "
     "addr_y y_address address_y yaddr y_pixel pixel_y pixely y_px py"},
    {'x', 3, "col cols column columns"},
    {'y', 3, "row rows"},
    {'x', HALF, "u"},
    {'y', HALF, "v"},
    {'x', 5, "channel channels neuron neurons unit units neuron_id unit_id channel_id addr address"},
    {'p', 1, "p ps pol pols polarity polarities on is_increase increase is_on on_off onoff sign polar"},
};

static bool take_name(vdib__columns *columns, int column, const name_row *row) {
    int *place = row->kind == 'x' ? &columns->x : row->kind == 'y' ? &columns->y : &columns->p;
    unsigned char *rank = row->kind == 'x' ? &columns->rank_x : row->kind == 'y' ? &columns->rank_y : &columns->rank_p;
    if (*place >= 0 && *rank <= row->rank)
        return false;
    *place = column;
    *rank = (unsigned char)row->rank;
    return true;
}

static bool take_time(vdib__columns *columns, int column, const unit_row *unit) {
    if (columns->t < 0) {
        columns->t = column;
        if (unit != NULL && columns->unit == NULL)
            vdib__columns_set_unit(columns, unit->power, "by the column's name");
        return true;
    }
    if (unit != NULL && unit->power == NANO && columns->unit != NULL && columns->power == MICRO && columns->nanos < 0)
        columns->nanos = column;
    return false;
}

bool vdib__columns_name(vdib__columns *columns, int column, const char *name, size_t length) {
    char word[LONGEST], bare[LONGEST]; /* without what stands in brackets: "Polarity (0/1)" */
    const unit_row *unit = NULL;
    size_t before = 0;
    while (before < length && name[before] != '(' && name[before] != '[')
        before++;
    simplify(name, length, word);
    simplify(name, before, bare);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!is_one_of(word, names[i].words) && !is_one_of(bare, names[i].words))
            continue;
        if (!take_name(columns, column, &names[i]))
            return false;
        if (names[i].kind == 'x')
            columns->width = read_size(name, length);
        if (names[i].kind == 'y')
            columns->height = read_size(name, length);
        return true;
    }
    if (is_one_of(word, "xy xys coords coordinates location locations")) {
        columns->xy = columns->xy < 0 ? column : columns->xy;
        return true;
    }
    columns->boxes |= is_one_of(word, "w") ? 1U : is_one_of(word, "h") ? 2U : 0U;
    return read_time(word, &unit) && take_time(columns, column, unit);
}

bool vdib__columns_complete(vdib__columns *columns) {
    if ((columns->rank_x == HALF) != (columns->rank_y == HALF)) { /* u without v is something else, and v without u */
        columns->x = columns->rank_x == HALF ? -1 : columns->x;
        columns->y = columns->rank_y == HALF ? -1 : columns->y;
        columns->rank_x = columns->rank_y = 0;
    }
    return columns->t >= 0 && columns->x >= 0 && !vdib__columns_are_boxes(columns);
}

bool vdib__columns_complete_pairs(vdib__columns *columns) {
    (void)vdib__columns_complete(columns);
    if (columns->x < 0 && columns->y < 0)
        columns->x = columns->y = columns->xy;
    return vdib__columns_complete(columns);
}

bool vdib__columns_are_boxes(const vdib__columns *columns) {
    return columns->boxes == 3 && columns->p < 0;
}
