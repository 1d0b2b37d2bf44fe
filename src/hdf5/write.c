/* SPDX-License-Identifier: MIT */
/* GROUP, CREATE, WRITE and FINISH. */
#include "hdf5/server.h"

#include <stdlib.h>

#include "core/hdf5.h"

enum { ECF = 36559, GZIP_LEVEL = 4 };

/* Groups above an object are made with it. */
static hid_t link_properties(void) {
    hid_t made = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(made, 1);
    H5Pset_char_encoding(made, H5T_CSET_UTF8);
    return made;
}

bool make_group(server *s) {
    place at;
    if (!take_place(s, &at))
        return false;
    if (H5Lexists(s->file, at.path, H5P_DEFAULT) > 0)
        return true;
    hid_t links = link_properties(), group = H5Gcreate2(s->file, at.path, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(links);
    if (group < 0)
        return refuse_because(s, "group %s cannot be made", at.path);
    H5Gclose(group);
    return true;
}

/* ---- types in the file ---- */

static hid_t stored_type(unsigned type) {
    static const H5T_order_t order = H5T_ORDER_LE;
    if (type == VDIB_HDF5_TEXT) {
        hid_t text = H5Tcopy(H5T_C_S1);
        H5Tset_size(text, H5T_VARIABLE);
        H5Tset_cset(text, H5T_CSET_UTF8);
        return text;
    }
    hid_t native = native_of(type), made = native >= 0 ? H5Tcopy(native) : -1;
    if (made >= 0 && vdib__hdf5_size(type) > 1)
        H5Tset_order(made, order);
    return made;
}

/* What CREATE asks for. */
typedef struct order {
    place at;
    unsigned type, rank, grows, storage, members;
    hsize_t chunk, shape[VDIB_HDF5_RANK];
    struct {
        unsigned type, offset;
        char name[VDIB_HDF5_COLUMN_NAME];
    } member[VDIB_HDF5_COLUMNS];
    size_t row;
} order;

static bool take_order(server *s, order *o) {
    vdib__hdf5_message *m = &s->message;
    if (!take_place(s, &o->at))
        return false;
    o->type = vdib__hdf5_take8(m);
    o->rank = vdib__hdf5_take8(m);
    o->grows = vdib__hdf5_take8(m);
    o->storage = vdib__hdf5_take8(m);
    o->members = vdib__hdf5_take8(m);
    o->chunk = vdib__hdf5_take64(m);
    if (o->rank > VDIB_HDF5_RANK || o->members > VDIB_HDF5_COLUMNS)
        return refuse_request(s);
    for (unsigned d = 0; d < o->rank; d++)
        o->shape[d] = vdib__hdf5_take64(m);
    for (unsigned i = 0; i < o->members; i++) {
        o->member[i].type = vdib__hdf5_take8(m);
        o->member[i].offset = vdib__hdf5_take16(m);
        size_t length = vdib__hdf5_take16(m);
        const char *name = vdib__hdf5_take(m, length);
        if (name == NULL || length >= VDIB_HDF5_COLUMN_NAME)
            return refuse_request(s);
        memcpy(o->member[i].name, name, length);
        o->member[i].name[length] = '\0';
    }
    o->row = vdib__hdf5_take16(m);
    return !m->short_of || refuse_request(s);
}

/* The type of the elements; -1 if there is none of this kind. */
static hid_t type_of(const order *o) {
    if (o->members == 0)
        return stored_type(o->type);
    hid_t made = o->row > 0 ? H5Tcreate(H5T_COMPOUND, o->row) : -1;
    for (unsigned i = 0; made >= 0 && i < o->members; i++) {
        hid_t member = stored_type(o->member[i].type);
        if (member < 0 || H5Tinsert(made, o->member[i].name, o->member[i].offset, member) < 0)
            return -1;
        H5Tclose(member);
    }
    return made;
}

static hid_t storage_of(const order *o) {
    hid_t made = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(made, false); /* the same bytes every time */
    if (o->chunk == 0)
        return made;
    H5Pset_chunk(made, 1, &o->chunk);
    if (o->storage == VDIB_HDF5_GZIP) {
        H5Pset_shuffle(made);
        H5Pset_deflate(made, GZIP_LEVEL);
    } else if (o->storage == VDIB_HDF5_ECF) {
        H5Pset_filter(made, ECF, H5Z_FLAG_OPTIONAL, 0, NULL);
    }
    return made;
}

bool create(server *s) {
    static order o;
    if (!take_order(s, &o))
        return false;
    const hsize_t unlimited = H5S_UNLIMITED;
    hid_t type = type_of(&o), links = link_properties(), storage = storage_of(&o), made = -1;
    hid_t space =
        o.rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple((int)o.rank, o.shape, o.grows ? &unlimited : NULL);
    bool is_attribute = o.at.attribute[0] != '\0';
    if (type >= 0 && space >= 0)
        made = is_attribute ? H5Acreate_by_name(s->file, o.at.path, o.at.attribute, type, space, H5P_DEFAULT,
                                                H5P_DEFAULT, H5P_DEFAULT)
                            : H5Dcreate2(s->file, o.at.path, type, space, links, storage, H5P_DEFAULT);
    bool fine =
        made >= 0 || refuse_because(s, "%s%s%s cannot be made", o.at.path, is_attribute ? "@" : "", o.at.attribute);
    if (made >= 0)
        is_attribute ? H5Aclose(made) : H5Dclose(made);
    H5Pclose(storage);
    H5Pclose(links);
    H5Sclose(space);
    H5Tclose(type);
    return fine;
}

/* ---- rows ---- */

/* Texts of the request as pointers, which libhdf5 wants; NULL if they are not there. */
static char **take_texts(server *s, uint64_t count) {
    const uint64_t *lengths = count <= VDIB_HDF5_PAYLOAD ? vdib__hdf5_take(&s->message, count * sizeof *lengths) : NULL;
    char **texts = lengths != NULL ? calloc((size_t)count + 1, sizeof *texts) : NULL;
    for (uint64_t i = 0; texts != NULL && i < count; i++) {
        const void *letters = vdib__hdf5_take(&s->message, lengths[i]);
        texts[i] = letters != NULL ? calloc(1, (size_t)lengths[i] + 1) : NULL;
        if (texts[i] == NULL)
            return NULL;
        memcpy(texts[i], letters, (size_t)lengths[i]);
    }
    return texts;
}

static void free_texts(char **texts, uint64_t count) {
    for (uint64_t i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}

/* Elements of the request in memory: numbers where they lie, or texts (*texts); NULL if they are not there. */
static const void *take_elements(server *s, const elements *e, uint64_t count, char ***texts) {
    if (e->size == 0 || count > VDIB_HDF5_PAYLOAD / e->size)
        return NULL;
    if (e->column[0].type != VDIB_HDF5_TEXT)
        return vdib__hdf5_take(&s->message, count * e->size);
    *texts = take_texts(s, count);
    return *texts;
}

static herr_t put_rows(opened *o, uint64_t first, uint64_t rows, const void *memory) {
    hsize_t start[VDIB_HDF5_RANK] = {first}, count[VDIB_HDF5_RANK], size = rows * o->e.width;
    for (int d = 0; d < o->e.rank; d++)
        count[d] = d == 0 ? rows : o->e.shape[d];
    hsize_t grown = first + rows;
    if (o->e.rank == 1 && grown > o->e.shape[0]) { /* it fails where the dataset does not grow */
        if (H5Dset_extent(o->dataset, &grown) < 0)
            return -1;
        o->e.shape[0] = o->e.rows = grown;
    }
    hid_t file = H5Dget_space(o->dataset), space = H5Screate_simple(1, &size, NULL);
    herr_t done = -1;
    if (file >= 0 && space >= 0 &&
        (o->e.rank == 0 || H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) >= 0))
        done = H5Dwrite(o->dataset, o->e.memory, space, file, H5P_DEFAULT, memory);
    H5Sclose(space);
    H5Sclose(file);
    return done;
}

static bool write_dataset(server *s, const place *at, uint64_t first, uint64_t rows) {
    opened *o = NULL;
    char **texts = NULL;
    if (!open_dataset(s, at->path, &o))
        return false;
    if (rows > VDIB_HDF5_PAYLOAD || (o->e.width > 0 && rows > VDIB_HDF5_PAYLOAD / o->e.width))
        return refuse_request(s);
    uint64_t count = rows * o->e.width;
    const void *memory = take_elements(s, &o->e, count, &texts);
    bool fine = memory != NULL ? put_rows(o, first, rows, memory) >= 0 ||
                                     refuse_because(s, "%s cannot be written, is the disk full?", at->path)
                               : refuse_request(s);
    free_texts(texts, count);
    return fine;
}

static bool write_attribute(server *s, const place *at) {
    elements e;
    char **texts = NULL;
    /* Its object stays open meanwhile: libhdf5 1.10 loses the attribute otherwise. */
    hid_t object = H5Oopen(s->file, at->path, H5P_DEFAULT);
    hid_t attribute = object >= 0 ? H5Aopen(object, at->attribute, H5P_DEFAULT) : -1;
    if (attribute < 0)
        return refuse_because(s, "%s@%s cannot be opened", at->path, at->attribute);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    if (!describe(s, type, space, &e))
        return false;
    const void *memory = take_elements(s, &e, e.rows * e.width, &texts);
    bool fine = memory != NULL ? H5Awrite(attribute, e.memory, memory) >= 0 ||
                                     refuse_because(s, "%s@%s cannot be written", at->path, at->attribute)
                               : refuse_request(s);
    free_texts(texts, e.rows * e.width);
    describe_end(&e);
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(attribute);
    H5Oclose(object);
    return fine;
}

bool write_rows(server *s) {
    place at;
    if (!take_place(s, &at))
        return false;
    uint64_t first = vdib__hdf5_take64(&s->message), rows = vdib__hdf5_take64(&s->message);
    vdib__hdf5_take_padding(&s->message);
    if (s->message.short_of || first > INT64_MAX)
        return refuse_request(s);
    return at.attribute[0] != '\0' ? write_attribute(s, &at) : write_dataset(s, &at, first, rows);
}

bool finish(server *s) {
    close_datasets(s);
    if (s->file < 0 || H5Fclose(s->file) < 0)
        return refuse_because(s, "cannot be written to its end, is the disk full?");
    s->file = -1;
    return true;
}
