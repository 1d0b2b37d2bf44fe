/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "core/alloc.h"
#include "core/file.h"

#include <ftw.h>
#include <math.h>
#include <unistd.h>

void support_assert_status(vdib_status wanted, vdib_status got, const char *call, const char *file, int line) {
    if (wanted == got)
        return;
    print_error("%s: status %s, wanted %s; message: %s\n", call, vdib_status_name(got), vdib_status_name(wanted),
                vdib_last_message());
    _fail(file, line);
}

void support_assert_message(const char *part, const char *file, int line) {
    if (strstr(vdib_last_message(), part) != NULL)
        return;
    print_error("message \"%s\" does not contain \"%s\"\n", vdib_last_message(), part);
    _fail(file, line);
}

void support_assert_close_double(const double *got, const double *want, size_t count, double bound, const char *what,
                                 const char *file, int line) {
    double difference = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        difference += (got[i] - want[i]) * (got[i] - want[i]);
        norm += want[i] * want[i];
    }
    double error = norm > 0 ? sqrt(difference / norm) : sqrt(difference);
    if (error <= bound) /* false for NaN */
        return;
    print_error("%s: relative error %.3g of %zu values, allowed %.3g\n", what, error, count, bound);
    _fail(file, line);
}

static double *widened(const float *values, size_t count) {
    double *wide = malloc((count + 1) * sizeof *wide);
    if (wide == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        wide[i] = values[i];
    return wide;
}

void support_assert_close(const float *got, const float *want, size_t count, double bound, const char *what,
                          const char *file, int line) {
    double *g = widened(got, count), *w = widened(want, count);
    support_assert_close_double(g, w, count, bound, what, file, line);
    free(g);
    free(w);
}

uint64_t support_seed(uint64_t standard) {
    const char *given = getenv("VDIB_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : standard;
    print_message("VDIB_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* Parses "'shape': (3, 4), " of an .npy header into shape; returns the number of values. */
static size_t parse_shape(const char *header, size_t shape[4]) {
    const char *at = strstr(header, "'shape': (");
    assert_non_null(at);
    at += strlen("'shape': (");
    size_t count = 1;
    for (int a = 0; a < 4; a++) {
        shape[a] = 1;
        while (*at == ',' || *at == ' ')
            at++;
        if (*at == ')')
            continue;
        char *end = NULL;
        shape[a] = strtoull(at, &end, 10);
        assert_ptr_not_equal(end, at);
        at = end;
        count *= shape[a];
    }
    return count;
}

float *support_vector(const char *name, size_t shape[4]) {
    const char *folder = getenv("VDIB_VECTORS");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.npy", folder != NULL ? folder : VDIB_TEST_VECTORS, name);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        fail_msg("%s cannot be opened", path);
    unsigned char magic[10];
    assert_int_equal(fread(magic, 1, sizeof magic, stream), sizeof magic);
    assert_memory_equal(magic, "\x93NUMPY\x01", 7);
    char header[1024] = "";
    size_t length = (size_t)magic[8] | (size_t)magic[9] << 8;
    assert_true(length < sizeof header);
    assert_int_equal(fread(header, 1, length, stream), length);
    assert_non_null(strstr(header, "'<f4'"));
    assert_non_null(strstr(header, "'fortran_order': False"));
    size_t count = parse_shape(header, shape);
    float *values = malloc((count + 1) * sizeof *values);
    assert_non_null(values);
    assert_int_equal(fread(values, sizeof *values, count, stream), count);
    fclose(stream);
    return values;
}

char *support_folder(void) {
    const char *parent = getenv("TMPDIR");
    char template[512];
    snprintf(template, sizeof template, "%s/vdib-test-XXXXXX", parent != NULL && *parent != '\0' ? parent : "/tmp");
    char *made = mkdtemp(template);
    assert_non_null(made);
    return strdup(made);
}

static int remove_entry(const char *path, const struct stat *entry, int type, struct FTW *walk) {
    (void)entry, (void)type, (void)walk;
    return remove(path);
}

void support_folder_remove(char *folder) {
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

void support_take(void *user, const vdib__gradient_piece *piece) {
    support_sink *sink = user;
    for (size_t row = 0; row < piece->rows; row++)
        for (size_t i = 0; i < piece->width; i++) {
            size_t at = piece->offset + row * piece->stride + i;
            bool silent = piece->silent != NULL && piece->silent[row];
            assert_true(isnan(sink->gradients[at]));
            sink->gradients[at] = silent ? 0.0F : piece->values[row * piece->width + i];
            sink->parameters[at] = NAN;
        }
    atomic_fetch_add(&sink->taken, piece->rows * piece->width);
}

void support_check_document(const char *path, const char *begin_mark, const char *end_mark, const char *table,
                            const char *what) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(vdib__file_read(path, &bytes, &size));
    char *text = (char *)bytes, *begin = strstr(text, begin_mark), *end = strstr(text, end_mark);
    assert_true(begin != NULL && end != NULL && begin < end);
    begin += strlen(begin_mark);
    bool same = (size_t)(end - begin) == strlen(table) && memcmp(begin, table, strlen(table)) == 0;
    if (!same && getenv("VDIB_WRITE_DOCUMENTATION") != NULL) {
        FILE *stream = fopen(path, "wb");
        assert_non_null(stream);
        fprintf(stream, "%.*s%s%s", (int)(begin - text), text, table, end);
        assert_int_equal(fclose(stream), 0);
    } else if (!same) {
        fail_msg("%s does not list the %s as they are; run this test with VDIB_WRITE_DOCUMENTATION=1 once", path, what);
    }
    vdib__free(bytes);
}
