/* SPDX-License-Identifier: MIT */
/* What is in the file: LOOK and LIST. */
#include "hdf5/server.h"

#include "core/hdf5.h"

static uint8_t kind_of(H5O_type_t type) {
    return type == H5O_TYPE_GROUP     ? VDIB_HDF5_IS_GROUP
           : type == H5O_TYPE_DATASET ? VDIB_HDF5_IS_DATASET
                                      : VDIB_HDF5_IS_OTHER;
}

/* Whether every link of a path leads to something. */
static bool exists(hid_t file, const char *path) {
    char part[VDIB_HDF5_NAME + 1];
    size_t length = strlen(path);
    for (size_t i = 1; i <= length; i++) {
        if ((path[i] != '/' && path[i] != '\0') || path[i - 1] == '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (H5Lexists(file, part, H5P_DEFAULT) <= 0 || H5Oexists_by_name(file, part, H5P_DEFAULT) <= 0)
            return false;
    }
    return true;
}

/* The kind of an object, ABSENT if nothing is there. */
static uint8_t kind_at(hid_t file, const char *path) {
    H5O_info_t info;
    if (!exists(file, path))
        return VDIB_HDF5_ABSENT;
#if H5_VERSION_GE(1, 12, 0)
    bool known = H5Oget_info_by_name3(file, path, &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0;
#else
    bool known = H5Oget_info_by_name2(file, path, &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0;
#endif
    return known ? kind_of(info.type) : VDIB_HDF5_IS_OTHER;
}

static bool put_info(server *s, uint8_t kind, const elements *e, uint8_t home, uint64_t chunk, uint64_t stored) {
    bool fine = put8(s, kind) && put8(s, (uint8_t)e->rank) && put8(s, (uint8_t)e->columns) && put8(s, home) &&
                put64(s, chunk) && put64(s, stored);
    for (int d = 0; fine && d < e->rank; d++)
        fine = put64(s, e->shape[d]);
    for (size_t i = 0; fine && i < e->columns; i++) {
        const column *c = &e->column[i];
        size_t length = c->name != NULL ? strlen(c->name) : 0;
        length = length < VDIB_HDF5_NAME ? length : VDIB_HDF5_NAME;
        fine = put8(s, c->type) && put8(s, c->lists) && put16(s, (uint16_t)length) && put(s, c->name, length);
    }
    return fine;
}

/* Dimensions of a chunk; false if there are none. */
static bool chunk_of(hid_t dataset, hsize_t chunk[H5S_MAX_RANK]) {
    hid_t properties = H5Dget_create_plist(dataset);
    bool chunked = properties >= 0 && H5Pget_layout(properties) == H5D_CHUNKED &&
                   H5Pget_chunk(properties, H5S_MAX_RANK, chunk) > 0;
    if (properties >= 0)
        H5Pclose(properties);
    return chunked && chunk[0] > 0;
}

static uint8_t home_of(hid_t dataset) {
    hid_t properties = H5Dget_create_plist(dataset);
    uint8_t home = properties < 0                             ? VDIB_HDF5_INSIDE
                   : H5Pget_layout(properties) == H5D_VIRTUAL ? VDIB_HDF5_VIRTUAL
                   : H5Pget_external_count(properties) > 0    ? VDIB_HDF5_EXTERNAL
                                                              : VDIB_HDF5_INSIDE;
    if (properties >= 0)
        H5Pclose(properties);
    return home;
}

/* Rows for which there are bytes, at most: a few bytes may claim any number, which libhdf5 makes up. */
static uint64_t stored_rows(hid_t dataset, const elements *e, bool chunked, const hsize_t *chunk) {
    hsize_t chunks = 0, across = 1; /* chunks that a row goes through */
    hid_t space = chunked ? H5Dget_space(dataset) : -1;
    if (!chunked)
        return H5Dget_storage_size(dataset) > 0 ? e->rows : 0;
    for (int d = 1; d < e->rank && chunk[d] > 0; d++)
        across *= (e->shape[d] + chunk[d] - 1) / chunk[d];
    if (H5Dget_num_chunks(dataset, space, &chunks) < 0)
        chunks = 0;
    H5Sclose(space);
    chunks = across > 0 ? (chunks + across - 1) / across : 0;
    return chunks >= e->rows / chunk[0] + 1 || chunks * chunk[0] >= e->rows ? e->rows : chunks * chunk[0];
}

static bool look_at_attribute(server *s, const place *at) {
    static const elements nothing;
    elements e;
    if (H5Aexists_by_name(s->file, at->path, at->attribute, H5P_DEFAULT) <= 0)
        return put_info(s, VDIB_HDF5_ABSENT, &nothing, 0, 0, 0);
    hid_t attribute = H5Aopen_by_name(s->file, at->path, at->attribute, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0)
        return refuse_because(s, "%s@%s cannot be opened", at->path, at->attribute);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    bool fine = describe(s, type, space, &e) && put_info(s, VDIB_HDF5_IS_DATASET, &e, 0, 0, e.rows);
    describe_end(&e);
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(attribute);
    return fine;
}

bool look(server *s) {
    static const elements nothing;
    place at;
    opened *dataset = NULL;
    if (!take_place(s, &at))
        return false;
    uint8_t kind = kind_at(s->file, at.path);
    if (at.attribute[0] != '\0' && kind != VDIB_HDF5_ABSENT)
        return look_at_attribute(s, &at);
    if (kind != VDIB_HDF5_IS_DATASET)
        return put_info(s, kind, &nothing, 0, 0, 0);
    if (!open_dataset(s, at.path, &dataset))
        return false;
    hsize_t chunk[H5S_MAX_RANK] = {0};
    bool chunked = chunk_of(dataset->dataset, chunk);
    return put_info(s, kind, &dataset->e, home_of(dataset->dataset), chunked ? chunk[0] : 0,
                    stored_rows(dataset->dataset, &dataset->e, chunked, chunk));
}

/* ---- lists ---- */

typedef struct listing {
    server *s;
    uint32_t count;
} listing;

static bool put_name(listing *l, uint8_t kind, const char *name) {
    size_t length = strlen(name);
    if (length > VDIB_HDF5_NAME) /* nobody asks for it */
        return true;
    l->count++;
    return put8(l->s, kind) && put16(l->s, (uint16_t)length) && put(l->s, name, length);
}

static herr_t put_member(hid_t group, const char *name, const H5L_info_t *info, void *user) {
    uint8_t kind = VDIB_HDF5_IS_LINK;
    (void)info;
    H5O_info_t object;
#if H5_VERSION_GE(1, 12, 0)
    bool known = H5Oget_info_by_name3(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) >= 0;
#else
    bool known = H5Oget_info_by_name2(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) >= 0;
#endif
    if (known)
        kind = kind_of(object.type);
    return put_name(user, kind, name) ? 0 : -1;
}

static herr_t put_attribute(hid_t object, const char *name, const H5A_info_t *info, void *user) {
    (void)object;
    (void)info;
    return put_name(user, VDIB_HDF5_IS_DATASET, name) ? 0 : -1;
}

bool list(server *s) {
    place at;
    listing l = {.s = s};
    uint8_t attributes = vdib__hdf5_take8(&s->message);
    if (!take_place(s, &at) || !put32(s, 0))
        return false;
    if (kind_at(s->file, at.path) == VDIB_HDF5_ABSENT)
        return refuse(s, "has no %s", at.path);
    hid_t object = H5Oopen(s->file, at.path, H5P_DEFAULT);
    hsize_t next = 0;
    herr_t done = object < 0   ? -1
                  : attributes ? H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &next, put_attribute, &l)
                               : H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, &next, put_member, &l);
    if (object >= 0)
        H5Oclose(object);
    memcpy(s->reply.bytes, &l.count, sizeof l.count);
    return done >= 0 || (s->line[0] != '\0' ? false : refuse_because(s, "%s cannot be listed", at.path));
}
