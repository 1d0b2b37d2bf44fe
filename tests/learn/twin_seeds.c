/* SPDX-License-Identifier: MIT */
#include "twin_seeds.h"

#include "support.h"

enum { MOST = 1024 };

uint64_t twin_seeds_digest(const case_choice *choice) {
    uint64_t digest = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (size_t f = 0; f < case_factor_count; f++) {
        char text[256];
        if (choice->value[f] == 0)
            continue;
        snprintf(text, sizeof text, "%s=%s;", case_factors[f].name, case_factors[f].values[choice->value[f]]);
        for (const char *at = text; *at != '\0'; at++)
            digest = (digest ^ (uint64_t)(unsigned char)*at) * UINT64_C(0x100000001B3);
    }
    return digest;
}

/* A line: digest of the choice, seed, the two rates, 1 if eased, how unsteady. */
static size_t read_seeds(twin_seed seeds[MOST]) {
    FILE *file = fopen(VDIB_TEST_SOURCE "/tests/learn/twin_seeds.txt", "r");
    unsigned long long choice, seed;
    float rates[2];
    double off;
    size_t count = 0;
    int eased, fields;
    assert_non_null(file);
    while ((fields = fscanf(file, "%llx %llu %g %g %d %lg", &choice, &seed, &rates[0], &rates[1], &eased, &off)) == 6) {
        assert_true(count < MOST);
        seeds[count++] = (twin_seed){.choice = choice,
                                     .seed = seed,
                                     .rate = {(double)rates[0], (double)rates[1]},
                                     .eased = eased != 0,
                                     .off = off};
    }
    assert_int_equal(fields, EOF);
    assert_int_equal(fclose(file), 0);
    return count;
}

const twin_seed *twin_seeds_find(const case_choice *choice) {
    static twin_seed seeds[MOST];
    static size_t count;
    uint64_t digest = twin_seeds_digest(choice);
    if (count == 0)
        count = read_seeds(seeds);
    for (size_t i = 0; i < count; i++)
        if (seeds[i].choice == digest)
            return &seeds[i];
    return NULL;
}

void twin_seeds_write(const twin_seed *seed) {
    const char *path = getenv("VDIB_TWIN_SEARCH");
    if (path == NULL)
        return;
    FILE *file = fopen(path, "a"); /* a line in one piece: several processes append */
    assert_non_null(file);
    fprintf(file, "%016llx %llu %.9g %.9g %d %.2e\n", (unsigned long long)seed->choice, (unsigned long long)seed->seed,
            seed->rate[0], seed->rate[1], seed->eased, seed->off);
    assert_int_equal(fclose(file), 0);
}
