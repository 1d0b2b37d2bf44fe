/* SPDX-License-Identifier: MIT */
/* The judge on drawn digits: it learns, repeats itself to the bit, and its cache can only save time. */
#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "data/digits.h"
#include "eval/judge.h"
#include "support.h"

enum { TRAIN = SUPPORT_SANITIZED ? 80 : 160, TEST = 200, PIXELS = VDIB_DIGIT_SIDE * VDIB_DIGIT_SIDE };

static float train_pixels[TRAIN * PIXELS], test_pixels[TEST * PIXELS];
static uint32_t train_labels[TRAIN], test_labels[TEST];
#define IMAGES(n, rows, columns, values, classes)                                                                      \
    (vdib__images) {                                                                                                   \
        .count = n, .height = rows, .width = columns, .pixels = values, .labels = classes                              \
    }

static const vdib__images digits = {.count = TRAIN,
                                    .height = VDIB_DIGIT_SIDE,
                                    .width = VDIB_DIGIT_SIDE,
                                    .pixels = train_pixels,
                                    .labels = train_labels};
static char *folder;

static int draw_digits(void **state) {
    (void)state;
    for (size_t i = 0; i < TRAIN; i++)
        train_labels[i] = vdib__digit_draw(1, i, train_pixels + i * PIXELS);
    for (size_t i = 0; i < TEST; i++)
        test_labels[i] = vdib__digit_draw(1, 1000000 + i, test_pixels + i * PIXELS);
    folder = support_folder();
    return setenv("VDIB_CACHE", folder, 1);
}

static int remove_folder(void **state) {
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static void assert_same_weights(const vdib__judge *a, const vdib__judge *b) {
    assert_int_equal(a->table.total, b->table.total);
    assert_memory_equal(a->parameters, b->parameters, a->table.total * sizeof *a->parameters);
}

static char *cache_path(void) {
    char *path = NULL;
    assert_ok(vdib__judge_path(&digits, &path));
    assert_non_null(path);
    return path;
}

static vdib__judge *opened(int threads) {
    vdib__judge *judge = NULL;
    assert_ok(vdib__judge_open(&digits, threads, &judge));
    return judge;
}

static void it_learns_and_labels_unseen_digits(void **state) {
    (void)state;
    vdib__judge *judge = opened(2);
    uint32_t labels[TEST];
    size_t right = 0;
    assert_ok(vdib__judge_label(judge, 2, test_pixels, TEST, labels));
    for (size_t i = 0; i < TEST; i++)
        right += labels[i] == test_labels[i];
    print_message("judge of %d drawn digits: %zu of %d unseen ones right\n", TRAIN, right, TEST);
    assert_true(right >= TEST * 80 / 100);
    vdib__judge_destroy(judge);
}

static void threads_and_batches_change_no_bit(void **state) {
    (void)state;
    vdib__judge *cached = opened(2), *serial = NULL;
    assert_ok(vdib__judge_create(&digits, &serial));
    assert_ok(vdib__judge_train(serial, &digits, 1));
    assert_same_weights(cached, serial);
    uint32_t together[TEST], one[TEST];
    assert_ok(vdib__judge_label(cached, 2, test_pixels, TEST, together));
    for (size_t i = 0; i < TEST; i++)
        assert_ok(vdib__judge_label(serial, 1, test_pixels + i * PIXELS, 1, &one[i]));
    assert_memory_equal(together, one, sizeof one);
    vdib__judge_destroy(serial);
    vdib__judge_destroy(cached);
}

static void the_cache_is_read(void **state) {
    (void)state;
    char *path = cache_path();
    vdib__judge *untrained = NULL;
    assert_ok(vdib__judge_create(&digits, &untrained));
    assert_ok(vdib__judge_save(untrained, path));
    vdib__judge *judge = opened(1);
    assert_same_weights(judge, untrained);
    assert_int_equal(unlink(path), 0);
    vdib__judge_destroy(judge);
    vdib__judge_destroy(untrained);
    vdib__free(path);
}

/* Writes the first `size` bytes of the cache file, with the last of them changed. */
static void damage(const char *path, size_t cut) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(path, &bytes, &size));
    bytes[size - cut - 1] ^= 0x10;
    assert_ok(vdib__file_write(path, bytes, size - cut));
    vdib__free(bytes);
}

static void a_damaged_cache_is_replaced(void **state) {
    (void)state;
    char *path = cache_path();
    vdib__judge *first = opened(2);
    static const size_t cuts[] = {0, 1000};
    for (size_t i = 0; i < 2; i++) {
        assert_true(vdib__is_file(path));
        damage(path, cuts[i]);
        vdib__judge *attempt = NULL, *again = NULL;
        assert_ok(vdib__judge_create(&digits, &attempt));
        assert_fails(VDIB_ERROR_FORMAT, vdib__judge_load(attempt, path), "judge-");
        again = opened(2);
        assert_same_weights(first, again);
        assert_ok(vdib__judge_load(attempt, path)); /* rewritten */
        assert_same_weights(first, attempt);
        vdib__judge_destroy(again);
        vdib__judge_destroy(attempt);
    }
    vdib__judge_destroy(first);
    vdib__free(path);
}

static void other_images_have_another_cache_file(void **state) {
    (void)state;
    char *path = cache_path(), *other = NULL;
    float kept = train_pixels[5000];
    train_pixels[5000] = kept + 0.25F;
    assert_ok(vdib__judge_path(&digits, &other));
    assert_string_not_equal(path, other);
    train_pixels[5000] = kept;
    vdib__free(other);
    vdib__images fewer = digits;
    fewer.count--;
    assert_ok(vdib__judge_path(&fewer, &other));
    assert_string_not_equal(path, other);
    vdib__free(other);
    vdib__free(path);
}

/* Images that are left out change nothing: the judge is that of a set without them, and has a cache file of its own. */
static void only_chosen_images_teach(void **state) {
    (void)state;
    enum { FEWER = TRAIN / 2 };
    static float pixels[FEWER * PIXELS];
    static uint32_t labels[FEWER], chosen[FEWER];
    for (uint32_t i = 0; i < FEWER; i++) {
        chosen[i] = 2 * i + (i % 3 == 0);
        memcpy(pixels + (size_t)i * PIXELS, train_pixels + (size_t)chosen[i] * PIXELS, PIXELS * sizeof *pixels);
        labels[i] = train_labels[chosen[i]];
    }
    vdib__images some = digits, fewer = IMAGES(FEWER, VDIB_DIGIT_SIDE, VDIB_DIGIT_SIDE, pixels, labels);
    some.chosen = chosen;
    some.chosen_count = FEWER;
    assert_int_equal(vdib__judge_count(&some), FEWER);
    assert_int_equal(vdib__judge_count(&digits), TRAIN);
    vdib__judge *taught = NULL, *wanted = NULL;
    assert_ok(vdib__judge_open(&some, 1, &taught));
    assert_ok(vdib__judge_open(&fewer, 1, &wanted));
    assert_same_weights(taught, wanted);
    char *all = cache_path(), *path = NULL, *other = NULL;
    assert_ok(vdib__judge_path(&some, &path));
    assert_string_not_equal(all, path);
    chosen[1]++;
    assert_ok(vdib__judge_path(&some, &other));
    assert_string_not_equal(path, other);
    some.chosen_count = 0;
    vdib__judge *none = NULL;
    assert_fails(VDIB_ERROR_DATA, vdib__judge_open(&some, 1, &none), "no natural images");
    vdib__free(other);
    vdib__free(path);
    vdib__free(all);
    vdib__judge_destroy(wanted);
    vdib__judge_destroy(taught);
}

/* Drawn digits that wait to be drawn have the same file, and teach the same judge. */
static void undrawn_digits_are_drawn_when_wanted(void **state) {
    (void)state;
    vdib__images drawn = {.count = TRAIN, .height = VDIB_DIGIT_SIDE, .width = VDIB_DIGIT_SIDE, .drawn = true}, waiting;
    float *pixels = calloc(TRAIN * PIXELS, sizeof *pixels);
    assert_non_null(pixels);
    for (size_t i = 0; i < TRAIN; i++)
        assert_int_equal(vdib__digit_draw(0, i, pixels + i * PIXELS), i % VDIB_DIGIT_CLASSES);
    drawn.pixels = pixels;
    drawn.labels = train_labels;
    waiting = drawn;
    waiting.undrawn = TRAIN - VDIB_DIGIT_CLASSES;
    vdib__images all;
    assert_ok(vdib__images_complete(&drawn, 2, &all));
    assert_ptr_equal(all.pixels, pixels);
    assert_ok(vdib__images_complete(&waiting, 2, &all));
    assert_int_equal(all.undrawn, 0);
    assert_memory_equal(all.pixels, pixels, TRAIN * PIXELS * sizeof *pixels);
    char *path = NULL, *other = NULL;
    assert_ok(vdib__judge_path(&drawn, &path));
    assert_ok(vdib__judge_path(&waiting, &other));
    assert_string_equal(path, other);
    vdib__judge *judge = NULL, *taught = NULL;
    assert_ok(vdib__judge_open(&waiting, 2, &judge));
    assert_int_equal(remove(path), 0);
    assert_ok(vdib__judge_open(&drawn, 2, &taught));
    assert_same_weights(judge, taught);
    vdib__judge_destroy(taught);
    vdib__judge_destroy(judge);
    vdib__free(other);
    vdib__free(path);
    vdib__free(all.pixels);
    free(pixels);
}

static void the_folder_follows_the_environment(void **state) {
    (void)state;
    char *path = NULL;
    setenv("VDIB_CACHE", "", 1);
    setenv("XDG_CACHE_HOME", "/shared", 1);
    assert_ok(vdib__judge_path(&digits, &path));
    assert_int_equal(strncmp(path, "/shared/vdib/judge-", 19), 0);
    vdib__free(path);
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", "/home/somebody", 1);
    assert_ok(vdib__judge_path(&digits, &path));
    assert_int_equal(strncmp(path, "/home/somebody/.cache/vdib/judge-", 33), 0);
    vdib__free(path);
    unsetenv("HOME");
    assert_ok(vdib__judge_path(&digits, &path));
    assert_null(path);
}

static void no_writable_folder_is_no_error(void **state) {
    (void)state;
    vdib__images few = digits;
    few.count = 20;
    static const char *const folders[] = {"/dev/null/cache", ""};
    for (size_t i = 0; i < 2; i++) {
        setenv("VDIB_CACHE", folders[i], 1);
        vdib__judge *judge = NULL;
        assert_ok(vdib__judge_open(&few, 1, &judge));
        vdib__judge_destroy(judge);
    }
    setenv("VDIB_CACHE", folder, 1);
}

static void images_of_any_shape(void **state) {
    (void)state;
    static float pixels[2 * 40 * 40];
    uint32_t labels[2] = {0, 4};
    vdib__judge *judge = NULL;
    assert_ok(vdib__judge_create(&IMAGES(2, 16, 16, pixels, labels), &judge));
    assert_int_equal(judge->classes, 5);
    vdib__judge_destroy(judge);
    assert_ok(vdib__judge_create(&IMAGES(2, 40, 17, pixels, labels), &judge));
    assert_null(judge->fitted);
    vdib__judge_destroy(judge);
    judge = NULL;
    assert_ok(vdib__judge_create(&IMAGES(2, 5, 40, pixels, labels), &judge));
    assert_int_equal(judge->height * 100 + judge->width, 1640);
    vdib__judge_destroy(judge);
    judge = NULL;
    assert_fails(VDIB_ERROR_DATA, vdib__judge_open(&IMAGES(0, 28, 28, NULL, NULL), 1, &judge), "no natural");
    assert_null(judge);
}

/* What the network reads of small and of large images, and of both channels apart. */
static void images_are_fitted(void **state) {
    (void)state;
    vdib__judge judge = {0};
    float small[2 * 3 * 4], read[2 * 16 * 16];
    for (size_t i = 0; i < 24; i++)
        small[i] = (float)(i + 1);
    vdib__judge_fit_shape(&judge, 2, 3, 4);
    vdib__judge_fit(&judge, small, 1, read);
    double sum = 0;
    for (size_t i = 0; i < 2 * 16 * 16; i++)
        sum += (double)read[i];
    assert_true(sum == 300.0); /* 1 + ... + 24 */
    assert_true(read[6 * 16 + 6] == 1.0F && read[8 * 16 + 9] == 12.0F && read[256 + 6 * 16 + 6] == 13.0F);

    enum { ROWS = 65, COLUMNS = 130 };
    static float large[ROWS * COLUMNS], means[64 * 64];
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        large[i] = (float)(i % COLUMNS);
    vdib__judge_fit_shape(&judge, 1, ROWS, COLUMNS); /* blocks of 3 x 3: 22 rows, 44 columns */
    assert_int_equal(judge.block, 3);
    assert_int_equal(judge.height * 100 + judge.width, 2244);
    vdib__judge_fit(&judge, large, 1, means);
    assert_true(means[0] == 1.0F && means[1] == 4.0F && means[21 * 44 + 42] == 127.0F);
    assert_true(means[43] == 129.0F); /* the last block has one column */

    vdib__judge_fit_shape(&judge, 3, 64, 48);
    assert_int_equal(judge.block, 1);
    assert_int_equal(judge.height * 100 + judge.width, 6448);
}

/* Colour alone tells these images apart: large, small and in between. */
static void colours_are_told_apart(void **state) {
    (void)state;
    static const size_t sides[][2] = {{8, 6}, {20, 17}, {70, 66}};
    enum { COUNT = 24, MOST = 3 * 70 * 66 };
    static float pixels[COUNT * MOST];
    uint32_t labels[COUNT], said[COUNT];
    for (size_t s = 0; s < 3; s++) {
        size_t map = sides[s][0] * sides[s][1];
        for (size_t i = 0; i < COUNT; i++) {
            labels[i] = (uint32_t)(i % 3);
            for (size_t p = 0; p < 3 * map; p++)
                pixels[i * 3 * map + p] = p / map == labels[i] ? 0.5F + 0.01F * (float)i : 0.25F;
        }
        vdib__images images = IMAGES(COUNT, sides[s][0], sides[s][1], pixels, labels);
        images.channels = 3;
        vdib__judge *judge = NULL;
        assert_ok(vdib__judge_open(&images, 1, &judge));
        assert_ok(vdib__judge_label(judge, 1, pixels, COUNT, said));
        assert_memory_equal(said, labels, sizeof labels);
        vdib__judge_destroy(judge);
        char *colour = NULL, *grey = NULL;
        assert_ok(vdib__judge_path(&images, &colour));
        images.channels = 1;
        assert_ok(vdib__judge_path(&images, &grey));
        assert_string_not_equal(colour, grey);
        vdib__free(grey);
        vdib__free(colour);
    }
}

static bool third_time(void *user) {
    return ++*(int *)user == 3;
}

/* Training a judge can take minutes: it can be stopped, and a half-trained judge is not kept. */
static void training_can_be_stopped(void **state) {
    (void)state;
    enum { FEW = 40, SIDE = 16 };
    static float pixels[FEW * SIDE * SIDE];
    uint32_t labels[FEW];
    for (size_t i = 0; i < FEW; i++) {
        labels[i] = (uint32_t)(i % 2);
        pixels[i * SIDE * SIDE + i] = 0.5F; /* images that no other test judges */
    }
    vdib__judge *judge = NULL;
    char *path = NULL;
    int asked = 0;
    assert_ok(vdib__judge_path(&IMAGES(FEW, SIDE, SIDE, pixels, labels), &path));
    assert_fails(VDIB_ERROR_CANCELLED,
                 vdib__judge_open_unless(&IMAGES(FEW, SIDE, SIDE, pixels, labels), 1, third_time, &asked, NULL, &judge),
                 "judge was trained");
    assert_int_equal(asked, 3);
    assert_null(judge);
    assert_false(path != NULL && vdib__is_file(path));
    vdib__free(path);
}

static void the_learning_rate_falls_linearly_to_0(void **state) {
    (void)state;
    assert_float_equal(vdib__judge_learning_rate(0, 1000), 4e-3, 1e-9);
    assert_float_equal(vdib__judge_learning_rate(250, 1000), 3e-3, 1e-9);
    assert_float_equal(vdib__judge_learning_rate(999, 1000), 4e-6, 1e-9);
    assert_float_equal(vdib__judge_learning_rate(1000, 1000), 0, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_can_be_stopped),
        cmocka_unit_test(it_learns_and_labels_unseen_digits),
        cmocka_unit_test(threads_and_batches_change_no_bit),
        cmocka_unit_test(the_cache_is_read),
        cmocka_unit_test(a_damaged_cache_is_replaced),
        cmocka_unit_test(other_images_have_another_cache_file),
        cmocka_unit_test(no_writable_folder_is_no_error),
        cmocka_unit_test(images_of_any_shape),
        cmocka_unit_test(images_are_fitted),
        cmocka_unit_test(colours_are_told_apart),
        cmocka_unit_test(only_chosen_images_teach),
        cmocka_unit_test(undrawn_digits_are_drawn_when_wanted),
        cmocka_unit_test(the_folder_follows_the_environment), /* last: it changes the environment */
        cmocka_unit_test(the_learning_rate_falls_linearly_to_0),
    };
    return cmocka_run_group_tests(tests, draw_digits, remove_folder);
}
