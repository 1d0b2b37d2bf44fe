/* SPDX-License-Identifier: MIT */
/* Augmented examples of every kind of data set: what moves, what stays, what is kept, what is refused. */
#include "datasets.h"

#include <unistd.h>

#include "data/coding.h"
#include "data/dataset_parts.h"
#include "data/recordings/store.h"

static const vdib__augmentation SOME = {.shift = 2,
                                        .rotation = 20,
                                        .scale = 0.1,
                                        .shear = 0.1,
                                        .flip = 0.5,
                                        .time_shift = 1500,
                                        .time_scale = 0.1,
                                        .drop = 0.3,
                                        .noise_hz = 20,
                                        .step_us = 1000,
                                        .moves_target = true};

/* Train: recording n (1 .. 20) of class (n - 1) % 10 has 200 events from 3 ms before to 3 ms behind a window of 10 ms
 * that begins at `begin`. Test: 5 such. */
static void make_recordings(const char *folder, uint32_t begin) {
    enum { EVENTS = 200 };
    for (uint32_t n = 1; n <= 25; n++) {
        uint8_t records[5 * EVENTS];
        char name[64];
        vdib__key key = {.seed = 31, .purpose = VDIB_PURPOSE_STIMULUS, .example = n};
        for (uint32_t i = 0; i < EVENTS; i++)
            files_record(records + 5 * (size_t)i, (uint8_t)(vdib__random_uniform(&key, 0, i) * 34),
                         (uint8_t)(vdib__random_uniform(&key, 1, i) * 34), i % 3 == 0, begin - 3000 + 80 * i);
        snprintf(name, sizeof name, "%s/%u/%05u.bin", n <= 20 ? "Train" : "Test", (n - 1) % 10, n <= 20 ? n : n - 20);
        files_write(folder, name, records, sizeof records);
    }
}

static vdib__dataset_parameters recording_parameters(const char *folder, const vdib__augmentation *augmentation) {
    vdib__dataset_parameters p = parameters_of(folder, NULL, &vdib__input_events, &vdib__target_class);
    p.start_us = 5000;
    p.augmentation = *augmentation;
    return p;
}

/* The raster of a recording's file under augmentation, from its events. */
static void want_recording(const vdib_dataset *dataset, size_t index, uint64_t seed, uint64_t presentation,
                           const vdib__augmentation *a, int64_t start_us, vdib_raster *raster) {
    const vdib__item *item = NULL;
    vdib_events *events = NULL;
    const vdib_event *array = NULL;
    size_t count = 0;
    vdib_binning binning = {sizeof(vdib_binning), 34, 34, 2, 10, 1000, start_us};
    vdib__span span = vdib__span_of(a, &binning);
    vdib__augment_shape shape = {2, 34, 34, 10, 1000};
    vdib__key key = vdib__augment_key(seed, presentation);
    vdib__augment_draw draw = vdib__augment_draw_of(a, &key);
    vdib__augmenter *augmenter = NULL;
    vdib__clip clip = {0};
    assert_ok(vdib__split_item(dataset, VDIB_SPLIT_TRAIN, index, &item));
    assert_ok(vdib_events_open(item->path, &events));
    assert_ok(vdib_events_all(events, &array, &count));
    assert_ok(vdib__clip_fill(&clip, &span, array, count, &binning));
    assert_ok(vdib__augmenter_create(VDIB_KERNEL_PORTABLE, &augmenter));
    assert_ok(vdib__augment_clip(augmenter, &draw, &key, &shape, &clip, raster));
    vdib__augmenter_destroy(augmenter);
    vdib__clip_clear(&clip);
    vdib_events_close(events);
}

/* Every training example at several presentations, and its plain form before and after, which is `plain`'s. */
static void check_recordings(const vdib_dataset *dataset, const vdib_dataset *plain, int64_t start_us) {
    vdib_example *example = new_example(dataset), *other = new_example(plain);
    vdib_raster *want = NULL;
    size_t changed = 0;
    assert_ok(vdib_raster_create(2 * 34 * 34, 10, &want));
    for (size_t i = 0; i < vdib_dataset_size(plain, VDIB_SPLIT_TRAIN); i++) {
        assert_ok(vdib_dataset_get(plain, VDIB_SPLIT_TRAIN, i, 1, other));
        assert_true(vdib_raster_spikes(other->raster) > 50);
        for (uint64_t p = 0; p < 3; p++) {
            assert_ok(vdib__dataset_fetch_augmented(dataset, i, 7, 100 * i + p, &SOME, example));
            want_recording(plain, i, 7, 100 * i + p, &SOME, start_us, want);
            assert_true(same_rasters(example->raster, want));
            assert_int_equal(example->label, other->label);
            assert_int_equal(example->index, i);
            assert_null(example->target);
            assert_null(example->step_labels);
            changed += !same_rasters(example->raster, other->raster);
        }
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 1, example));
        assert_true(same_rasters(example->raster, other->raster));
    }
    assert_int_equal(changed, 3 * vdib_dataset_size(plain, VDIB_SPLIT_TRAIN));
    for (int split = VDIB_SPLIT_VALIDATION; split <= VDIB_SPLIT_TEST; split++)
        for (size_t i = 0; i < vdib_dataset_size(plain, (vdib_split)split); i++) {
            assert_ok(vdib_dataset_get(plain, (vdib_split)split, i, 1, other));
            assert_ok(vdib_dataset_get(dataset, (vdib_split)split, i, 1, example));
            assert_true(same_rasters(example->raster, other->raster));
        }
    vdib_raster_destroy(want);
    vdib_example_destroy(other);
    vdib_example_destroy(example);
}

/* Whether it was asked for at opening or not, the same comes of it. */
static void recordings_are_augmented_from_their_events(void **state) {
    const vdib__augmentation none = {0};
    make_recordings(*state, 5000);
    vdib_dataset *plain = open_dataset(recording_parameters(*state, &none));
    vdib_dataset *unasked = open_dataset(recording_parameters(*state, &none));
    vdib_dataset *asked = open_dataset(recording_parameters(*state, &SOME));
    check_recordings(asked, plain, 5000);
    check_recordings(unasked, plain, 5000);
    vdib_dataset_destroy(asked);
    vdib_dataset_destroy(unasked);
    vdib_dataset_destroy(plain);
}

/* Time 0 is the first event, at 2000 us. */
static void time_may_count_from_the_first_event(void **state) {
    const vdib__augmentation none = {0};
    make_recordings(*state, 5000);
    vdib__dataset_parameters first = recording_parameters(*state, &none);
    first.from_first_event = true;
    first.start_us = 3000;
    vdib_dataset *plain = open_dataset(first);
    first.augmentation = SOME;
    vdib_dataset *asked = open_dataset(first);
    check_recordings(asked, plain, 5000);
    vdib_dataset_destroy(asked);
    vdib_dataset_destroy(plain);
}

static void keeps(const vdib_dataset *dataset, size_t rasters, size_t clips) {
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++) {
            const vdib__item *item = &dataset->parts[p].items[i];
            rasters -= atomic_load(&item->kept) != NULL;
            clips -= atomic_load(&item->clip) != NULL;
        }
    assert_int_equal(rasters, 0);
    assert_int_equal(clips, 0);
}

/* Events of the training part are kept, rasters of the test part; then no file is read any more. */
static void recordings_are_read_once(void **state) {
    make_recordings(*state, 5000);
    vdib_dataset *dataset = open_dataset(recording_parameters(*state, &SOME));
    for (int split = VDIB_SPLIT_TRAIN; split <= VDIB_SPLIT_TEST; split++)
        assert_ok(vdib_dataset_look(dataset, (vdib_split)split, 1));
    keeps(dataset, 5, 20);
    size_t bytes = 0;
    for (size_t i = 0; i < 20; i++)
        bytes += vdib__clip_bytes(atomic_load(&dataset->parts[VDIB_PART_TRAIN].items[i].clip));
    for (size_t i = 0; i < 5; i++) {
        const vdib_raster *raster = atomic_load(&dataset->parts[VDIB_PART_TEST].items[i].kept);
        bytes += sizeof *raster + 11 * sizeof(size_t) + vdib_raster_spikes(raster) * sizeof(uint32_t);
    }
    assert_int_equal(atomic_load(&dataset->kept_bytes), bytes);
    vdib_example *example = new_example(dataset);
    vdib_raster *before = NULL;
    assert_ok(vdib_raster_create(1, 1, &before));
    assert_ok(vdib__dataset_fetch_augmented(dataset, 3, 1, 4, &SOME, example));
    assert_ok(vdib__raster_copy(example->raster, before));
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(unlink(dataset->parts[VDIB_PART_TRAIN].items[i].path), 0);
    assert_ok(vdib__dataset_fetch_augmented(dataset, 3, 1, 4, &SOME, example));
    assert_true(same_rasters(example->raster, before));
    for (size_t i = 0; i < vdib_dataset_size(dataset, VDIB_SPLIT_VALIDATION); i++)
        assert_ok(vdib_dataset_get(dataset, VDIB_SPLIT_VALIDATION, i, 1, example));
    /* what these clips lack is not there any more */
    vdib__augmentation further = SOME;
    further.time_shift = 2500;
    assert_fails(VDIB_ERROR_IO, vdib__dataset_fetch_augmented(dataset, 3, 1, 4, &further, example), ".bin");
    vdib_raster_destroy(before);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* Without room nothing is kept, and the files are read again. */
static void without_room_files_are_read_again(void **state) {
    const vdib__augmentation none = {0};
    make_recordings(*state, 5000);
    vdib_dataset *plain = open_dataset(recording_parameters(*state, &none));
    vdib_dataset *full = open_dataset(recording_parameters(*state, &SOME));
    atomic_store(&full->kept_bytes, VDIB_KEPT_BYTES);
    check_recordings(full, plain, 5000);
    keeps(full, 0, 0);
    assert_int_equal(atomic_load(&full->kept_bytes), VDIB_KEPT_BYTES);
    vdib_dataset_destroy(full);
    vdib_dataset_destroy(plain);
}

static size_t stored(const vdib_dataset *dataset) {
    bool full = false;
    return vdib__store_count(atomic_load(&dataset->store), &full);
}

/* What finds no room in memory is kept on disk: rasters of all 25, events of the 20 that are augmented; the next run
 * finds them, and a file that has changed is decoded again. */
static void without_room_recordings_are_kept_on_disk(void **state) {
    const vdib__augmentation none = {0};
    char cache[FILE_PATH];
    make_recordings(*state, 5000);
    setenv("VDIB_CACHE", files_path(cache, *state, "cache"), 1);
    vdib_dataset *plain = open_dataset(recording_parameters(*state, &none));
    for (int run = 0; run < 2; run++) {
        vdib_dataset *full = open_dataset(recording_parameters(*state, &SOME));
        full->kept_most = 0;
        check_recordings(full, plain, 5000);
        keeps(full, 0, 0);
        assert_int_equal(stored(full), 45);
        vdib_dataset_destroy(full);
    }
    assert_null(atomic_load(&plain->store)); /* all fits into its memory */
    files_recording(*state, "Test/0/00001.bin", 3, 4, 7000);
    vdib_dataset *changed = open_dataset(recording_parameters(*state, &none));
    vdib_example *example = new_example(changed);
    changed->kept_most = 0;
    for (size_t i = 0; i < 2; i++) {
        assert_ok(vdib_dataset_get(changed, VDIB_SPLIT_TEST, 0, 1, example));
        assert_int_equal(vdib_raster_spikes(example->raster), 1);
    }
    assert_int_equal(stored(changed), 46);
    vdib_example_destroy(example);
    vdib_dataset_destroy(changed);
    vdib_dataset_destroy(plain);
    setenv("VDIB_CACHE", "off", 1);
}

/* ---- targets ---- */

enum { PIXELS = 28 * 28 };

static void check_moved(const vdib__augmentation *a, uint64_t presentation, const float *image, const float *got) {
    float want[PIXELS];
    vdib__key key = vdib__augment_key(7, presentation);
    vdib__augment_draw draw = vdib__augment_draw_of(a, &key);
    vdib__augment_image(&draw, 28, 28, image, want);
    assert_memory_equal(got, want, sizeof want);
    assert_memory_not_equal(got, image, sizeof want);
}

static void own_images_move_with_their_recordings(void **state) {
    char images[FILE_PATH];
    snprintf(images, sizeof images, "%s/images", (const char *)*state);
    make_recordings(*state, 5000);
    files_idx_part(images, "train", 20, 28, 28, 0);
    files_idx_part(images, "t10k", 5, 28, 28, 0);
    vdib__dataset_parameters p = recording_parameters(*state, &SOME);
    p.images = images;
    p.target = &vdib__target_image;
    vdib_dataset *dataset = open_dataset(p);
    vdib_example *example = new_example(dataset);
    const vdib__item *item = NULL;
    vdib__augmentation still = SOME, timed = {.time_shift = 1500, .moves_target = true};
    still.moves_target = false;
    for (size_t i = 0; i < 5; i++) {
        assert_ok(vdib__split_item(dataset, VDIB_SPLIT_TRAIN, i, &item));
        assert_ok(vdib__dataset_fetch_augmented(dataset, i, 7, i + 40, &SOME, example));
        check_moved(&SOME, i + 40, item->image, example->target);
        assert_ptr_equal(example->image, example->target);
        assert_ok(vdib__dataset_fetch_augmented(dataset, i, 7, i + 40, &still, example));
        assert_ptr_equal(example->target, item->image);
        assert_ptr_equal(example->image, item->image);
        assert_ok(vdib__dataset_fetch_augmented(dataset, i, 7, i + 40, &timed, example));
        assert_ptr_equal(example->target, item->image);
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
    p.target = &vdib__target_class_image; /* what stands for the class is the same for all of it */
    dataset = open_dataset(p);
    example = new_example(dataset);
    for (size_t i = 0; i < 18; i++) {
        assert_ok(vdib__split_item(dataset, VDIB_SPLIT_TRAIN, i, &item));
        assert_ok(vdib__dataset_fetch_augmented(dataset, i, 7, i, &SOME, example));
        assert_ptr_equal(example->target, item->target);
        assert_ptr_equal(example->image, item->image);
    }
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void filmed_digits_move_with_their_images(void **state) {
    (void)state;
    vdib__dataset_parameters p = parameters_of(NULL, NULL, &vdib__input_events, &vdib__target_image);
    p.steps = 20;
    p.step_us = 15000;
    p.train_examples = 20;
    p.test_examples = 2;
    p.augmentation = SOME;
    vdib_dataset *dataset = open_dataset(p);
    vdib_example *example = new_example(dataset);
    vdib__augment_shape shape = {2, 34, 34, 20, 15000};
    vdib__augmenter *augmenter = NULL;
    vdib_raster *want = NULL;
    assert_ok(vdib__augmenter_create(VDIB_KERNEL_PORTABLE, &augmenter));
    assert_ok(vdib_raster_create(1, 1, &want));
    for (size_t i = 0; i < 18; i++) {
        const vdib__item *item = NULL;
        vdib__key key = vdib__augment_key(7, i);
        vdib__augment_draw draw = vdib__augment_draw_of(&SOME, &key);
        assert_ok(vdib__split_item(dataset, VDIB_SPLIT_TRAIN, i, &item));
        assert_ok(vdib__raster_copy(item->raster, want));
        assert_ok(vdib__augment_raster(augmenter, &draw, &key, &shape, true, want));
        assert_ok(vdib__dataset_fetch_augmented(dataset, i, 7, i, &SOME, example));
        assert_true(same_rasters(example->raster, want));
        assert_false(same_rasters(example->raster, item->raster));
        check_moved(&SOME, i, item->image, example->target);
        assert_int_equal(example->label, item->label);
        vdib__augmentation places = {.shift = 2};
        draw = vdib__augment_draw_of(&places, &key);
        assert_ok(vdib__raster_copy(item->raster, want));
        assert_ok(vdib__augment_raster(augmenter, &draw, &key, &shape, false, want));
        assert_ok(vdib__dataset_fetch_augmented(dataset, i, 7, i, &places, example));
        assert_true(same_rasters(example->raster, want));
    }
    vdib_raster_destroy(want);
    vdib__augmenter_destroy(augmenter);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

/* An image is moved before it is coded, by the key that codes it always; then its spikes are edited in place. */
static void check_coded(const vdib__input *input, const vdib__target *target, const vdib__augmentation *a) {
    vdib__dataset_parameters p = parameters_of("builtin:digits", NULL, input, target);
    p.train_examples = 20;
    p.test_examples = 2;
    p.augmentation = *a;
    vdib_dataset *dataset = open_dataset(p);
    vdib_example *example = new_example(dataset);
    vdib__augment_shape shape = {1, 28, 28, 10, 1000};
    vdib__augmenter *augmenter = NULL;
    vdib_raster *want = NULL;
    assert_ok(vdib__augmenter_create(VDIB_KERNEL_PORTABLE, &augmenter));
    assert_ok(vdib_raster_create(PIXELS, 10, &want));
    for (size_t i = 0; i < 18; i++) {
        float moved[PIXELS];
        const vdib__item *item = NULL;
        vdib__key key = vdib__augment_key(7, 60 + i),
                  coding = {.seed = 7, .purpose = VDIB_PURPOSE_CODING, .stage = VDIB_STAGE_TRAINING, .example = 60 + i};
        vdib__augment_draw draw = vdib__augment_draw_of(a, &key), in_place = vdib__augment_nothing();
        in_place.time_shift = draw.time_shift;
        in_place.time_scale = draw.time_scale;
        in_place.drop = draw.drop;
        in_place.noise_hz = draw.noise_hz;
        assert_ok(vdib__split_item(dataset, VDIB_SPLIT_TRAIN, i, &item));
        vdib__augment_image(&draw, 28, 28, item->image, moved);
        assert_ok(vdib__raster_reshape(want, PIXELS, 10));
        assert_ok(input->code(VDIB_KERNEL_PORTABLE, moved, &coding, want));
        if (vdib__augmentation_edits(a))
            assert_ok(vdib__augment_raster(augmenter, &in_place, &key, &shape, true, want));
        assert_ok(vdib__dataset_fetch_augmented(dataset, i, 7, 60 + i, a, example));
        assert_true(same_rasters(example->raster, want));
        check_moved(a, 60 + i, item->image, example->image);
        if (target == &vdib__target_image && a->moves_target)
            assert_ptr_equal(example->target, example->image);
        else
            assert_ptr_equal(example->target, item->target);
    }
    vdib_raster_destroy(want);
    vdib__augmenter_destroy(augmenter);
    vdib_example_destroy(example);
    vdib_dataset_destroy(dataset);
}

static void images_are_moved_then_coded(void **state) {
    (void)state;
    const vdib__augmentation places = {.shift = 2, .rotation = 10, .moves_target = true};
    vdib__augmentation still = SOME;
    still.moves_target = false;
    check_coded(&vdib__input_rate, &vdib__target_image, &SOME);
    check_coded(&vdib__input_rate, &vdib__target_image, &places);
    check_coded(&vdib__input_rate, &vdib__target_image, &still);
    check_coded(&vdib__input_latency, &vdib__target_image, &places);
    check_coded(&vdib__input_latency, &vdib__target_class_image, &places);
    check_coded(&vdib__input_rate, &vdib__target_class, &SOME);
}

/* ---- data of one's own ---- */

enum { OWN_STEPS = 8, OWN_CHANNELS = 2 * 5 * 6 };

static void own_spikes(uint32_t number, uint8_t dense[OWN_STEPS * OWN_CHANNELS]) {
    vdib__key key = {.seed = 2, .purpose = VDIB_PURPOSE_STIMULUS, .example = number};
    for (uint32_t k = 0; k < OWN_STEPS * OWN_CHANNELS; k++)
        dense[k] = vdib__random_uniform(&key, 0, k) < 0.2F;
}

static vdib_status own_fetch(void *user, vdib_split split, size_t index, vdib_fetched *fetched) {
    uint8_t dense[OWN_STEPS * OWN_CHANNELS];
    (void)user, (void)split;
    own_spikes((uint32_t)index, dense);
    fetched->label = index % 3;
    fetched->target[0] = (float)index;
    return vdib_raster_from_dense(fetched->raster, dense);
}

static void data_of_ones_own_are_augmented(void **state) {
    (void)state;
    const vdib_geometry geometry = {sizeof geometry, 2, 5, 6, OWN_STEPS, 3, 1, 1, 1};
    const vdib_dataset_source source = {.size = sizeof source, .fetch = own_fetch, .train = 20, .test = 1};
    vdib_dataset *added = NULL, *called = NULL;
    vdib_raster *want = NULL;
    vdib__augmenter *augmenter = NULL;
    uint8_t dense[OWN_STEPS * OWN_CHANNELS];
    vdib__augment_shape shape = {2, 5, 6, OWN_STEPS, 250};
    vdib__augmentation a = SOME;
    a.step_us = 250; /* data of one's own do not say it */
    a.polarity_swap = 0.5;
    a.time_shift = 300;
    assert_ok(vdib_dataset_create(&geometry, &added));
    assert_ok(vdib_dataset_create_callback(&geometry, &source, &called));
    assert_ok(vdib_raster_create(OWN_CHANNELS, OWN_STEPS, &want));
    assert_ok(vdib__augmenter_create(VDIB_KERNEL_PORTABLE, &augmenter));
    for (uint32_t i = 0; i < 20; i++) {
        float target = (float)i;
        own_spikes(i, dense);
        assert_ok(vdib_raster_from_dense(want, dense));
        assert_ok(vdib_dataset_add(added, VDIB_SPLIT_TRAIN, want, &target, i % 3));
    }
    const vdib_dataset *both[2] = {added, called};
    for (int d = 0; d < 2; d++) {
        vdib_example *example = new_example(both[d]), *plain = new_example(both[d]);
        for (size_t i = 0; i < vdib_dataset_size(both[d], VDIB_SPLIT_TRAIN); i++) {
            vdib__key key = vdib__augment_key(3, 5 * i);
            vdib__augment_draw draw = vdib__augment_draw_of(&a, &key);
            assert_ok(vdib_dataset_get(both[d], VDIB_SPLIT_TRAIN, i, 1, plain));
            assert_ok(vdib__raster_copy(plain->raster, want));
            assert_ok(vdib__augment_raster(augmenter, &draw, &key, &shape, true, want));
            assert_ok(vdib__dataset_fetch_augmented(both[d], i, 3, 5 * i, &a, example));
            assert_true(same_rasters(example->raster, want));
            assert_false(same_rasters(example->raster, plain->raster));
            assert_true(example->target[0] == plain->target[0]);
            assert_int_equal(example->label, plain->label);
        }
        vdib_example_destroy(plain);
        vdib_example_destroy(example);
    }
    vdib__augmenter_destroy(augmenter);
    vdib_raster_destroy(want);
    vdib_dataset_destroy(called);
    vdib_dataset_destroy(added);
}

/* Without augmentation it is a fetch of the training stage. */
static void none_is_plain_training(void **state) {
    (void)state;
    const vdib__augmentation none = {.moves_target = true, .step_us = 1000};
    vdib__dataset_parameters p = parameters_of("builtin:digits", NULL, &vdib__input_rate, &vdib__target_image);
    p.train_examples = 20;
    p.test_examples = 2;
    vdib_dataset *dataset = open_dataset(p);
    vdib_example *first = new_example(dataset), *second = new_example(dataset);
    for (size_t i = 0; i < 18; i++) {
        assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TRAIN, i, 5, VDIB_STAGE_TRAINING, 33 + i, first));
        assert_ok(vdib__dataset_fetch_augmented(dataset, i, 5, 33 + i, &none, second));
        assert_true(same_rasters(first->raster, second->raster));
        assert_ptr_equal(first->target, second->target);
        assert_ptr_equal(first->image, second->image);
    }
    assert_fails(VDIB_ERROR_ARGUMENT, vdib__dataset_fetch_augmented(dataset, 18, 5, 0, &SOME, first), "it has 18");
    vdib_example_destroy(second);
    vdib_example_destroy(first);
    vdib_dataset_destroy(dataset);
}

static void what_cannot_be_augmented_is_refused(void **state) {
    (void)state;
    const vdib_geometry geometry = {sizeof geometry, 3, 5, 6, OWN_STEPS, 3, 0, 0, 0};
    const vdib__augmentation swap = {.polarity_swap = 0.5}, drop = {.drop = 0.1}, none = {0};
    vdib_dataset *own = NULL;
    assert_ok(vdib_dataset_create(&geometry, &own));
    assert_ok(vdib__dataset_check_augmentation(own, &none));
    assert_ok(vdib__dataset_check_augmentation(own, &drop));
    assert_fails(VDIB_ERROR_CONFIG, vdib__dataset_check_augmentation(own, &swap),
                 "augment.polarity_swap is 0.5, but the data have 3 channels a pixel");
    vdib_dataset_destroy(own);
    vdib_dataset *blobs = open_dataset(parameters_of(NULL, NULL, &vdib__input_blobs, &vdib__target_units));
    vdib_example *example = new_example(blobs);
    assert_ok(vdib__dataset_check_augmentation(blobs, &none));
    assert_fails(VDIB_ERROR_CONFIG, vdib__dataset_check_augmentation(blobs, &drop), "augment.*: the examples of");
    assert_fails(VDIB_ERROR_CONFIG, vdib__dataset_fetch_augmented(blobs, 0, 1, 0, &drop, example), "data.input=blobs");
    vdib_example_destroy(example);
    vdib_dataset_destroy(blobs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        files_test(recordings_are_augmented_from_their_events),
        files_test(time_may_count_from_the_first_event),
        files_test(recordings_are_read_once),
        files_test(without_room_files_are_read_again),
        files_test(without_room_recordings_are_kept_on_disk),
        files_test(own_images_move_with_their_recordings),
        files_test(filmed_digits_move_with_their_images),
        files_test(images_are_moved_then_coded),
        files_test(data_of_ones_own_are_augmented),
        files_test(none_is_plain_training),
        files_test(what_cannot_be_augmented_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
