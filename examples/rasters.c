/* SPDX-License-Identifier: MIT */
/* Spike rasters and the arrays of other programs: made from pairs, shown without a copy, borrowed without a copy.
 *
 *     cc rasters.c -lvdib -o rasters
 *     ./rasters
 */
#include <stdio.h>

#include <vdib/vdib.h>

/* Prints a raster's rows from its two arrays. */
static vdib_status print(const char *name, const vdib_raster *raster) {
    const size_t *offsets = NULL;
    const uint32_t *channels = NULL;
    vdib_status status = vdib_raster_view(raster, &offsets, &channels);
    printf("%s:", name);
    for (size_t t = 0; t < vdib_raster_steps(raster) && status == VDIB_OK; t++)
        for (size_t s = offsets[t]; s < offsets[t + 1]; s++)
            printf(" (%zu, %u)", t, (unsigned)channels[s]);
    putchar('\n');
    return status;
}

static vdib_status run(void) {
    static const uint32_t steps[] = {2, 0, 2, 1, 0}, channels[] = {4, 3, 1, 0, 3};
    static const size_t offsets[] = {0, 2, 2, 3}; /* three rows of a sparse matrix, in compressed form */
    static const uint32_t columns[] = {0, 4, 2};
    vdib_raster *made = NULL, *borrowed = NULL;
    size_t repeated = 0;
    vdib_status status = vdib_raster_create(5, 3, &made);
    if (status == VDIB_OK)
        status = vdib_raster_from_pairs(made, steps, channels, 5, &repeated);
    if (status == VDIB_OK)
        status = print("made", made);
    if (status == VDIB_OK)
        printf("given twice: %zu\n", repeated);
    if (status == VDIB_OK)
        status = vdib_raster_borrow(5, 3, offsets, columns, &borrowed);
    if (status == VDIB_OK)
        status = print("borrowed", borrowed);
    vdib_raster_destroy(borrowed); /* the arrays stay the program's */
    vdib_raster_destroy(made);
    return status;
}

int main(void) {
    if (run() != VDIB_OK) {
        fprintf(stderr, "%s\n", vdib_last_message());
        return 1;
    }
    return 0;
}
