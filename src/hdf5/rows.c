/* SPDX-License-Identifier: MIT */
/* READ: rows of datasets, and attributes. */
#include "hdf5/server.h"

#include <stdlib.h>

#include "core/hdf5.h"
#include "hdf5/filters.h"

enum { KEPT = 16 }; /* datasets that stay open */

/* ---- datasets ---- */

enum { CHUNK_LEAST = 1 << 20, CHUNK_MOST = 256 << 20 };

/* Bytes of a decoded chunk, 0: there are none; more than CHUNK_MOST are not counted. */
static size_t bytes_of_chunk(hid_t dataset) {
    hsize_t chunk[H5S_MAX_RANK];
    hid_t properties = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
    int rank = H5Pget_layout(properties) == H5D_CHUNKED ? H5Pget_chunk(properties, H5S_MAX_RANK, chunk) : 0;
    uint64_t bytes = H5Tget_size(type);
    for (int d = 0; d < rank && bytes <= CHUNK_MOST; d++)
        bytes = chunk[d] > CHUNK_MOST ? CHUNK_MOST + 1 : bytes * chunk[d];
    H5Pclose(properties);
    H5Tclose(type);
    return rank > 0 ? (size_t)bytes : 0;
}

/* Chunks that rows are read from one after the other are decoded once. */
static hid_t access_for(size_t chunk) {
    hid_t made = H5Pcreate(H5P_DATASET_ACCESS);
    if (chunk > 0 && chunk <= CHUNK_MOST)
        H5Pset_chunk_cache(made, H5D_CHUNK_CACHE_NSLOTS_DEFAULT, 2 * chunk > CHUNK_LEAST ? 2 * chunk : CHUNK_LEAST,
                           1.0);
    return made;
}

/* Filters that are not here are named. */
static bool check_filters(server *s, hid_t dataset, const char *path) {
    hid_t properties = H5Dget_create_plist(dataset);
    int count = H5Pget_layout(properties) == H5D_CHUNKED ? H5Pget_nfilters(properties) : 0;
    bool fine = true;
    for (unsigned i = 0; fine && count > 0 && i < (unsigned)count; i++) {
        unsigned flags = 0, config = 0;
        size_t values = 0;
        char name[64] = "";
        H5Z_filter_t number = H5Pget_filter2(properties, i, &flags, &values, NULL, sizeof name, name, &config);
        if (number >= 0 && H5Zfilter_avail(number) <= 0)
            fine =
                refuse(s, "%s is stored with filter %d%s%s%s, which is not read; store it anew by h5repack -f GZIP=4",
                       path, number, name[0] != '\0' ? " (" : "", name, name[0] != '\0' ? ")" : "");
    }
    H5Pclose(properties);
    return fine;
}

static void forget(opened *o) {
    if (o->path == NULL)
        return;
    describe_end(&o->e);
    H5Dclose(o->dataset);
    free(o->path);
    *o = (opened){.path = NULL};
}

static bool open_anew(server *s, const char *path, opened *o) {
    hid_t first = H5Dopen2(s->file, path, H5P_DEFAULT);
    if (first < 0)
        return refuse_because(s,
                              "%s cannot be opened: fetch it again or, if a newer libhdf5 wrote it, write it with "
                              "h5py's libver=('earliest', 'v110')",
                              path);
    o->chunk_bytes = bytes_of_chunk(first);
    hid_t access = access_for(o->chunk_bytes), type = H5Dget_type(first), space = H5Dget_space(first);
    bool fine = describe(s, type, space, &o->e);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(first);
    if (!fine)
        return false;
    o->dataset = H5Dopen2(s->file, path, access);
    H5Pclose(access);
    if (o->dataset < 0)
        return refuse_because(s, "%s cannot be opened", path);
    o->path = strdup(path);
    return o->path != NULL || refuse(s, "memory is short");
}

bool open_dataset(server *s, const char *path, opened **dataset) {
    static uint64_t now; /* counts uses */
    opened *oldest = NULL;
    if (s->opened == NULL)
        s->opened = calloc(KEPT, sizeof *s->opened);
    if (s->opened == NULL)
        return refuse(s, "memory is short");
    for (opened *o = s->opened; o < s->opened + KEPT; o++) {
        if (o->path != NULL && strcmp(o->path, path) == 0) {
            o->used = ++now;
            *dataset = o;
            return true;
        }
        if (oldest == NULL || o->used < oldest->used)
            oldest = o;
    }
    forget(oldest);
    if (!open_anew(s, path, oldest))
        return false;
    oldest->used = ++now;
    *dataset = oldest;
    return true;
}

void close_datasets(server *s) {
    for (opened *o = s->opened; o != NULL && o < s->opened + KEPT; o++)
        forget(o);
}

/* ---- elements in memory as columns ---- */

/* Numbers of 1, 2, 4 or 8 bytes that are `step` bytes apart, side by side. */
static void gather(const uint8_t *from, size_t count, size_t step, size_t size, uint8_t *to) {
    if (step == size) {
        memcpy(to, from, count * size);
        return;
    }
    switch (size) {
    case 1:
        for (size_t i = 0; i < count; i++)
            to[i] = from[i * step];
        break;
    case 2:
        for (size_t i = 0; i < count; i++)
            memcpy(to + 2 * i, from + i * step, 2);
        break;
    case 4:
        for (size_t i = 0; i < count; i++)
            memcpy(to + 4 * i, from + i * step, 4);
        break;
    default:
        for (size_t i = 0; i < count; i++)
            memcpy(to + 8 * i, from + i * step, 8);
    }
}

/* The letters of a text without what it is filled up with. */
static const char *letters(const column *c, const uint8_t *element, size_t *length) {
    const char *text = (const char *)element;
    if (!c->fixed) {
        memcpy(&text, element, sizeof text);
        *length = text != NULL ? strlen(text) : 0;
        return text;
    }
    const char *end = memchr(text, '\0', c->size);
    *length = end != NULL ? (size_t)(end - text) : c->size;
    while (c->pad == ' ' && *length > 0 && text[*length - 1] == ' ')
        --*length;
    return text;
}

/* A list or a text of an element: *bytes (*count numbers of `size` bytes). */
static const void *piece(const column *c, const uint8_t *element, size_t *count) {
    hvl_t one;
    if (!c->lists)
        return letters(c, element, count);
    memcpy(&one, element, sizeof one);
    *count = one.p != NULL ? one.len : 0;
    return one.p;
}

static bool put_pieces(server *s, const column *c, const uint8_t *memory, size_t count, size_t step) {
    size_t size = vdib__hdf5_size(c->type), total = 0, one = 0;
    size_t place_of_total = s->reply.used;
    if (!put64(s, 0) || !put_padding(s))
        return false;
    for (size_t i = 0; i < count; i++) {
        (void)piece(c, memory + i * step + c->offset, &one);
        total += one;
        if (!put64(s, one))
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        const void *bytes = piece(c, memory + i * step + c->offset, &one);
        if (one > VDIB_HDF5_PAYLOAD / size || !put(s, bytes, one * size))
            return s->line[0] != '\0' ? false : refuse(s, "a list is too long");
    }
    const uint64_t all = total;
    memcpy(s->reply.bytes + place_of_total, &all, sizeof all);
    return put_padding(s);
}

static bool put_column(server *s, const column *c, const uint8_t *memory, size_t count, size_t step) {
    if (!put8(s, c->type) || !put8(s, c->lists))
        return false;
    if (c->type == VDIB_HDF5_NONE)
        return put64(s, 0) && put_padding(s);
    if (c->lists || c->type == VDIB_HDF5_TEXT)
        return put_pieces(s, c, memory, count, step);
    if (!put64(s, count) || !put_padding(s))
        return false;
    uint8_t *room = put_room(s, count * c->size);
    if (room == NULL)
        return false;
    gather(memory + c->offset, count, step, c->size, room);
    return put_padding(s);
}

static bool put_columns(server *s, const elements *e, const uint8_t *memory, size_t count) {
    bool fine = put8(s, (uint8_t)e->columns);
    for (size_t i = 0; fine && i < e->columns; i++)
        fine = put_column(s, &e->column[i], memory, count, e->size);
    return fine;
}

/* ---- reading ---- */

/* Memory of lists, of which there may be no more than a reply holds. */
static void *list_memory(size_t size, void *used) {
    size_t *sum = used;
    if (size > VDIB_HDF5_PAYLOAD - *sum)
        return NULL;
    *sum += size;
    return malloc(size);
}

static void list_free(void *memory, void *unused) {
    (void)unused;
    free(memory);
}

/* Room for elements, at least one byte; NULL: they are too many. */
static uint8_t *room_for(server *s, const elements *e, uint64_t count) {
    uint64_t most = 4 * (uint64_t)VDIB_HDF5_PAYLOAD;
    uint8_t *memory = NULL; /* lists and texts begin as none */
    if (e->size == 0 || count <= most / e->size)
        memory = e->holds_memory ? calloc((size_t)count + 1, e->size) : malloc((size_t)count * e->size + 1);
    if (memory == NULL)
        refuse(s, "%llu elements are too many to be read at once", (unsigned long long)count);
    return memory;
}

/* Gives back what lists and texts of `count` elements point to. */
static void reclaim(const elements *e, uint64_t count, hid_t transfer, void *memory) {
    hsize_t size = count;
    hid_t space = e->holds_memory && count > 0 ? H5Screate_simple(1, &size, NULL) : -1;
    if (space < 0)
        return;
    H5Dvlen_reclaim(e->memory, space, transfer, memory);
    H5Sclose(space);
}

static herr_t read_range(const opened *o, uint64_t first, uint64_t rows, hid_t transfer, void *memory) {
    hsize_t start[VDIB_HDF5_RANK] = {first}, count[VDIB_HDF5_RANK], size = rows * o->e.width;
    hid_t file = H5Dget_space(o->dataset), space = H5Screate_simple(1, &size, NULL);
    herr_t done = -1;
    filter_chunk_bytes = o->chunk_bytes;
    for (int d = 0; d < o->e.rank; d++)
        count[d] = d == 0 ? rows : o->e.shape[d];
    if (file >= 0 && space >= 0 &&
        (o->e.rank == 0 || H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) >= 0))
        done = H5Dread(o->dataset, o->e.memory, space, file, transfer, memory);
    H5Sclose(space);
    H5Sclose(file);
    return done;
}

/* How lists are read: few at a time, for which libhdf5 would clear a buffer of a megabyte. */
static hid_t transfer_for(const opened *o, uint64_t count, size_t *used) {
    enum { LEAST = 4096, LIST = 16 };
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_vlen_mem_manager(transfer, list_memory, used, list_free, NULL);
    if (o->e.columns == 1 && o->e.column[0].lists && o->e.size <= LIST && count <= LEAST / LIST)
        H5Pset_buffer(transfer, LEAST, NULL, NULL);
    return transfer;
}

static bool put_dataset(server *s, const place *at, uint64_t first, uint64_t rows) {
    opened *o = NULL;
    size_t used = 0;
    if (!open_dataset(s, at->path, &o))
        return false;
    if (!check_filters(s, o->dataset, at->path))
        return false;
    if (first > o->e.rows || rows > o->e.rows - first || (o->e.width > 0 && rows > UINT32_MAX / o->e.width))
        return refuse(s, "%s has no %llu rows from row %llu on", at->path, (unsigned long long)rows,
                      (unsigned long long)first);
    uint64_t count = rows * o->e.width;
    uint8_t *memory = room_for(s, &o->e, count);
    if (memory == NULL)
        return false;
    hid_t transfer = transfer_for(o, count, &used);
    bool read = count == 0 || o->e.memory < 0 || read_range(o, first, rows, transfer, memory) >= 0;
    bool fine = read ? put_columns(s, &o->e, memory, (size_t)count)
                     : refuse_because(s, "%s: rows %llu to %llu cannot be read", at->path, (unsigned long long)first,
                                      (unsigned long long)(first + rows));
    if (read)
        reclaim(&o->e, count, transfer, memory);
    H5Pclose(transfer);
    free(memory);
    return fine;
}

static bool put_attribute(server *s, const place *at) {
    elements e;
    hid_t attribute = H5Aopen_by_name(s->file, at->path, at->attribute, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0)
        return refuse_because(s, "%s@%s cannot be opened", at->path, at->attribute);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    if (!describe(s, type, space, &e))
        return false;
    uint64_t count = e.rows * e.width;
    uint8_t *memory = room_for(s, &e, count);
    if (memory == NULL)
        return false;
    bool read = count == 0 || e.memory < 0 || H5Aread(attribute, e.memory, memory) >= 0;
    bool fine = read ? put_columns(s, &e, memory, (size_t)count)
                     : refuse_because(s, "%s@%s cannot be read", at->path, at->attribute);
    if (read)
        reclaim(&e, count, H5P_DEFAULT, memory);
    free(memory);
    describe_end(&e);
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(attribute);
    return fine;
}

bool read_rows(server *s) {
    uint64_t first = vdib__hdf5_take64(&s->message), rows = vdib__hdf5_take64(&s->message);
    unsigned count = vdib__hdf5_take16(&s->message);
    if (s->message.short_of || count > VDIB_HDF5_PLACES)
        return refuse_request(s);
    for (unsigned i = 0; i < count; i++) {
        place at;
        if (!take_place(s, &at))
            return false;
        if (!(at.attribute[0] != '\0' ? put_attribute(s, &at) : put_dataset(s, &at, first, rows)))
            return false;
    }
    return true;
}
