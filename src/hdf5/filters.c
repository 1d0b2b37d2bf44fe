/* SPDX-License-Identifier: MIT */
#include "hdf5/filters.h"

#include <stdlib.h>
#include <string.h>

#include "hdf5/server.h"

static const filter *const table[] = {
    &filter_ecf,   &filter_lzf,
#ifdef VDIB_HAS_LZ4
    &filter_lz4,
#endif
#ifdef VDIB_HAS_BZIP2
    &filter_bzip2,
#endif
#ifdef VDIB_HAS_ZSTD
    &filter_zstd,
#endif
#ifdef VDIB_HAS_BLOSC
    &filter_blosc,
#endif
};

size_t filter_chunk_bytes;

decoded filter_room(size_t size) {
    enum { MOST = 1 << 30 };
    decoded made = {.bytes = NULL, .size = size > filter_chunk_bytes ? size : filter_chunk_bytes};
    if (made.size > 0 && made.size <= MOST)
        made.bytes = malloc(made.size);
    if (made.bytes != NULL)
        memset(made.bytes + size, 0, made.size - size);
    return made;
}

/* What libhdf5 calls; 0 is failure. */
static size_t run(const filter *f, unsigned flags, size_t count, const unsigned *values, size_t size, size_t *capacity,
                  void **content) {
    decoded made = {.bytes = NULL};
    if ((flags & H5Z_FLAG_REVERSE) != 0)
        made = f->decode(*content, size, values, count);
    else if (f->encode != NULL)
        made = f->encode(*content, size);
    if (made.bytes == NULL)
        return 0;
    free(*content);
    *content = made.bytes;
    *capacity = made.size;
    return made.size;
}

/* libhdf5 gives its function no pointer of ours: a function for each row. */
#define RUN(name)                                                                                                      \
    static size_t run_##name(unsigned flags, size_t count, const unsigned *values, size_t size, size_t *capacity,      \
                             void **content) {                                                                         \
        return run(&filter_##name, flags, count, values, size, capacity, content);                                     \
    }
RUN(ecf)
RUN(lzf)
#ifdef VDIB_HAS_LZ4
RUN(lz4)
#endif
#ifdef VDIB_HAS_BZIP2
RUN(bzip2)
#endif
#ifdef VDIB_HAS_ZSTD
RUN(zstd)
#endif
#ifdef VDIB_HAS_BLOSC
RUN(blosc)
#endif

static const H5Z_func_t functions[] = {
    run_ecf,   run_lzf,
#ifdef VDIB_HAS_LZ4
    run_lz4,
#endif
#ifdef VDIB_HAS_BZIP2
    run_bzip2,
#endif
#ifdef VDIB_HAS_ZSTD
    run_zstd,
#endif
#ifdef VDIB_HAS_BLOSC
    run_blosc,
#endif
};

bool register_filters(void) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const H5Z_class2_t row = {.version = H5Z_CLASS_T_VERS,
                                  .id = table[i]->number,
                                  .encoder_present = table[i]->encode != NULL,
                                  .decoder_present = 1,
                                  .name = table[i]->name,
                                  .filter = functions[i]};
        if (H5Zregister(&row) < 0)
            return false;
    }
    return true;
}
