/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_DATASET_PARTS_H
#define VDIB_DATA_DATASET_PARTS_H
/* Inside of a data set: the training examples (whose validation examples are chosen in dataset_split.c) and the test
 * examples, each an item that says where its spikes come from. */

#include <pthread.h>
#include <stdatomic.h>

#include "data/archives.h"
#include "data/dataset.h"
#include "data/digits.h"

enum {
    VDIB_PART_TRAIN = 0,
    VDIB_PART_TEST = 1,
    VDIB_PARTS = 2,
    VDIB_SUMMARY = 512,
    VDIB_TEST_NUMBERS =
        1000000, /* built-in digits of the test part have numbers from here on: no training part reaches it */
    VDIB_BUILTIN_TRAIN = 4000, /* built-in examples unless said otherwise */
    VDIB_BUILTIN_TEST = 500
};

/* What became of the events of a recording. */
typedef struct vdib__fate {
    char format[16];                                 /* of its file */
    uint64_t events, outside_window, outside_sensor; /* the latter two of the first */
    uint64_t cropped;                                /* outside data.crop: none of the above */
    uint64_t out_of_order, restarts, dropped;        /* as vdib_events_info */
    uint64_t damaged, beyond_stated;                 /* the same; what has no time is damaged, too */
    bool cut;                                        /* it ends inside a record */
    uint64_t on_events, densest;                     /* ON ones; those of the step that has the most */
    int64_t first_us, last_us;                       /* from time 0 of the recording on */
    uint32_t width, height;                          /* largest coordinates plus 1 */
    uint64_t unpolarized, rounded;                   /* as vdib_events_info */
    bool first_of_several;                           /* in its file, and its path names none */
    char unit[16];                                   /* of times, where it was recognised; "": it was not */
    bool doubtful_unit;                              /* it may be another one */
} vdib__fate;

/* Why a recording of many events may be of another layout than its file is read by. */
typedef enum vdib__doubt {
    VDIB_DOUBT_ONE_STEP, /* nearly all of them are in one step */
    VDIB_DOUBT_ALL_OFF,  /* none of them is ON, though polarities count */
    VDIB_DOUBT_ONE_PIXEL /* all of them are at (0, 0) */
} vdib__doubt;

/* AHEAD: `fate` is written, but nobody has asked for the recording yet: it does not count. */
typedef enum vdib__looked { VDIB_LOOKED_NOT, VDIB_LOOKED_NOW, VDIB_LOOKED_AHEAD, VDIB_LOOKED_DONE } vdib__looked;

typedef enum vdib__keyed { VDIB_KEYED_NOT, VDIB_KEYED_NOW, VDIB_KEYED_DONE } vdib__keyed;

/* Memory that a data set spends on recordings that are decoded already, unless the environment's VDIB_KEPT_BYTES says
 * another number; what does not fit is kept on disk (recordings/stored.h), or read again in every epoch. */
#define VDIB_KEPT_BYTES ((size_t)256 << 20)

/* Events of a recording that is held as a whole while it is read, 256 MiB; of longer ones augmentation holds up to four
 * times as many, those that it may show. */
#define VDIB_HELD_EVENTS ((size_t)1 << 24)

/* One example. Its spikes are read from `path`, or copied from `raster`, or coded from `image`. */
typedef struct vdib__item {
    uint32_t label;
    uint64_t number;        /* NNNNN of the recording's file name; 0 if that is no number */
    char *path;             /* recording on disk, FILE#N where that has several; or NULL */
    char *target_path;      /* file that a manifest names as the target, or NULL */
    size_t line;            /* in that manifest, from 1 on; 0: none */
    size_t recording;       /* items of one recording have the same number */
    bool validation;        /* the data say that it is a validation example */
    bool cut;               /* a part of its recording, [from_us, to_us), whose time 0 is from_us */
    int64_t from_us, to_us; /* microseconds since the recording's first event, or the ends of entries.h */
    vdib_raster *raster;    /* kept raster, or NULL */
    float *values;          /* target of a data set of one's own, or NULL */
    const float *image;     /* natural image behind the example, borrowed, or NULL */
    const float *target;    /* borrowed, NULL if the target is the label */
    /* recordings on disk, from the first time that they are read; written by any thread */
    _Atomic(vdib_raster *) kept; /* binned, or NULL */
    _Atomic(vdib__clip *) clip;  /* as events, for augmentation, or NULL */
    atomic_int looked;           /* vdib__looked: of `fate` */
    atomic_int keyed;            /* vdib__keyed: of `key` */
    uint64_t key[2];             /* of the recording's content (recordings/store.h) */
    vdib__fate fate;
} vdib__item;

/* Files of recordings that cannot be read. */
typedef struct vdib__unreadable {
    size_t count;
    vdib_status status; /* of the first one, */
    char *first;        /* and its path and reason; NULL where there is none */
} vdib__unreadable;

typedef struct vdib__part {
    vdib__item *items; /* (count) */
    size_t count, capacity;
} vdib__part;

struct vdib_dataset {
    /* parameters; the strings of `parameters` are gone after opening */
    vdib__dataset_parameters parameters;
    vdib_geometry geometry;
    vdib__kernel_level level;
    bool own;    /* made by vdib_dataset_create */
    bool fitted; /* parameters.step_us or from_first_event follow the recordings (data.fit_window) */
    char summary[VDIB_SUMMARY];
    char **class_names; /* (geometry.classes), NULL if classes have numbers only */
    char **notes;       /* (note_count) what opening found, a line each */
    size_t note_count, note_capacity;
    atomic_size_t kept_bytes;            /* of items' `kept` and `clip` */
    size_t most_events;                  /* of a recording that is held as a whole: VDIB_HELD_EVENTS */
    size_t kept_most;                    /* VDIB_KEPT_BYTES, or what the environment says */
    _Atomic(struct vdib__store *) store; /* of recordings that found no room in memory (recordings/stored.h), or NULL */
    bool stored;                         /* `store` was opened, or there is none */
    struct vdib__siblings *siblings;     /* items by recording (recordings/siblings.h), NULL until they are asked for */
    struct vdib__opened *opened;         /* files of several recordings (recordings/opened.h) */
    /* images, training and test part */
    vdib__images natural[VDIB_PARTS]; /* of the judge and the classes; empty if there are none */
    vdib__images shown[VDIB_PARTS];   /* coded or filmed ones where they are not the natural ones, else empty */
    vdib__images mixed[VDIB_PARTS]; /* filmed ones beside recordings where they are not the natural ones, else empty */
    /* examples */
    vdib__part parts[VDIB_PARTS];
    /* validation split of parts[VDIB_PART_TRAIN] */
    uint32_t *members;     /* (training items): training split, then validation split, each increasing */
    uint32_t *permutation; /* (training items) scratch of the choice */
    size_t member_capacity, permutation_capacity;
    size_t validation;   /* examples of the validation split */
    bool own_validation; /* items say which are validation examples */
    bool several;        /* some recording has several items: they stay in one split */
    size_t recordings;   /* number of recordings of both parts */
    uint32_t *sizes;     /* (recordings) scratch of the choice: training items of each */
    size_t size_capacity;
    char split_digest[VDIB_DIGEST_TEXT];     /* of listed recordings, else "" */
    vdib__unpacked unpacked;                 /* archives that the data are in */
    vdib__unreadable unreadable[VDIB_PARTS]; /* files that are left out; `first` is owned */
    size_t least_columns, least_rows;        /* of the sensor where no file says it, as the layout knows; or 0 */
    size_t pictures_beside; /* files named like targets that were passed over where recordings are listed */
    bool targets_cover;     /* targets show what the whole sensor sees */
    size_t mixed_count;     /* training items at the end that are filmed, beside real ones: never for validation */
    atomic_bool settled;    /* members are up to date */
    pthread_mutex_t lock;
    /* examples that the program's function gives: the parts have their counts, but no items; NULL: none */
    vdib_dataset_source *callback;
    pthread_mutex_t fetching; /* held while it runs, unless it may run several times at once */
};

/* An example and what its pointers borrow. */
typedef struct vdib__example {
    vdib_example example; /* first: the public pointer is this one */
    uint32_t *step_labels;
    size_t step_capacity;
    float *values; /* target, then image, of an example that the program's function gave */
    size_t value_capacity;
    float *moved; /* the image behind an augmented example */
    size_t moved_capacity;
    vdib__augmenter *augmenter; /* NULL until it is needed */
    vdib__clip clip;            /* of a recording that is not kept */
} vdib__example;

/* dataset.c */
vdib_status vdib__dataset_new(vdib_dataset **dataset);
/* Adds an empty item to a part. The pointer is valid until the next one is added. */
vdib_status vdib__part_add(vdib__part *part, vdib__item **item);
/* Drops all items but those numbered chosen (count), increasing. */
void vdib__part_keep(vdib__part *part, const size_t *chosen, size_t count);
/* Leaves `limit` items, evenly over the classes, and as many that the data say are for validation; 0: all. */
vdib_status vdib__part_limit(vdib__part *part, size_t limit);

/* VDIB_ERROR_CANCELLED if the program wants opening to end. Asked from the thread that opens. */
vdib_status vdib__dataset_cancelled(const vdib_dataset *dataset);

/* dataset_unpack.c: what is named, where it is an archive or a folder of archives, unpacked (vdib__archives_unpack); a
 * note says so. */
vdib_status vdib__dataset_unpack(vdib_dataset *dataset, const char *given, vdib__unpacked *unpacked);

/* dataset_split.c: memory for the split of the training items there are (call after every change of them), and the
 * split itself, made when it is first asked for; safe from several threads. */
vdib_status vdib__split_reserve(vdib_dataset *dataset);
void vdib__split_settle(vdib_dataset *dataset);
/* split_validation.c: the split of recordings of classes is drawn class by class, where they do not say it themselves;
 * of digits only where drawing from all of them would leave a class without training examples. Call when
 * recordings are listed and limited. */
vdib_status vdib__split_validation(vdib_dataset *dataset);
/* From an example's split and index to the part it is in and its number there: VDIB_SPLIT_TRAIN or _TEST, or
 * _VALIDATION where the data have validation examples of their own. Both are checked. */
vdib_status vdib__split_number(const vdib_dataset *dataset, vdib_split *split, size_t *index);
/* Item of an example; its index is checked. */
vdib_status vdib__split_item(const vdib_dataset *dataset, vdib_split split, size_t index, const vdib__item **item);

/* dataset_fetch.c: parts of fetching an example. The raster of an item (`image` is what is coded where the example is
 * an image), all but the raster, the buffers of augmentation, and the shape that they work on. */
vdib_status vdib__fetch_raster(const vdib_dataset *dataset, const vdib__item *item, const float *image,
                               const vdib__key *key, vdib__example *whole);
void vdib__fetch_describe(const vdib_dataset *dataset, const vdib__item *item, size_t index, vdib_example *example);
vdib_status vdib__fetch_augmenter(const vdib_dataset *dataset, vdib__example *whole);
vdib__augment_shape vdib__fetch_shape(const vdib_dataset *dataset);

/* dataset_callback.c: an example of a data set that has a callback, and the end of that. */
vdib_status vdib__callback_fetch(const vdib_dataset *dataset, vdib_split split, size_t index, vdib_example *example);
void vdib__callback_release(vdib_dataset *dataset);

/* dataset_images.c: training and test images of an IDX folder, or drawn digits (train, test: how many). */
vdib_status vdib__image_parts_load(vdib_dataset *dataset, const char *folder, vdib__images images[VDIB_PARTS]);
vdib_status vdib__image_parts_draw(size_t train, size_t test, int threads, vdib__images images[VDIB_PARTS]);
/* Training digits alone, and of these the pixels of the first of every class: the others wait for
 * vdib__images_complete. */
vdib_status vdib__image_parts_draw_classes(size_t train, vdib__images images[VDIB_PARTS]);
/* Borrowed pixels of one image. */
static inline const float *vdib__image_at(const vdib__images *images, size_t index) {
    return images->pixels + index * vdib__images_values(images);
}
/* Image and target of every item by parameters.target. `images_name` is for messages. */
vdib_status vdib__targets_assign(vdib_dataset *dataset, const char *images_name);
/* The targets themselves: each item's own image, or the first training image of its class. */
vdib_status vdib__assign_own_images(vdib_dataset *dataset, const char *images_name);
vdib_status vdib__assign_class_images(vdib_dataset *dataset, const char *images_name);

/* classes.c */
/* Gives the data set classes of these names, copied; NULL: `count` numbered ones. */
vdib_status vdib__classes_set(vdib_dataset *dataset, const char *const *names, size_t count);
/* "class 7", "class 'dog'", "classes 3, 4 and 7" */
enum { VDIB_CLASS_TEXT = 160 };
const char *vdib__class_text(const vdib_dataset *dataset, size_t class_, char text[VDIB_CLASS_TEXT]);

/* A number that belongs to the name of a class alone: what is drawn of a class does not depend on which others there
 * are. */
uint64_t vdib__number_of_name(const char *name);

/* notes.c: adds a line to the notes of a data set that is being opened. */
vdib_status vdib__note(vdib_dataset *dataset, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* recordings/list.c: lists the recordings of both parts, by number, then class, then name, and checks each without
 * decoding it; names the classes. */
vdib_status vdib__recordings_list(vdib_dataset *dataset, const char *folder);

/* sensor.c: fills the sensor of parameters.pixels: as parameters say, or the files, or concluded from the events of up
 * to 100 recordings. `probes` (VDIB_PROBES): what was found of these, where the time window is fitted to them. */
enum { VDIB_PROBES = 100 };
typedef struct vdib__probe {
    const vdib__item *item;
    bool stated;               /* its file says the sensor's size */
    bool read;                 /* its events were read */
    uint32_t width, height;    /* what the file says, else the largest coordinates plus 1 */
    int64_t first_us, last_us; /* time of its events since its time 0 */
} vdib__probe;
vdib_status vdib__sensor_find(vdib_dataset *dataset, vdib__probe *probes, size_t *count);

/* fit.c: the time window that parameters say, or, with data.fit_window, one that suits the recordings, and a note. */
vdib_status vdib__window_fit(vdib_dataset *dataset, const vdib__probe *probes, size_t count);

/* recordings/read.c: the binned events of a recording; counts what became of them. What is lost: recordings/look.c. */
vdib_status vdib__recording_read(const vdib_dataset *dataset, const vdib__item *item, vdib_raster *raster);
/* Its events within a span at least: *clip is kept by the data set, or `scratch`, filled. */
vdib_status vdib__recording_clip(const vdib_dataset *dataset, const vdib__item *item, const vdib__span *span,
                                 vdib__clip *scratch, const vdib__clip **clip);
/* What was read ahead of a recording counts from now on; whether it has been looked at. */
bool vdib__recording_count(const vdib__item *item);
/* Whether a recording that was looked at gives rise to a doubt. */
bool vdib__recording_is_doubtful(const vdib_dataset *dataset, const vdib__item *item, vdib__doubt doubt);
/* The keys that say which events are lost: "data.steps, ... and data.sensor"; a trained model's sensor is its own. */
const char *vdib__loss_keys(const vdib_dataset *dataset);

/* dataset_recordings.c */
/* Gives every item of a part its own image: image NUMBER - 1 of the natural ones. VDIB_ERROR_DATA if one has none, or
 * one of another class. */
vdib_status vdib__recordings_match(vdib_dataset *dataset, int part, const char *images_name);
/* film.c: films the image of every item that has neither a file nor spikes with the built-in camera and keeps the
 * rasters. `images`: the shape of these, and whether they are drawn. */
vdib_status vdib__recordings_film(vdib_dataset *dataset, const vdib__images *images);

/* mix.c */
/* excluded (images): set where data.film_exclude names a training image; a note says how many. `name` is for notes. */
vdib_status vdib__film_exclude(vdib_dataset *dataset, const char *name, const vdib__images *images, bool *excluded);
/* Adds filmed training images (`name`) to the training split of the recordings of `data`, and says which were left out:
 * those of data.film_exclude and those behind the validation recordings. */
vdib_status vdib__recordings_mix(vdib_dataset *dataset, const char *data, const char *name, const vdib__images *images);
/* How a data set bins events. */
vdib_binning vdib__recordings_binning(const vdib_dataset *dataset);

#endif
