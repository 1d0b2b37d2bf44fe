/* SPDX-License-Identifier: MIT */
/* Types of a file, and what becomes of them in memory: numbers of the machine, lists of these, texts, and compounds
 * whose members are such. */
#include "hdf5/server.h"

#include <stdlib.h>

#include "core/hdf5.h"

hid_t native_of(unsigned type) {
    switch (type) {
    case VDIB_HDF5_INT8:
        return H5T_NATIVE_INT8;
    case VDIB_HDF5_INT16:
        return H5T_NATIVE_INT16;
    case VDIB_HDF5_INT32:
        return H5T_NATIVE_INT32;
    case VDIB_HDF5_INT64:
        return H5T_NATIVE_INT64;
    case VDIB_HDF5_UINT8:
        return H5T_NATIVE_UINT8;
    case VDIB_HDF5_UINT16:
        return H5T_NATIVE_UINT16;
    case VDIB_HDF5_UINT32:
        return H5T_NATIVE_UINT32;
    case VDIB_HDF5_UINT64:
        return H5T_NATIVE_UINT64;
    case VDIB_HDF5_FLOAT32:
        return H5T_NATIVE_FLOAT;
    case VDIB_HDF5_FLOAT64:
        return H5T_NATIVE_DOUBLE;
    default:
        return -1;
    }
}

static uint8_t integer_of(size_t size, bool has_sign) {
    unsigned power = size <= 1 ? 0 : size <= 2 ? 1 : size <= 4 ? 2 : size <= 8 ? 3 : 4;
    return (uint8_t)(power > 3 ? VDIB_HDF5_NONE : (has_sign ? VDIB_HDF5_INT8 : VDIB_HDF5_UINT8) + power);
}

static hid_t bits_of(uint8_t type) {
    return type == VDIB_HDF5_UINT8    ? H5T_NATIVE_B8
           : type == VDIB_HDF5_UINT16 ? H5T_NATIVE_B16
           : type == VDIB_HDF5_UINT32 ? H5T_NATIVE_B32
                                      : H5T_NATIVE_B64;
}

/* The type in memory (the caller's) of numbers, and which type of ours it is; -1: they are none. */
static hid_t number_type(hid_t type, uint8_t *found) {
    size_t size = H5Tget_size(type);
    hid_t base = -1, made = -1;
    *found = VDIB_HDF5_NONE;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        *found = integer_of(size, H5Tget_sign(type) == H5T_SGN_2);
        break;
    case H5T_FLOAT:
        *found = size <= sizeof(float) ? VDIB_HDF5_FLOAT32 : VDIB_HDF5_FLOAT64;
        break;
    case H5T_BITFIELD:
        *found = integer_of(size, false);
        return *found != VDIB_HDF5_NONE ? H5Tcopy(bits_of(*found)) : -1;
    case H5T_ENUM: /* where its integers are the machine's they stay as they are, which is quicker */
        base = H5Tget_super(type);
        made = base >= 0 ? number_type(base, found) : -1;
        if (made >= 0 && H5Tequal(base, made) > 0) {
            H5Tclose(made);
            made = H5Tcopy(type);
        }
        H5Tclose(base);
        return made;
    default:
        return -1;
    }
    return *found != VDIB_HDF5_NONE ? H5Tcopy(native_of(*found)) : -1;
}

static hid_t text_type(hid_t type, column *c) {
    c->type = VDIB_HDF5_TEXT;
    c->fixed = H5Tis_variable_str(type) <= 0;
    c->pad = c->fixed && H5Tget_strpad(type) == H5T_STR_SPACEPAD ? ' ' : '\0';
    return H5Tcopy(type);
}

static hid_t list_type(hid_t type, column *c) {
    hid_t base = H5Tget_super(type), number = base >= 0 ? number_type(base, &c->type) : -1;
    hid_t made = number >= 0 ? H5Tvlen_create(number) : -1;
    c->lists = made >= 0;
    if (number >= 0)
        H5Tclose(number);
    if (base >= 0)
        H5Tclose(base);
    return made;
}

/* A type that is no compound: its column, and its type in memory; -1 if it is not delivered. */
static hid_t simple_type(hid_t type, column *c) {
    hid_t made = -1;
    switch (H5Tget_class(type)) {
    case H5T_STRING:
        made = text_type(type, c);
        break;
    case H5T_VLEN:
        made = list_type(type, c);
        break;
    default:
        made = number_type(type, &c->type);
    }
    if (made < 0)
        c->type = VDIB_HDF5_NONE;
    c->size = made >= 0 ? H5Tget_size(made) : 0;
    return made;
}

/* The members of a compound type. They keep the offsets that they have in the file where they are as large in memory,
 * because libhdf5 then copies nothing. */
static bool members(hid_t type, elements *e, hid_t types[VDIB_HDF5_COLUMNS]) {
    int count = H5Tget_nmembers(type);
    size_t packed = 0;
    bool same = true;
    if (count < 0 || count > VDIB_HDF5_COLUMNS)
        return false;
    for (unsigned i = 0; i < (unsigned)count; i++) {
        hid_t member = H5Tget_member_type(type, i);
        column *c = &e->column[i];
        e->columns = i + 1;
        c->name = H5Tget_member_name(type, i);
        types[i] = member >= 0 ? simple_type(member, c) : -1;
        same = same && types[i] >= 0 && c->size == H5Tget_size(member);
        c->offset = packed;
        packed += c->size;
        if (member >= 0)
            H5Tclose(member);
    }
    for (unsigned i = 0; same && i < (unsigned)count; i++)
        e->column[i].offset = H5Tget_member_offset(type, i);
    e->size = same ? H5Tget_size(type) : packed;
    return true;
}

static bool compound(server *s, hid_t type, elements *e) {
    hid_t types[VDIB_HDF5_COLUMNS];
    if (!members(type, e, types))
        return refuse(s, "a compound type has more than %d members; leave out some", VDIB_HDF5_COLUMNS);
    e->memory = e->size > 0 ? H5Tcreate(H5T_COMPOUND, e->size) : -1;
    for (size_t i = 0; i < e->columns; i++) {
        if (types[i] < 0)
            continue;
        if (e->memory >= 0 && H5Tinsert(e->memory, e->column[i].name, e->column[i].offset, types[i]) < 0)
            return refuse_because(s, "a compound type cannot be read");
        H5Tclose(types[i]);
    }
    return true;
}

static bool describe_shape(server *s, hid_t space, elements *e) {
    H5S_class_t kind = H5Sget_simple_extent_type(space);
    e->rank = kind == H5S_SIMPLE ? H5Sget_simple_extent_ndims(space) : 0;
    if (kind == H5S_NO_CLASS || e->rank < 0 || e->rank > VDIB_HDF5_RANK)
        return refuse(s, "an array has %d dimensions, of which %d at most are read", e->rank, VDIB_HDF5_RANK);
    if (e->rank > 0 && H5Sget_simple_extent_dims(space, e->shape, NULL) < 0)
        return refuse_because(s, "the shape of an array cannot be read");
    e->rows = kind == H5S_NULL ? 0 : e->rank > 0 ? e->shape[0] : 1;
    if (kind == H5S_NULL) { /* an array of no elements */
        e->rank = 1;
        e->shape[0] = 0;
    }
    e->width = 1;
    for (int d = 1; d < e->rank; d++) {
        if (e->shape[d] != 0 && e->width > (UINT64_MAX >> 2) / e->shape[d])
            return refuse(s, "an array is too large");
        e->width *= e->shape[d];
    }
    return true;
}

bool describe(server *s, hid_t type, hid_t space, elements *e) {
    *e = (elements){.memory = -1};
    if (type < 0 || space < 0)
        return refuse_because(s, "an array cannot be opened");
    if (!describe_shape(s, space, e))
        return false;
    if (H5Tget_class(type) == H5T_COMPOUND) {
        if (!compound(s, type, e))
            return false;
    } else {
        e->columns = 1;
        e->memory = simple_type(type, &e->column[0]);
        e->size = e->column[0].size;
    }
    for (size_t i = 0; i < e->columns; i++)
        e->holds_memory =
            e->holds_memory || e->column[i].lists || (e->column[i].type == VDIB_HDF5_TEXT && !e->column[i].fixed);
    return true;
}

void describe_end(elements *e) {
    if (e->memory >= 0)
        H5Tclose(e->memory);
    for (size_t i = 0; i < e->columns; i++)
        if (e->column[i].name != NULL)
            H5free_memory(e->column[i].name);
    e->memory = -1;
    e->columns = 0;
}
