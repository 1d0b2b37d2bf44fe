/* SPDX-License-Identifier: MIT */
/* Images of any size for a network that reads sides of 16 to 64 pixels: means of blocks of large ones, zeros around
 * small ones. What fits is read as it is. */
#include <string.h>

#include "eval/judge.h"

static size_t blocks_of(size_t side, size_t block) {
    return (side + block - 1) / block;
}

/* What the network reads of a side. */
static size_t fitted_side(size_t side, size_t block) {
    size_t blocks = blocks_of(side, block);
    return blocks < VDIB_JUDGE_SIDE ? VDIB_JUDGE_SIDE : blocks;
}

void vdib__judge_fit_shape(vdib__judge *judge, size_t channels, size_t height, size_t width) {
    size_t larger = height > width ? height : width;
    judge->channels = channels;
    judge->image_height = height;
    judge->image_width = width;
    judge->block = blocks_of(larger, VDIB_JUDGE_MOST);
    judge->height = fitted_side(height, judge->block);
    judge->width = fitted_side(width, judge->block);
}

/* Mean of a block, which may be cut at the image's right and lower edge. */
static float mean_of(const vdib__judge *judge, const float *map, size_t row, size_t column) {
    size_t last_row = (row + 1) * judge->block, last_column = (column + 1) * judge->block;
    double sum = 0;
    last_row = last_row < judge->image_height ? last_row : judge->image_height;
    last_column = last_column < judge->image_width ? last_column : judge->image_width;
    for (size_t y = row * judge->block; y < last_row; y++)
        for (size_t x = column * judge->block; x < last_column; x++)
            sum += (double)map[y * judge->image_width + x];
    return (float)(sum / (double)((last_row - row * judge->block) * (last_column - column * judge->block)));
}

void vdib__judge_fit(const vdib__judge *judge, const float *images, size_t count, float *fitted) {
    size_t rows = blocks_of(judge->image_height, judge->block), columns = blocks_of(judge->image_width, judge->block);
    size_t top = (judge->height - rows) / 2, left = (judge->width - columns) / 2;
    memset(fitted, 0, count * judge->channels * judge->height * judge->width * sizeof *fitted);
    for (size_t i = 0; i < count * judge->channels; i++) {
        const float *map = images + i * judge->image_height * judge->image_width;
        float *to = fitted + i * judge->height * judge->width;
        for (size_t row = 0; row < rows; row++)
            for (size_t column = 0; column < columns; column++)
                to[(top + row) * judge->width + left + column] = mean_of(judge, map, row, column);
    }
}
