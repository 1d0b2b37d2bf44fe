/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_HDF5_H
#define VDIB_CORE_HDF5_H
/* HDF5 files, read and written by a helper program: libhdf5 crashes on damaged files, which must not take the program
 * with it that opens them. A file is a tree of groups; at its leaves are datasets, arrays of one type; both may have
 * attributes, which are small arrays. What the arrays of a format mean is known by those who call this.
 *
 * One helper runs for each open file. Its crash, its refusal and its silence (60 s, or VDIB_HDF5_SECONDS in the
 * environment) are errors that name the file; after one of them but a refusal, the file can only be closed. A handle is
 * not shared between threads without a lock. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hdf5_protocol.h"
#include "vdib/status.h"

/* Types of numbers as they are delivered, in the machine's byte order: integers keep their width, float16 comes as
 * FLOAT32, enumerations and booleans as their integers. NONE: what is not delivered (references, nested types). */
typedef enum vdib__hdf5_type {
    VDIB_HDF5_NONE,
    VDIB_HDF5_INT8,
    VDIB_HDF5_INT16,
    VDIB_HDF5_INT32,
    VDIB_HDF5_INT64,
    VDIB_HDF5_UINT8,
    VDIB_HDF5_UINT16,
    VDIB_HDF5_UINT32,
    VDIB_HDF5_UINT64,
    VDIB_HDF5_FLOAT32,
    VDIB_HDF5_FLOAT64,
    VDIB_HDF5_TEXT,
    VDIB_HDF5_TYPES
} vdib__hdf5_type;

/* Bytes of a number; 1 for texts, 0 for NONE. */
static inline size_t vdib__hdf5_size(unsigned type) {
    static const size_t sizes[VDIB_HDF5_TYPES] = {0, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 1};
    return type < VDIB_HDF5_TYPES ? sizes[type] : 0;
}

typedef enum vdib__hdf5_kind {
    VDIB_HDF5_ABSENT,
    VDIB_HDF5_IS_GROUP,
    VDIB_HDF5_IS_DATASET,
    VDIB_HDF5_IS_OTHER, /* a named type */
    VDIB_HDF5_IS_LINK   /* a member of a group that leads to another file, or to nothing */
} vdib__hdf5_kind;

/* Where the numbers of a dataset are. */
typedef enum vdib__hdf5_home {
    VDIB_HDF5_INSIDE,
    VDIB_HDF5_EXTERNAL, /* in files beside, which are not opened */
    VDIB_HDF5_VIRTUAL   /* in other datasets, mostly of other files */
} vdib__hdf5_home;

enum { VDIB_HDF5_COLUMN_NAME = 64 };

/* A member of a compound type, or (one column without a name) the numbers themselves. */
typedef struct vdib__hdf5_column {
    char name[VDIB_HDF5_COLUMN_NAME];
    vdib__hdf5_type type;
    bool lists; /* each element is a list of such numbers, of a length of its own */
} vdib__hdf5_column;

typedef struct vdib__hdf5_info {
    vdib__hdf5_kind kind;
    size_t rank; /* 0: a scalar, one row */
    uint64_t shape[VDIB_HDF5_RANK];
    uint64_t rows;        /* shape[0], 1 for a scalar */
    uint64_t width;       /* elements of a row: the product of the other dimensions */
    uint64_t chunk;       /* rows that are stored together, 0: all */
    vdib__hdf5_home home; /* where its numbers are */
    uint64_t stored;      /* rows, at most, for which there are bytes in the file; those beyond are made up */
    size_t columns;
    vdib__hdf5_column column[VDIB_HDF5_COLUMNS];
} vdib__hdf5_info;

typedef struct vdib__hdf5 vdib__hdf5;

/* ---- reading ---- */

/* Whether the first bytes of a file (count) say that it is HDF5. */
bool vdib__hdf5_is(const uint8_t *bytes, size_t count);

/* Opens a file. VDIB_ERROR_UNSUPPORTED where there is no helper, VDIB_ERROR_FORMAT if the file is none or damaged. */
vdib_status vdib__hdf5_open(const char *path, vdib__hdf5 **file);

/* The same with an open descriptor, which stays the caller's; `path` is for messages. */
vdib_status vdib__hdf5_open_descriptor(const char *path, int descriptor, vdib__hdf5 **file);

/* NULL is safe. */
void vdib__hdf5_close(vdib__hdf5 *file);

/* What is at a path ("/events/t"), or its attribute (NULL: the object itself). Nothing being there is no error: *info
 * says ABSENT. An attribute that is there is a DATASET. */
vdib_status vdib__hdf5_look(vdib__hdf5 *file, const char *path, const char *attribute, vdib__hdf5_info *info);

/* The kind alone; what cannot be looked at is ABSENT. */
bool vdib__hdf5_has(vdib__hdf5 *file, const char *path, vdib__hdf5_kind kind);

/* The same, where the end of the helper is an error: *has. */
vdib_status vdib__hdf5_find(vdib__hdf5 *file, const char *path, vdib__hdf5_kind kind, bool *has);

typedef struct vdib__hdf5_names {
    size_t count;
    char **names;           /* (count), sorted by bytes */
    vdib__hdf5_kind *kinds; /* (count) */
} vdib__hdf5_names;

/* The members of a group, or (`attributes`) the attributes of an object. */
vdib_status vdib__hdf5_list(vdib__hdf5 *file, const char *path, bool attributes, vdib__hdf5_names *names);
void vdib__hdf5_names_free(vdib__hdf5_names *names);

/* A column of some rows. */
typedef struct vdib__hdf5_array {
    vdib__hdf5_type type;
    size_t count;            /* numbers; bytes of texts */
    const void *values;      /* (count), aligned to 8 bytes */
    size_t elements;         /* rows x width */
    const uint64_t *lengths; /* (elements) of lists and of texts, one after the other in values; NULL: numbers */
} vdib__hdf5_array;

/* The columns of `rows` rows, from `first` on, of a dataset: arrays (info->columns), valid until the next call. `info`
 * is what look said: arrays of another size are refused. At most VDIB_HDF5_PAYLOAD bytes; read in pieces what may be
 * larger. No rows say whether any can be read: filters that the helper does not have are refused. */
vdib_status vdib__hdf5_read(vdib__hdf5 *file, const char *path, const vdib__hdf5_info *info, uint64_t first,
                            uint64_t rows, vdib__hdf5_array *arrays);

/* A number of an array; as a whole one 0 where it is not finite, and the nearest where it is too large. */
double vdib__hdf5_real(const vdib__hdf5_array *array, size_t index);
int64_t vdib__hdf5_whole(const vdib__hdf5_array *array, size_t index);

/* All in one, for small things. All numbers of a dataset or attribute of one column, at most `most` of them, as
 * doubles: *values (*count) is freed with vdib__free; *info (NULL: not asked) says its shape. VDIB_ERROR_FORMAT if it
 * is not there or holds no numbers. */
vdib_status vdib__hdf5_numbers(vdib__hdf5 *file, const char *path, const char *attribute, size_t most, double **values,
                               size_t *count, vdib__hdf5_info *info);

/* One number. */
vdib_status vdib__hdf5_number(vdib__hdf5 *file, const char *path, const char *attribute, double *value);

/* All texts of a dataset or attribute, in the order of its elements, each ending in NUL: *texts (*count, at most
 * `most`) is freed as a whole with vdib__free. */
vdib_status vdib__hdf5_texts(vdib__hdf5 *file, const char *path, const char *attribute, size_t most, char ***texts,
                             size_t *count, vdib__hdf5_info *info);

/* One text, freed with vdib__free. */
vdib_status vdib__hdf5_text(vdib__hdf5 *file, const char *path, const char *attribute, char **text);

/* ---- many rows ---- */

/* Rows of datasets (1 to VDIB_HDF5_PLACES) of the same number of rows, which are read beside each other, block by
 * block. The helper reads the next block while the last one is used. */
typedef struct vdib__hdf5_rows vdib__hdf5_rows;

/* Rows from `first` on up to `end`, `step` of them in a block, less where they would be too large. `paths` (count) and
 * `infos` (count) are copied. */
vdib_status vdib__hdf5_rows_open(vdib__hdf5 *file, const char *const *paths, const vdib__hdf5_info *infos, size_t count,
                                 uint64_t first, uint64_t end, uint64_t step, vdib__hdf5_rows **rows);

/* The next block: `*rows_read` rows, 0 at the end, from `*row` on; *arrays are (count, VDIB_HDF5_COLUMNS), valid until
 * the next call of the file. A block that cannot be read is an error with *row and *rows_read set, after which (where
 * vdib__hdf5_is_alive) the next one can be read. */
vdib_status vdib__hdf5_rows_next(vdib__hdf5_rows *rows, uint64_t *row, uint64_t *rows_read,
                                 const vdib__hdf5_array **arrays);

/* Whether anything can be asked of a file after an error. */
bool vdib__hdf5_is_alive(const vdib__hdf5 *file);

/* Before the file is closed. NULL is safe. */
void vdib__hdf5_rows_close(vdib__hdf5_rows *rows);

/* ---- writing ---- */

/* A file that is being written, by a helper too, under a temporary name (file.h). Objects are made once; groups above
 * them are made as needed. */
typedef struct vdib__hdf5_output vdib__hdf5_output;

vdib_status vdib__hdf5_create(const char *path, vdib__hdf5_output **output);

/* Closes it and gives it its name; nothing is at the path, or what was there before, if that fails. Frees *output in
 * any case. */
vdib_status vdib__hdf5_finish(vdib__hdf5_output *output);

/* Leaves nothing of it. NULL is safe. */
void vdib__hdf5_abandon(vdib__hdf5_output *output);

vdib_status vdib__hdf5_make_group(vdib__hdf5_output *output, const char *path);

/* An array of numbers of one type (C order; rank 0: one number), as a dataset or (`attribute` not NULL) as an attribute
 * of an object that is there. */
vdib_status vdib__hdf5_put_numbers(vdib__hdf5_output *output, const char *path, const char *attribute,
                                   vdib__hdf5_type type, size_t rank, const uint64_t *shape, const void *values);

/* The same of texts (UTF-8, of variable length, as h5py writes them). */
vdib_status vdib__hdf5_put_texts(vdib__hdf5_output *output, const char *path, const char *attribute, size_t rank,
                                 const uint64_t *shape, const char *const *texts);
vdib_status vdib__hdf5_put_text(vdib__hdf5_output *output, const char *path, const char *attribute, const char *text);

/* Datasets of one dimension that grow. */
typedef enum vdib__hdf5_storage {
    VDIB_HDF5_PLAIN,
    VDIB_HDF5_GZIP, /* by DEFLATE, shuffled */
    VDIB_HDF5_ECF   /* of Metavision: members x, y uint16, p int16, t int64 at 0, 2, 4, 8 of 16 bytes */
} vdib__hdf5_storage;

typedef struct vdib__hdf5_member {
    const char *name;
    vdib__hdf5_type type;
    size_t offset;
} vdib__hdf5_member;

typedef struct vdib__hdf5_table {
    size_t members; /* 0: rows are numbers of `type` */
    const vdib__hdf5_member *member;
    vdib__hdf5_type type;
    size_t row;     /* bytes */
    uint64_t chunk; /* rows that are stored together */
    vdib__hdf5_storage storage;
} vdib__hdf5_table;

vdib_status vdib__hdf5_make_table(vdib__hdf5_output *output, const char *path, const vdib__hdf5_table *table);

/* Rows (count, table->row bytes) behind those that are there: `first` of them. Fastest in whole chunks. */
vdib_status vdib__hdf5_append(vdib__hdf5_output *output, const char *path, size_t row, uint64_t first, const void *rows,
                              size_t count);

#endif
