/* SPDX-License-Identifier: MIT */
#include "events/readers/flat.h"

#include <string.h>

#include "events/words.h"

enum { OFFSET = 4, VTABLE_HEADER = 4, VTABLE_ENTRY = 2, IDENTIFIER = 4 };

/* Whether [place, place + bytes) can be looked at; sets `wrong` if not. */
static bool is_inside(vdib__flat *flat, uint64_t place, uint64_t bytes) {
    if (place <= flat->size && bytes <= flat->size - place)
        return true;
    flat->wrong = true;
    return false;
}

int64_t vdib__flat_at(vdib__flat *flat, uint64_t place, size_t bytes) {
    if (!is_inside(flat, place, bytes))
        return 0;
    const uint8_t *at = flat->bytes + place;
    switch (bytes) {
    case 1:
        return (int8_t)*at;
    case 2:
        return (int16_t)vdib__little16(at);
    case 4:
        return (int32_t)vdib__little32(at);
    default:
        return (int64_t)vdib__little64(at);
    }
}

size_t vdib__flat_follow(vdib__flat *flat, uint64_t place) {
    if (!is_inside(flat, place, OFFSET))
        return 0;
    uint64_t target = place + vdib__little32(flat->bytes + place);
    if (target == place || !is_inside(flat, target, OFFSET))
        flat->wrong = true;
    return flat->wrong ? 0 : (size_t)target;
}

size_t vdib__flat_root(vdib__flat *flat, const char *identifier) {
    if (!is_inside(flat, OFFSET, IDENTIFIER) || memcmp(flat->bytes + OFFSET, identifier, IDENTIFIER) != 0)
        flat->wrong = true;
    return vdib__flat_follow(flat, 0);
}

size_t vdib__flat_field(vdib__flat *flat, size_t table, unsigned field, size_t bytes) {
    if (table == 0 || flat->wrong || !is_inside(flat, table, OFFSET))
        return 0;
    int64_t vtable = (int64_t)table - (int32_t)vdib__little32(flat->bytes + table);
    uint64_t entry = VTABLE_HEADER + (uint64_t)VTABLE_ENTRY * field;
    if (vtable < 0 || !is_inside(flat, (uint64_t)vtable, VTABLE_HEADER)) {
        flat->wrong = true;
        return 0;
    }
    if (entry + VTABLE_ENTRY > vdib__little16(flat->bytes + vtable) ||
        !is_inside(flat, (uint64_t)vtable + entry, VTABLE_ENTRY))
        return 0;
    unsigned within = vdib__little16(flat->bytes + (uint64_t)vtable + entry);
    return within != 0 && is_inside(flat, table + (uint64_t)within, bytes) ? table + within : 0;
}

int64_t vdib__flat_number(vdib__flat *flat, size_t table, unsigned field, size_t bytes, int64_t otherwise) {
    size_t at = vdib__flat_field(flat, table, field, bytes);
    return at != 0 ? vdib__flat_at(flat, at, bytes) : otherwise;
}

uint64_t vdib__flat_vector(vdib__flat *flat, size_t table, unsigned field, size_t bytes, uint64_t *count) {
    size_t at = vdib__flat_field(flat, table, field, OFFSET);
    *count = 0;
    size_t vector = at != 0 ? vdib__flat_follow(flat, at) : 0;
    if (vector == 0)
        return 0;
    uint64_t first = (uint64_t)vector + OFFSET, elements = vdib__little32(flat->bytes + vector);
    if (first > flat->whole || elements > (flat->whole - first) / bytes) {
        flat->wrong = true;
        return 0;
    }
    *count = elements;
    return first;
}
