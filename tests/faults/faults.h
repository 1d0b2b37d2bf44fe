/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_FAULTS_H
#define VDIB_TESTS_FAULTS_H
/* Memory that runs out, at every allocation in turn. A scenario calls public functions and adds what they made to a
 * sum. Whichever allocation fails, the call that made it either does without, or says VDIB_ERROR_MEMORY and does its
 * work when it is called again: the sum is that of an undisturbed run, and nothing is left behind. */

#include "support.h"

#include "vdib/vdib.h"

/* ---- memory ---- */

static struct {
    atomic_size_t made;  /* allocations since `arm` */
    atomic_size_t least; /* the first one that fails; SIZE_MAX: none */
    atomic_size_t most;  /* the last one */
    atomic_size_t held;  /* blocks */
} faults_memory = {.least = SIZE_MAX};

static void *faults_allocate(void *user, size_t size, size_t alignment) {
    (void)user;
    size_t number = atomic_fetch_add(&faults_memory.made, 1) + 1;
    if (number >= atomic_load(&faults_memory.least) && number <= atomic_load(&faults_memory.most))
        return NULL;
    atomic_fetch_add(&faults_memory.held, 1);
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void faults_release(void *user, void *block) {
    (void)user;
    atomic_fetch_sub(&faults_memory.held, 1);
    free(block);
}

/* Allocations from the first to the last fail, counted from now on. */
static inline void faults_arm(size_t first, size_t last) {
    atomic_store(&faults_memory.made, 0);
    atomic_store(&faults_memory.least, first);
    atomic_store(&faults_memory.most, last);
}

/* ---- scenarios ---- */

typedef struct faults {
    uint64_t sum;       /* of what the scenario made */
    const char *folder; /* empty when the scenario begins */
} faults;

static inline void faults_add(faults *f, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        f->sum = (f->sum ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001B3);
}

#define FAULTS_ADD(f, value)                                                                                           \
    do {                                                                                                               \
        uint64_t added_ = (uint64_t)(value);                                                                           \
        faults_add((f), &added_, sizeof added_);                                                                       \
    } while (0)

/* Whether a call ran out of memory, which it said; there is enough from now on. */
static inline bool faults_struck(vdib_status status) {
    if (status == VDIB_OK)
        return false;
    if (status == VDIB_ERROR_MEMORY) {
        assert_true(vdib_last_message()[0] != '\0');
        assert_true(atomic_load(&faults_memory.made) >= atomic_load(&faults_memory.least));
        faults_arm(SIZE_MAX, SIZE_MAX);
    }
    return status == VDIB_ERROR_MEMORY;
}

/* A call that may run out of memory once. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        vdib_status tried_ = (call);                                                                                   \
        if (faults_struck(tried_))                                                                                     \
            tried_ = (call);                                                                                           \
        support_assert_status(VDIB_OK, tried_, #call, __FILE__, __LINE__);                                             \
    } while (0)

/* The same of one that makes an object: there is none where it failed. */
#define MAKE(pointer, call)                                                                                            \
    do {                                                                                                               \
        vdib_status tried_ = (call);                                                                                   \
        if (faults_struck(tried_)) {                                                                                   \
            assert_null(pointer);                                                                                      \
            tried_ = (call);                                                                                           \
        }                                                                                                              \
        support_assert_status(VDIB_OK, tried_, #call, __FILE__, __LINE__);                                             \
        assert_non_null(pointer);                                                                                      \
    } while (0)

typedef void faults_scenario(faults *f);

static inline uint64_t faults_run(faults_scenario *scenario, size_t first, size_t last, size_t *made) {
    char folder[] = "/dev/shm/vdib-test-XXXXXX"; /* in memory: files are synced often */
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("XDG_CACHE_HOME", folder, 1), 0); /* nothing is there from an earlier run */
    faults f = {.sum = UINT64_C(0xCBF29CE484222325), .folder = folder};
    faults_arm(first, last);
    scenario(&f);
    *made = atomic_load(&faults_memory.made);
    faults_arm(SIZE_MAX, SIZE_MAX);
    support_folder_remove(strdup(folder));
    return f.sum;
}

/* Runs a scenario with each of its allocations failing, alone and with all behind it; of more than `most` every n-th,
 * another one each time, or each where VDIB_TEST_FAULTS=all. */
static inline void faults_campaign(const char *name, faults_scenario *scenario, size_t most) {
    const char *all = getenv("VDIB_TEST_FAULTS");
    size_t total = 0, made = 0, tried = 0;
    uint64_t want = faults_run(scenario, SIZE_MAX, SIZE_MAX, &made); /* what is set up once in a process is set up */
    assert_true(want == faults_run(scenario, SIZE_MAX, SIZE_MAX, &total));
    size_t held = atomic_load(&faults_memory.held);
    size_t step = all != NULL && strcmp(all, "all") == 0 ? 1 : (2 * total + most - 1) / most;
    for (size_t i = support_seed(1) % step; i < 2 * total; i += step, tried++) {
        size_t number = i / 2 + 1;
        uint64_t got = faults_run(scenario, number, i % 2 == 0 ? number : SIZE_MAX, &made);
        if (got != want || atomic_load(&faults_memory.held) != held)
            fail_msg("%s: allocation %zu of %zu fails%s: %s, %zu blocks are left behind", name, number, total,
                     i % 2 == 0 ? "" : " and all behind it", got == want ? "the same result" : "another result",
                     atomic_load(&faults_memory.held) - held);
    }
    print_message("%s: %zu allocations, %zu failures tried\n", name, total, tried);
    assert_true(tried > 0);
}

static inline int faults_begin(void **state) {
    static const vdib_allocator scarce = {sizeof(vdib_allocator), faults_allocate, faults_release, NULL};
    (void)state;
    return vdib_allocator_set(&scarce) == VDIB_OK ? 0 : -1;
}

static inline int faults_end(void **state) {
    (void)state;
    return vdib_allocator_set(NULL) == VDIB_OK ? 0 : -1;
}

/* A program's only test. */
static inline int faults_main(CMUnitTestFunction test) {
    const struct CMUnitTest tests[] = {{.name = "whatever fails is said and can be done again", .test_func = test}};
    return cmocka_run_group_tests(tests, faults_begin, faults_end);
}

/* A path inside the scenario's folder, in a buffer of the caller's. */
enum { FAULTS_PATH = 512 };
static inline const char *faults_path(const faults *f, const char *name, char path[FAULTS_PATH]) {
    snprintf(path, FAULTS_PATH, "%s/%s", f->folder, name);
    return path;
}

/* A file's bytes, which count. */
static inline void faults_add_file(faults *f, const char *path) {
    uint8_t bytes[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, file)) > 0;)
        faults_add(f, bytes, count);
    fclose(file);
}

#endif
