/* SPDX-License-Identifier: MIT */
/* The natural images of a data set, and the targets that they are. */

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/dataset_parts.h"
#include "data/idx.h"

static const char *const part_names[VDIB_PARTS] = {"train", "t10k"};

static vdib_status note_images(vdib_dataset *dataset, const char *folder, int part, size_t count,
                               const vdib__idx_notes *notes) {
    if (notes->elements[0] != '\0')
        VDIB_TRY(vdib__note(dataset, "%s: %s", folder, notes->elements));
    if (notes->black > 0)
        VDIB_TRY(vdib__note(dataset,
                            "%s: %zu of its %zu %s image%s are black or blank: all of their pixels are the same",
                            folder, notes->black, count, part_names[part], vdib__s(count)));
    return VDIB_OK;
}

vdib_status vdib__image_parts_load(vdib_dataset *dataset, const char *folder, vdib__images images[VDIB_PARTS]) {
    for (int p = 0; p < VDIB_PARTS; p++) {
        vdib__idx_notes notes;
        VDIB_TRY(vdib__idx_load(folder, part_names[p], &images[p], &notes));
        VDIB_TRY(note_images(dataset, folder, p, images[p].count, &notes));
    }
    const vdib__images *train = &images[VDIB_PART_TRAIN], *test = &images[VDIB_PART_TEST];
    if (train->height != test->height || train->width != test->width)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: the t10k images have %zu x %zu pixels, the train images %zu x %zu; both must be of one "
                          "size",
                          folder, test->height, test->width, train->height, train->width);
    return VDIB_OK;
}

enum { DIGIT_PIXELS = VDIB_DIGIT_SIDE * VDIB_DIGIT_SIDE, FEW_DIGITS = 16 /* not worth a second thread */ };

typedef struct drawing {
    uint64_t first;
    float *pixels;
} drawing;

/* Tasks: digits. */
static void draw_task(const void *context, size_t i, size_t slot) {
    const drawing *d = context;
    (void)slot;
    (void)vdib__digit_draw(0, d->first + i, d->pixels + i * DIGIT_PIXELS);
}

static void draw_pixels(uint64_t first, size_t count, int threads, float *pixels) {
    const drawing all = {first, pixels};
    vdib__parallel(count > FEW_DIGITS ? threads : 1, count, draw_task, &all);
}

/* Digits first .. first + count - 1, with pixels for the first `ready` of them. */
static vdib_status draw(uint64_t first, size_t count, size_t ready, int threads, vdib__images *images) {
    *images = (vdib__images){.height = VDIB_DIGIT_SIDE, .width = VDIB_DIGIT_SIDE, .drawn = true};
    VDIB_TRY(VDIB_NEW(&images->pixels, ready * DIGIT_PIXELS));
    VDIB_TRY(VDIB_NEW(&images->labels, count));
    images->count = count;
    images->undrawn = count - ready;
    for (size_t i = 0; i < count; i++)
        images->labels[i] = (uint32_t)((first + i) % VDIB_DIGIT_CLASSES);
    draw_pixels(first, ready, threads, images->pixels);
    return VDIB_OK;
}

vdib_status vdib__images_complete(const vdib__images *images, int threads, vdib__images *all) {
    *all = *images;
    if (images->undrawn == 0)
        return VDIB_OK;
    all->pixels = NULL;
    all->undrawn = 0;
    VDIB_TRY(VDIB_NEW(&all->pixels, all->count * DIGIT_PIXELS));
    draw_pixels(0, all->count, threads, all->pixels);
    return VDIB_OK;
}

vdib_status vdib__image_parts_draw(size_t train, size_t test, int threads, vdib__images images[VDIB_PARTS]) {
    if (train > VDIB_TEST_NUMBERS)
        return vdib__fail(VDIB_ERROR_DATA, "builtin:digits has at most %d training images; data.train_examples is %zu",
                          VDIB_TEST_NUMBERS, train);
    VDIB_TRY(draw(0, train, train, threads, &images[VDIB_PART_TRAIN]));
    return draw(VDIB_TEST_NUMBERS, test, test, threads, &images[VDIB_PART_TEST]);
}

vdib_status vdib__image_parts_draw_classes(size_t train, vdib__images images[VDIB_PARTS]) {
    return draw(0, train, VDIB_DIGIT_CLASSES, 1, &images[VDIB_PART_TRAIN]);
}

/* first (classes) = first training image of each class, NULL where there is none. */
static void find_class_images(const vdib__images *train, size_t classes, const float **first) {
    for (size_t i = train->count; i-- > 0;)
        if (i < train->count - train->undrawn && train->labels[i] < classes)
            first[train->labels[i]] = vdib__image_at(train, i);
}

static vdib_status give_class_images(vdib_dataset *dataset, const float *const *first, const char *images_name) {
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++) {
            vdib__item *item = &dataset->parts[p].items[i];
            char name[VDIB_CLASS_TEXT];
            item->target = first[item->label];
            if (item->target == NULL)
                return vdib__fail(VDIB_ERROR_DATA,
                                  "%s: no training image shows %s, but examples of that class are to be decoded to "
                                  "it; add one or train with data.target=image or class",
                                  images_name, vdib__class_text(dataset, item->label, name));
            if (item->image == NULL)
                item->image = item->target;
        }
    return VDIB_OK;
}

vdib_status vdib__assign_class_images(vdib_dataset *dataset, const char *images_name) {
    const float **first = NULL;
    VDIB_TRY(VDIB_NEW(&first, dataset->geometry.classes));
    find_class_images(&dataset->natural[VDIB_PART_TRAIN], dataset->geometry.classes, first);
    vdib_status status = give_class_images(dataset, first, images_name);
    vdib__free(first);
    return status;
}

vdib_status vdib__assign_own_images(vdib_dataset *dataset, const char *images_name) {
    (void)images_name;
    for (int p = 0; p < VDIB_PARTS; p++)
        for (size_t i = 0; i < dataset->parts[p].count; i++)
            dataset->parts[p].items[i].target = dataset->parts[p].items[i].image;
    return VDIB_OK;
}

/* The images that examples show and the natural ones may come from different places, but not in different sizes. */
static vdib_status check_sizes(const vdib_dataset *dataset, const char *images_name) {
    const vdib__images *shown = &dataset->shown[VDIB_PART_TRAIN], *natural = &dataset->natural[VDIB_PART_TRAIN];
    if (shown->count == 0 || (shown->height == natural->height && shown->width == natural->width))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA,
                      "%s: its images have %zu x %zu pixels, those of the data %zu x %zu; both must be of one size",
                      images_name, natural->height, natural->width, shown->height, shown->width);
}

vdib_status vdib__targets_assign(vdib_dataset *dataset, const char *images_name) {
    vdib_geometry *geometry = &dataset->geometry;
    const vdib__target *target = dataset->parameters.target;
    VDIB_TRY(check_sizes(dataset, images_name));
    if (target->frames || target->range == VDIB_RANGE_ANY)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: filmed images have neither frames nor files beside them, but data.target is %s; choose "
                          "image, class-image or class",
                          images_name, target->choice.name);
    if (target->assign == NULL)
        return VDIB_OK;
    geometry->target_height = dataset->natural[VDIB_PART_TRAIN].height;
    geometry->target_width = dataset->natural[VDIB_PART_TRAIN].width;
    geometry->target_channels = dataset->natural[VDIB_PART_TRAIN].channels == 3 ? 3 : 1;
    return target->assign(dataset, images_name);
}
