/* SPDX-License-Identifier: MIT */
/* What a presentation draws, and where it takes the pixels of a picture. */
#include "data/augment.h"

#include "core/mathematics.h"

/* Places of the numbers that every presentation draws, in step 0 of its key; single events have steps of their own
 * (augment_events.c). Values are pinned: they shape results. */
enum {
    DRAWN_DX,
    DRAWN_DY,
    DRAWN_ANGLE,
    DRAWN_SCALE,
    DRAWN_SHEAR,
    DRAWN_FLIP,
    DRAWN_SWAP,
    DRAWN_TIME_SHIFT,
    DRAWN_TIME_SCALE,
    DRAWN_DROP,
    DRAWN_NOISE
};

bool vdib__augmentation_moves(const vdib__augmentation *a) {
    return a->shift > 0 || a->rotation > 0 || a->scale > 0 || a->shear > 0 || a->flip > 0;
}

bool vdib__augmentation_retimes(const vdib__augmentation *a) {
    return a->time_shift > 0 || a->time_scale > 0 || a->time_jitter > 0;
}

bool vdib__augmentation_edits(const vdib__augmentation *a) {
    return vdib__augmentation_retimes(a) || a->polarity_swap > 0 || a->drop > 0 || a->noise_hz > 0;
}

vdib__augment_draw vdib__augment_nothing(void) {
    return (vdib__augment_draw){.scale = 1.0, .time_scale = 1.0};
}

/* Uniform in [-most, most). */
static double about_zero(const vdib__key *key, uint32_t number, double most) {
    return most * (2.0 * (double)vdib__random_uniform(key, 0, number) - 1.0);
}

static bool happens(const vdib__key *key, uint32_t number, double probability) {
    return (double)vdib__random_uniform(key, 0, number) < probability;
}

vdib__augment_draw vdib__augment_draw_of(const vdib__augmentation *a, const vdib__key *key) {
    return (vdib__augment_draw){
        .dx = about_zero(key, DRAWN_DX, a->shift),
        .dy = about_zero(key, DRAWN_DY, a->shift),
        .angle = about_zero(key, DRAWN_ANGLE, a->rotation) * VDIB_PI / 180.0,
        .scale = 1.0 + about_zero(key, DRAWN_SCALE, a->scale),
        .shear = about_zero(key, DRAWN_SHEAR, a->shear),
        .flipped = happens(key, DRAWN_FLIP, a->flip),
        .swapped = happens(key, DRAWN_SWAP, a->polarity_swap),
        .time_shift = about_zero(key, DRAWN_TIME_SHIFT, a->time_shift),
        .time_scale = 1.0 + about_zero(key, DRAWN_TIME_SCALE, a->time_scale),
        .time_jitter = a->time_jitter,
        .drop = a->drop * (double)vdib__random_uniform(key, 0, DRAWN_DROP),
        .noise_hz = a->noise_hz * (double)vdib__random_uniform(key, 0, DRAWN_NOISE),
    };
}

/* Scale, rotation, shear and flip in turn, about the middle of the picture; then the shift. */
vdib__affine vdib__affine_of(const vdib__augment_draw *draw, size_t width, size_t height) {
    bool flat = width == 1 || height == 1;
    double angle = flat ? 0.0 : draw->angle, shear = flat ? 0.0 : draw->shear, flip = draw->flipped ? -1.0 : 1.0;
    double c = draw->scale * vdib__cos(angle), s = draw->scale * vdib__sin(angle);
    double x = ((double)width - 1.0) / 2.0, y = ((double)height - 1.0) / 2.0;
    vdib__affine a = {
        .xx = flip * c, .xy = shear * c - s, .x0 = draw->dx, .yx = flip * s, .yy = shear * s + c, .y0 = draw->dy};
    if (width == 1)
        a.xx = 1.0, a.x0 = 0.0;
    if (height == 1)
        a.yy = 1.0, a.y0 = 0.0;
    a.x0 += x - (a.xx * x + a.xy * y);
    a.y0 += y - (a.yx * x + a.yy * y);
    return a;
}

vdib__affine vdib__affine_inverse(const vdib__affine *a) {
    double determinant = a->xx * a->yy - a->xy * a->yx;
    vdib__affine inverse = {
        .xx = a->yy / determinant, .xy = -a->xy / determinant, .yx = -a->yx / determinant, .yy = a->xx / determinant};
    inverse.x0 = -(inverse.xx * a->x0 + inverse.xy * a->y0);
    inverse.y0 = -(inverse.yx * a->x0 + inverse.yy * a->y0);
    return inverse;
}

/* ---- images ---- */

/* A pixel of an image; 0 beyond it. */
static double pixel_at(const float *image, size_t width, size_t height, double x, double y) {
    return x >= 0.0 && y >= 0.0 && x < (double)width && y < (double)height
               ? (double)image[(size_t)y * width + (size_t)x]
               : 0.0;
}

static double sample(const float *image, size_t width, size_t height, double x, double y) {
    double left = floor(x), top = floor(y), a = x - left, b = y - top;
    double upper =
        (1.0 - a) * pixel_at(image, width, height, left, top) + a * pixel_at(image, width, height, left + 1.0, top);
    double lower = (1.0 - a) * pixel_at(image, width, height, left, top + 1.0) +
                   a * pixel_at(image, width, height, left + 1.0, top + 1.0);
    return (1.0 - b) * upper + b * lower;
}

void vdib__augment_image(const vdib__augment_draw *draw, size_t width, size_t height, const float *image,
                         float *moved) {
    vdib__affine forth = vdib__affine_of(draw, width, height), back = vdib__affine_inverse(&forth);
    for (size_t row = 0; row < height; row++)
        for (size_t column = 0; column < width; column++) {
            double x = back.xx * (double)column + back.xy * (double)row + back.x0;
            double y = back.yx * (double)column + back.yy * (double)row + back.y0;
            moved[row * width + column] = (float)sample(image, width, height, x, y);
        }
}
