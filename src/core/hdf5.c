/* SPDX-License-Identifier: MIT */
#include "core/hdf5.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hdf5_file.h"

bool vdib__hdf5_is(const uint8_t *bytes, size_t count) {
    static const uint8_t signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    enum { LEAST_USER_BLOCK = 512 };
    for (size_t at = 0; at + sizeof signature <= count; at = at == 0 ? LEAST_USER_BLOCK : 2 * at)
        if (memcmp(bytes + at, signature, sizeof signature) == 0)
            return true;
    return false;
}

/* ---- opening ---- */

vdib_status vdib__hdf5_open_descriptor(const char *path, int descriptor, vdib__hdf5 **file) {
    vdib__hdf5 *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__helper_start(path, descriptor, false, &made->helper);
    if (status != VDIB_OK) {
        vdib__free(made);
        return status;
    }
    *file = made;
    return VDIB_OK;
}

vdib_status vdib__hdf5_open(const char *path, vdib__hdf5 **file) {
    int descriptor = -1;
    VDIB_TRY(vdib__file_open_descriptor(path, &descriptor));
    vdib_status status = vdib__hdf5_open_descriptor(path, descriptor, file);
    (void)close(descriptor);
    return status;
}

vdib_status vdib__hdf5_open_socket(const char *path, int socket, vdib__hdf5 **file) {
    vdib__hdf5 *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    vdib_status status = vdib__helper_of(path, socket, &made->helper);
    if (status != VDIB_OK) {
        vdib__hdf5_close(made);
        return status;
    }
    *file = made;
    return VDIB_OK;
}

void vdib__hdf5_close(vdib__hdf5 *file) {
    if (file == NULL)
        return;
    vdib__helper_stop(&file->helper);
    vdib__free(file->helper.path);
    vdib__free(file->helper.reply);
    for (size_t i = 0; i < VDIB_HDF5_SEEN; i++)
        vdib__free(file->seen[i].path);
    vdib__free(file);
}

/* ---- what is there ---- */

vdib_status vdib__hdf5_place_of(const vdib__hdf5 *file, const char *path, const char *attribute,
                                vdib__hdf5_place *place) {
    size_t length = strlen(path), more = attribute != NULL ? strlen(attribute) : 0;
    if (length == 0 || length + more > VDIB_HDF5_NAME)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: the path of an object has %zu bytes, not 1 to %d", file->helper.path,
                          length + more, VDIB_HDF5_NAME);
    uint16_t sizes[2] = {(uint16_t)length, (uint16_t)more};
    memcpy(place->bytes, &sizes[0], sizeof sizes[0]);
    memcpy(place->bytes + 2, path, length);
    memcpy(place->bytes + 2 + length, &sizes[1], sizeof sizes[1]);
    if (more > 0)
        memcpy(place->bytes + 4 + length, attribute, more);
    place->size = 4 + length + more;
    return VDIB_OK;
}

static bool take_column(vdib__hdf5_message *reply, vdib__hdf5_column *column) {
    uint8_t type = vdib__hdf5_take8(reply), lists = vdib__hdf5_take8(reply);
    size_t length = vdib__hdf5_take16(reply);
    const char *name = vdib__hdf5_take(reply, length);
    if (name == NULL || type >= VDIB_HDF5_TYPES || lists > 1 || memchr(name, '\0', length) != NULL)
        return false;
    *column = (vdib__hdf5_column){.type = (vdib__hdf5_type)type, .lists = lists == 1};
    if (length < VDIB_HDF5_COLUMN_NAME)
        memcpy(column->name, name, length);
    else /* nobody asks for such names */
        column->type = VDIB_HDF5_NONE;
    return true;
}

/* The rows and the width that follow from the shape; false if their product has more than 62 bits. */
static bool multiply(vdib__hdf5_info *info) {
    info->rows = info->rank > 0 ? info->shape[0] : 1;
    info->width = 1;
    for (size_t d = 1; d < info->rank; d++) {
        if (info->shape[d] != 0 && info->width > (UINT64_MAX >> 2) / info->shape[d])
            return false;
        info->width *= info->shape[d];
    }
    return info->width == 0 || info->rows <= (UINT64_MAX >> 2) / info->width;
}

static bool take_info(vdib__hdf5_message *reply, vdib__hdf5_info *info) {
    uint8_t kind = vdib__hdf5_take8(reply), rank = vdib__hdf5_take8(reply), columns = vdib__hdf5_take8(reply);
    uint8_t home = vdib__hdf5_take8(reply);
    *info = (vdib__hdf5_info){.kind = (vdib__hdf5_kind)kind, .rank = rank, .columns = columns};
    info->home = (vdib__hdf5_home)home;
    info->chunk = vdib__hdf5_take64(reply);
    info->stored = vdib__hdf5_take64(reply);
    if (reply->short_of || kind > VDIB_HDF5_IS_OTHER || home > VDIB_HDF5_VIRTUAL || rank > VDIB_HDF5_RANK ||
        columns > VDIB_HDF5_COLUMNS)
        return false;
    for (size_t d = 0; d < rank; d++)
        info->shape[d] = vdib__hdf5_take64(reply);
    for (size_t c = 0; c < columns; c++)
        if (!take_column(reply, &info->column[c]))
            return false;
    return !reply->short_of && reply->at == reply->end && multiply(info);
}

/* What was seen of a dataset before; NULL: nothing. */
static vdib__hdf5_seen *recall(vdib__hdf5 *file, const char *path) {
    for (size_t i = 0; i < VDIB_HDF5_SEEN && vdib__hdf5_is_alive(file); i++)
        if (file->seen[i].path != NULL && strcmp(file->seen[i].path, path) == 0)
            return &file->seen[i];
    return NULL;
}

static vdib_status remember(vdib__hdf5 *file, const char *path, const char *attribute, const vdib__hdf5_info *info) {
    vdib__hdf5_seen *seen = &file->seen[file->next_seen];
    char *copy = NULL;
    if (attribute != NULL || info->kind != VDIB_HDF5_IS_DATASET)
        return VDIB_OK;
    VDIB_TRY(vdib__strdup(path, &copy));
    vdib__free(seen->path);
    *seen = (vdib__hdf5_seen){.path = copy, .info = *info};
    file->next_seen = (file->next_seen + 1) % VDIB_HDF5_SEEN;
    return VDIB_OK;
}

vdib_status vdib__hdf5_look(vdib__hdf5 *file, const char *path, const char *attribute, vdib__hdf5_info *info) {
    const vdib__hdf5_seen *seen = attribute == NULL ? recall(file, path) : NULL;
    if (seen != NULL) {
        *info = seen->info;
        return VDIB_OK;
    }
    vdib__hdf5_message reply;
    vdib__hdf5_place place;
    vdib__hdf5_info made;
    VDIB_TRY(vdib__hdf5_place_of(file, path, attribute, &place));
    const vdib__helper_piece pieces[] = {{place.bytes, place.size}};
    VDIB_TRY(vdib__hdf5_ask(file, VDIB_HDF5_LOOK, pieces, 1, &reply));
    if (!take_info(&reply, &made))
        return vdib__helper_distrust(&file->helper);
    VDIB_TRY(remember(file, path, attribute, &made));
    *info = made;
    return VDIB_OK;
}

bool vdib__hdf5_has(vdib__hdf5 *file, const char *path, vdib__hdf5_kind kind) {
    vdib__hdf5_info info;
    return vdib__hdf5_look(file, path, NULL, &info) == VDIB_OK && info.kind == kind;
}

vdib_status vdib__hdf5_find(vdib__hdf5 *file, const char *path, vdib__hdf5_kind kind, bool *has) {
    vdib__hdf5_info info;
    vdib_status status = vdib__hdf5_look(file, path, NULL, &info);
    if (status != VDIB_OK && !vdib__hdf5_is_alive(file))
        return status;
    *has = status == VDIB_OK && info.kind == kind;
    return VDIB_OK;
}

void vdib__hdf5_names_free(vdib__hdf5_names *names) {
    for (size_t i = 0; names->names != NULL && i < names->count; i++)
        vdib__free(names->names[i]);
    vdib__free(names->names);
    vdib__free(names->kinds);
    *names = (vdib__hdf5_names){.count = 0};
}

/* One name of a list; false if there is none. */
static bool take_name(vdib__hdf5_message *reply, vdib__hdf5_kind *kind, char **name) {
    uint8_t number = vdib__hdf5_take8(reply);
    size_t length = vdib__hdf5_take16(reply);
    const char *letters = vdib__hdf5_take(reply, length);
    if (letters == NULL || number > VDIB_HDF5_IS_LINK || memchr(letters, '\0', length) != NULL ||
        VDIB_NEW(name, length + 1) != VDIB_OK)
        return false;
    memcpy(*name, letters, length);
    *kind = (vdib__hdf5_kind)number;
    return true;
}

vdib_status vdib__hdf5_list(vdib__hdf5 *file, const char *path, bool attributes, vdib__hdf5_names *names) {
    enum { LEAST = 3 }; /* bytes of an entry */
    vdib__hdf5_names made = {.count = 0};
    vdib__hdf5_message reply;
    vdib__hdf5_place place;
    const uint8_t which = attributes;
    VDIB_TRY(vdib__hdf5_place_of(file, path, NULL, &place));
    const vdib__helper_piece pieces[] = {{&which, 1}, {place.bytes, place.size}};
    VDIB_TRY(vdib__hdf5_ask(file, VDIB_HDF5_LIST, pieces, 2, &reply));
    size_t count = vdib__hdf5_take32(&reply);
    if (reply.short_of || count > (size_t)(reply.end - reply.at) / LEAST)
        return vdib__helper_distrust(&file->helper);
    vdib_status status = VDIB_NEW(&made.names, count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made.kinds, count);
    for (; status == VDIB_OK && made.count < count; made.count++)
        if (!take_name(&reply, &made.kinds[made.count], &made.names[made.count]))
            status = vdib__helper_distrust(&file->helper);
    if (status != VDIB_OK)
        vdib__hdf5_names_free(&made);
    else
        *names = made;
    return status;
}

/* ---- rows ---- */

/* An array of a reply, which must have `elements`, or lists of them. */
static bool take_array(vdib__hdf5_message *reply, const vdib__hdf5_column *column, size_t elements,
                       vdib__hdf5_array *array) {
    uint8_t type = vdib__hdf5_take8(reply), lists = vdib__hdf5_take8(reply);
    uint64_t count = vdib__hdf5_take64(reply), sum = 0;
    bool lengths = column->lists || column->type == VDIB_HDF5_TEXT;
    size_t size = vdib__hdf5_size(column->type);
    vdib__hdf5_take_padding(reply);
    if (reply->short_of || type != column->type || (lists == 1) != column->lists || count > VDIB_HDF5_PAYLOAD ||
        (column->type == VDIB_HDF5_NONE && count > 0))
        return false;
    *array = (vdib__hdf5_array){.type = column->type, .count = (size_t)count, .elements = elements};
    if (column->type == VDIB_HDF5_NONE)
        return true;
    if (lengths)
        array->lengths = vdib__hdf5_take(reply, (uint64_t)elements * sizeof *array->lengths);
    if (lengths && array->lengths == NULL)
        return false;
    for (size_t i = 0; lengths && i < elements; i++) {
        if (array->lengths[i] > count - sum)
            return false;
        sum += array->lengths[i];
    }
    array->values = vdib__hdf5_take(reply, count * size);
    vdib__hdf5_take_padding(reply);
    return !reply->short_of && count == (lengths ? sum : elements);
}

bool vdib__hdf5_take_arrays(vdib__hdf5_message *reply, const vdib__hdf5_info *info, uint64_t rows,
                            vdib__hdf5_array *arrays) {
    if (vdib__hdf5_take8(reply) != info->columns || reply->short_of)
        return false;
    for (size_t c = 0; c < info->columns; c++)
        if (!take_array(reply, &info->column[c], (size_t)(rows * info->width), &arrays[c]))
            return false;
    return true;
}

bool vdib__hdf5_fits(const vdib__hdf5_info *info, uint64_t rows) {
    uint64_t bytes = 0;
    for (size_t c = 0; c < info->columns; c++)
        bytes += vdib__hdf5_size(info->column[c].type) + (info->column[c].lists ? 8 : 0);
    uint64_t most = (VDIB_HDF5_PAYLOAD - 1024) / (bytes > 0 ? bytes : 1);
    return info->width == 0 || rows <= most / info->width;
}

static vdib_status read_place(vdib__hdf5 *file, const char *path, const char *attribute, const vdib__hdf5_info *info,
                              uint64_t first, uint64_t rows, vdib__hdf5_array *arrays) {
    vdib__hdf5_message reply;
    vdib__hdf5_place place;
    const uint64_t range[2] = {first, rows};
    const uint16_t one = 1;
    VDIB_TRY(vdib__hdf5_place_of(file, path, attribute, &place));
    if (first > info->rows || rows > info->rows - first || !vdib__hdf5_fits(info, rows))
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s: %llu rows from row %llu on are too many for one reading",
                          file->helper.path, path, (unsigned long long)rows, (unsigned long long)first);
    const vdib__helper_piece pieces[] = {{range, sizeof range}, {&one, sizeof one}, {place.bytes, place.size}};
    VDIB_TRY(vdib__hdf5_ask(file, VDIB_HDF5_READ, pieces, 3, &reply));
    if (!vdib__hdf5_take_arrays(&reply, info, rows, arrays))
        return vdib__helper_distrust(&file->helper);
    return VDIB_OK;
}

vdib_status vdib__hdf5_read(vdib__hdf5 *file, const char *path, const vdib__hdf5_info *info, uint64_t first,
                            uint64_t rows, vdib__hdf5_array *arrays) {
    vdib__hdf5_seen *seen = rows == 0 ? recall(file, path) : NULL;
    if (seen == NULL || !seen->readable)
        VDIB_TRY(read_place(file, path, NULL, info, first, rows, arrays));
    else
        for (size_t c = 0; c < info->columns; c++)
            arrays[c] = (vdib__hdf5_array){.type = info->column[c].type};
    if (seen != NULL)
        seen->readable = true;
    return VDIB_OK;
}

/* ---- numbers ---- */

double vdib__hdf5_real(const vdib__hdf5_array *array, size_t index) {
    switch (array->type) {
    case VDIB_HDF5_FLOAT32:
        return (double)((const float *)array->values)[index];
    case VDIB_HDF5_FLOAT64:
        return ((const double *)array->values)[index];
    case VDIB_HDF5_UINT64:
        return (double)((const uint64_t *)array->values)[index];
    default:
        return (double)vdib__hdf5_whole(array, index);
    }
}

static int64_t nearest(double value) {
    if (!isfinite(value))
        return 0;
    return value >= 0x1p63 ? INT64_MAX : value < -0x1p63 ? INT64_MIN : (int64_t)rint(value);
}

int64_t vdib__hdf5_whole(const vdib__hdf5_array *array, size_t index) {
    switch (array->type) {
    case VDIB_HDF5_INT8:
        return ((const int8_t *)array->values)[index];
    case VDIB_HDF5_INT16:
        return ((const int16_t *)array->values)[index];
    case VDIB_HDF5_INT32:
        return ((const int32_t *)array->values)[index];
    case VDIB_HDF5_INT64:
        return ((const int64_t *)array->values)[index];
    case VDIB_HDF5_UINT8:
    case VDIB_HDF5_TEXT:
        return ((const uint8_t *)array->values)[index];
    case VDIB_HDF5_UINT16:
        return ((const uint16_t *)array->values)[index];
    case VDIB_HDF5_UINT32:
        return ((const uint32_t *)array->values)[index];
    case VDIB_HDF5_UINT64: {
        uint64_t value = ((const uint64_t *)array->values)[index];
        return value > INT64_MAX ? INT64_MAX : (int64_t)value;
    }
    case VDIB_HDF5_FLOAT32:
    case VDIB_HDF5_FLOAT64:
        return nearest(vdib__hdf5_real(array, index));
    default:
        return 0;
    }
}

/* ---- small things as a whole ---- */

/* Looks at what must be there, with one column of numbers or of texts. */
static vdib_status look_at_whole(vdib__hdf5 *file, const char *path, const char *attribute, bool texts, size_t most,
                                 vdib__hdf5_info *info) {
    const char *name = attribute != NULL ? attribute : "", *mark = attribute != NULL ? "@" : "";
    VDIB_TRY(vdib__hdf5_look(file, path, attribute, info));
    bool is_text = info->columns == 1 && info->column[0].type == VDIB_HDF5_TEXT;
    if (info->kind != VDIB_HDF5_IS_DATASET)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: has no %s%s%s", file->helper.path, path, mark, name);
    if (info->columns != 1 || info->column[0].lists || info->column[0].type == VDIB_HDF5_NONE || is_text != texts)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s%s%s holds no %s", file->helper.path, path, mark, name,
                          texts ? "texts" : "numbers");
    if (info->rows * info->width > most)
        return vdib__fail(VDIB_ERROR_FORMAT, "%s: %s%s%s has %llu elements, not %zu at most", file->helper.path, path,
                          mark, name, (unsigned long long)(info->rows * info->width), most);
    return VDIB_OK;
}

vdib_status vdib__hdf5_numbers(vdib__hdf5 *file, const char *path, const char *attribute, size_t most, double **values,
                               size_t *count, vdib__hdf5_info *info) {
    enum { PIECE = 1 << 20 }; /* numbers that are read together */
    vdib__hdf5_info own;
    vdib__hdf5_array array;
    double *made = NULL;
    VDIB_TRY(look_at_whole(file, path, attribute, false, most, &own));
    size_t numbers = (size_t)(own.rows * own.width), capacity = 0, done = 0;
    uint64_t step = own.width > 0 && own.width < PIECE ? PIECE / own.width : 1;
    VDIB_TRY(VDIB_RESERVE(&made, &capacity, 1)); /* more as numbers come: a file may say that there are any number */
    step = attribute != NULL ? own.rows : step;  /* an attribute is read as a whole */
    for (uint64_t row = 0; row < own.rows && done < numbers; row += step) {
        uint64_t rows = own.rows - row < step ? own.rows - row : step;
        vdib_status status = read_place(file, path, attribute, &own, row, rows, &array);
        if (status == VDIB_OK)
            status = VDIB_RESERVE(&made, &capacity, done + array.count);
        if (status != VDIB_OK) {
            vdib__free(made);
            return status;
        }
        for (size_t i = 0; i < array.count; i++)
            made[done++] = vdib__hdf5_real(&array, i);
    }
    *values = made;
    *count = numbers;
    if (info != NULL)
        *info = own;
    return VDIB_OK;
}

vdib_status vdib__hdf5_number(vdib__hdf5 *file, const char *path, const char *attribute, double *value) {
    double *values = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__hdf5_numbers(file, path, attribute, 1, &values, &count, NULL));
    if (count == 1)
        *value = values[0];
    vdib__free(values);
    return count == 1 ? VDIB_OK : vdib__fail(VDIB_ERROR_FORMAT, "%s: %s is empty", file->helper.path, path);
}

vdib_status vdib__hdf5_texts(vdib__hdf5 *file, const char *path, const char *attribute, size_t most, char ***texts,
                             size_t *count, vdib__hdf5_info *info) {
    vdib__hdf5_info own;
    vdib__hdf5_array array;
    uint8_t *block = NULL;
    VDIB_TRY(look_at_whole(file, path, attribute, true, most, &own));
    VDIB_TRY(read_place(file, path, attribute, &own, 0, own.rows, &array));
    /* One block: pointers, then what they point to. */
    VDIB_TRY(VDIB_NEW(&block, array.elements * (sizeof(char *) + 1) + array.count + 1));
    char **pointers = (char **)(void *)block, *at = (char *)(pointers + array.elements);
    const char *from = array.values;
    for (size_t i = 0; i < array.elements; i++) {
        pointers[i] = at;
        if (array.lengths[i] > 0)
            memcpy(at, from, (size_t)array.lengths[i]);
        from += array.lengths[i];
        at += array.lengths[i] + 1;
    }
    *texts = pointers;
    *count = array.elements;
    if (info != NULL)
        *info = own;
    return VDIB_OK;
}

vdib_status vdib__hdf5_text(vdib__hdf5 *file, const char *path, const char *attribute, char **text) {
    char **texts = NULL;
    size_t count = 0;
    VDIB_TRY(vdib__hdf5_texts(file, path, attribute, 1, &texts, &count, NULL));
    vdib_status status = count == 1 ? vdib__strdup(texts[0], text)
                                    : vdib__fail(VDIB_ERROR_FORMAT, "%s: %s is empty", file->helper.path, path);
    vdib__free(texts);
    return status;
}
