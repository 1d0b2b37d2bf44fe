/* SPDX-License-Identifier: MIT */
/* How fast event files are read: writes a recording of each format into a folder, reads it in packets on one core and
 * prints millions of events in a second of processor time, the best of five passes. With --keep the files stay; with
 * --read FILE that one alone is read, and its events and the seconds of the best pass are printed (bench/readers). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vdib/events.h"

enum { PACKET = 4096, PASSES = 5, WIDTH = 1280, HEIGHT = 720 };

typedef struct draw {
    uint64_t state;
} draw;

static uint32_t next(draw *d) {
    d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(d->state >> 33);
}

static void put(FILE *file, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        putc((int)(value >> (8 * i) & 0xFF), file);
}

/* Events in groups of one row and time, as cameras send them: 1 to 8 of them. */
typedef struct group {
    uint64_t t;
    unsigned x, y, p, count;
} group;

static group next_group(draw *d, uint64_t t) {
    return (group){.t = t + next(d) % 2,
                   .x = next(d) % (WIDTH - 32) / 32 * 32,
                   .y = next(d) % HEIGHT,
                   .p = next(d) % 2,
                   .count = 1 + next(d) % 8};
}

static void write_dat(FILE *file, const group *g, uint64_t *high) {
    (void)high;
    for (unsigned i = 0; i < g->count; i++)
        put(file, g->t | (uint64_t)((g->x + i) | g->y << 14 | g->p << 28) << 32, 8);
}

static void write_evt2(FILE *file, const group *g, uint64_t *high) {
    if (*high != g->t >> 6) {
        *high = g->t >> 6;
        put(file, UINT32_C(8) << 28 | *high, 4);
    }
    for (unsigned i = 0; i < g->count; i++)
        put(file, g->p << 28 | (g->t & 63) << 22 | (g->x + i) << 11 | g->y, 4);
}

static void write_evt21(FILE *file, const group *g, uint64_t *high) {
    if (*high != g->t >> 6) {
        *high = g->t >> 6;
        put(file, UINT64_C(8) << 60 | *high << 32, 8);
    }
    put(file,
        (uint64_t)g->p << 60 | (g->t & 63) << 54 | (uint64_t)g->x << 43 | (uint64_t)g->y << 32 | ((1U << g->count) - 1),
        8);
}

static void write_evt3(FILE *file, const group *g, uint64_t *high) {
    if (*high >> 12 != g->t >> 12)
        put(file, 8U << 12 | (g->t >> 12 & 0xFFF), 2);
    if (*high != g->t)
        put(file, 6U << 12 | (g->t & 0xFFF), 2);
    *high = g->t;
    put(file, g->y, 2);
    put(file, 3U << 12 | g->p << 11 | g->x, 2);
    put(file, 4U << 12 | ((1U << g->count) - 1), 2);
}

static void write_aedat2(FILE *file, const group *g, uint64_t *high) {
    (void)high;
    for (unsigned i = 0; i < g->count; i++) {
        uint32_t words[] = {(g->y % 260) << 22 | (g->x % 320 + i) << 12 | g->p << 11, (uint32_t)g->t};
        for (size_t w = 0; w < 2; w++)
            put(file, __builtin_bswap32(words[w]), 4);
    }
}

static void write_es(FILE *file, const group *g, uint64_t *high) {
    for (unsigned i = 0; i < g->count; i++) {
        put(file, (g->t - *high) << 1 | g->p, 1);
        put(file, g->x + i, 2);
        put(file, g->y, 2);
        *high = g->t;
    }
}

static void write_text(FILE *file, const group *g, uint64_t *high) {
    (void)high;
    for (unsigned i = 0; i < g->count; i++)
        fprintf(file, "%llu,%u,%u,%u\n", (unsigned long long)g->t, g->x + i, g->y, g->p);
}

static void write_npy(FILE *file, const group *g, uint64_t *high) {
    (void)high;
    for (unsigned i = 0; i < g->count; i++) {
        put(file, g->t, 8);
        put(file, g->x + i, 2);
        put(file, g->y, 2);
        put(file, g->p, 1);
    }
}

typedef struct format {
    const char *name, *file, *header;
    size_t length;
    unsigned millions;
    void (*write)(FILE *file, const group *g, uint64_t *high);
} format;

#define HEADER(text) text, sizeof(text) - 1
static const format formats[] = {
    {"dat", "speed.dat", HEADER("% Version 2\n% Width 1280\n% Height 720\n\x0C\x08"), 20, write_dat},
    {"evt2", "speed-evt2.raw", HEADER("% evt 2.0\n% geometry 1280x720\n"), 20, write_evt2},
    {"evt21", "speed-evt21.raw", HEADER("% evt 2.1\n% endianness little\n% geometry 1280x720\n"), 20, write_evt21},
    {"evt3", "speed-evt3.raw", HEADER("% evt 3.0\n% geometry 1280x720\n"), 20, write_evt3},
    {"aedat2", "speed.aedat", HEADER("#!AER-DAT2.0\n# AEChip: Davis346red\n"), 20, write_aedat2},
    {"es", "speed.es", HEADER("Event Stream\2\0\0\1\0\5\xD0\2"), 20, write_es},
    {"npy", "speed.npy",
     HEADER("\x93NUMPY\1\0\x72\0{'descr': [('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '|b1')], "
            "'fortran_order': False, 'shape': (20000000,)}\n"),
     20, write_npy},
    {"text", "speed.csv", HEADER("t,x,y,on\n"), 4, write_text},
};

static void make(const format *f, const char *path) {
    FILE *file = fopen(path, "wb");
    draw d = {1};
    uint64_t high = strcmp(f->name, "es") == 0 ? 1000 : UINT64_MAX, t = 1000;
    if (file == NULL || fwrite(f->header, 1, f->length, file) != f->length)
        exit(1);
    for (uint64_t events = 0; events < UINT64_C(1000000) * f->millions;) {
        group g = next_group(&d, t);
        t = g.t;
        f->write(file, &g, &high);
        events += g.count;
    }
    if (fclose(file) != 0)
        exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double read_once(const char *path, size_t *events) {
    static vdib_event packet[PACKET];
    vdib_packets *packets = NULL;
    size_t count = 1;
    double begin = now();
    vdib_status status = vdib_packets_open(path, NULL, &packets);
    for (*events = 0; status == VDIB_OK && count > 0; *events += count)
        status = vdib_packets_read(packets, packet, PACKET, &count);
    vdib_packets_close(packets);
    if (status != VDIB_OK) {
        fprintf(stderr, "%s\n", vdib_last_message());
        exit(1);
    }
    return now() - begin;
}

/* The seconds of the best pass. */
static double read_best(const char *path, size_t *events) {
    double best = 1e9;
    for (int pass = 0; pass < PASSES; pass++) {
        double seconds = read_once(path, events);
        best = seconds < best ? seconds : best;
    }
    return best;
}

static void measure(const format *f, const char *folder, bool keep) {
    char path[4096];
    size_t events = 0;
    snprintf(path, sizeof path, "%s/%s", folder, f->file);
    make(f, path);
    double best = read_best(path, &events);
    if (!keep)
        remove(path);
    printf("%-10s %14.1f %18.1f\n", f->name, (double)events / 1e6, (double)events / 1e6 / best);
    fflush(stdout);
}

int main(int count, char **arguments) {
    bool keep = count > 2 && strcmp(arguments[1], "--keep") == 0;
    size_t events = 0;
    if (count == 3 && strcmp(arguments[1], "--read") == 0) {
        double best = read_best(arguments[2], &events);
        printf("%zu %.6f\n", events, best);
        return 0;
    }
    arguments += keep;
    count -= keep;
    if (count < 2) {
        fprintf(stderr, "usage: events-speed [--keep] FOLDER [FORMAT...] | --read FILE\n");
        return 2;
    }
    printf("format     million events   million events/s of processor time\n");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        bool asked = count == 2;
        for (int a = 2; a < count; a++)
            asked |= strcmp(arguments[a], formats[i].name) == 0;
        if (asked)
            measure(&formats[i], arguments[1], keep);
    }
    return 0;
}
