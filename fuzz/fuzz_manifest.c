/* SPDX-License-Identifier: MIT */
/* Manifests, CSV and JSON lines: they are refused with a message, or every line has a text for each column, and lines
 * are counted upwards. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "data/manifest/manifest.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct seen {
    size_t rows, line, letters;
} seen;

static vdib_status take(void *user, const vdib__manifest_row *row) {
    seen *s = user;
    require(row->line > s->line || (s->rows == 0 && row->line >= 1));
    s->line = row->line;
    s->rows++;
    for (int c = 0; c < VDIB_MANIFEST_COLUMNS; c++) {
        require(row->values[c] != NULL);
        s->letters += strlen(row->values[c]);
    }
    return VDIB_OK;
}

typedef vdib_status reader(const char *path, char *text, size_t size, vdib__manifest_take *take, void *user,
                           vdib__manifest_ignored *ignored);

/* A text of its own: readers change it. */
static void read_by(reader *read, const uint8_t *data, size_t size) {
    char *text = NULL;
    seen s = {0};
    vdib__manifest_ignored ignored = {0};
    require(vdib__allocate(size + 1, 1, (void **)&text) == VDIB_OK);
    memcpy(text, data, size);
    if (read == vdib__manifest_read_csv)
        (void)vdib__manifest_is_csv(text);
    memcpy(text, data, size);
    if (read("fuzz", text, size, take, &s, &ignored) != VDIB_OK)
        require(vdib_last_message()[0] != '\0');
    require(s.rows <= size && s.line <= size + 1 && ignored.count <= size + 1);
    require(s.letters <= (read == vdib__manifest_read_csv ? size : 32 * size)); /* numbers of JSON are written out */
    require(memchr(ignored.first, '\0', sizeof ignored.first) != NULL);
    vdib__free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t nothing[1];
    read_by(vdib__manifest_read_csv, size > 0 ? data : nothing, size);
    read_by(vdib__manifest_read_json, size > 0 ? data : nothing, size);
    return 0;
}
