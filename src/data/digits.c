/* SPDX-License-Identifier: MIT */
#include "data/digits.h"

#include <float.h>
#include <stdbool.h>

#include "core/mathematics.h"
#include "core/random.h"
#include "data/strokes.h"

enum {
    SIDE = VDIB_DIGIT_SIDE,
    CURVE_PARTS = 5, /* straight parts of a curve between two of its points */
    MAX_LINES = VDIB_GLYPH_STROKES * VDIB_STROKE_POINTS * CURVE_PARTS
};

/* Ink and its soft rim keep this many pixels away from the border. */
#define MARGIN 1.0F
/* Half the width of the rim in which ink fades to background, pixels. */
#define RIM 0.6F

typedef struct line {
    vdib__point a, b;
} line;

/* A digit as straight lines that a pen with a round tip follows; pixels. */
typedef struct pen_path {
    size_t count;
    line lines[MAX_LINES];
    float left, right, top, bottom; /* of the lines, without the pen's radius */
} pen_path;

/* How one digit differs from its glyph. A point p goes to map (p + wobble(p)). */
typedef struct pen_pose {
    float map[2][2];  /* scale, slant and rotation */
    float wave[2][4]; /* (x, y) of the wobble: amplitude (pixels), phase, wave numbers along x and y (1/pixel) */
    float shift_x, shift_y;
    float radius; /* of the pen */
} pen_pose;

/* The uniform numbers of one digit, in the order in which they are asked for. */
typedef struct pose_numbers {
    vdib__key key;
    uint32_t next;
} pose_numbers;

static float between(pose_numbers *numbers, float low, float high) {
    return low + (high - low) * vdib__random_uniform(&numbers->key, 0, numbers->next++);
}

static pen_pose draw_pose(pose_numbers *numbers) {
    pen_pose drawn;
    float scale = between(numbers, 0.8F, 1.1F), aspect = between(numbers, 0.85F, 1.15F);
    float slant = between(numbers, -0.2F, 0.3F), turn = between(numbers, -0.2F, 0.2F);
    float cosine = (float)vdib__cos(turn), sine = (float)vdib__sin(turn);
    /* Rotation x slant (tops lean to the right where it is positive) x scale. */
    drawn.map[0][0] = scale * aspect * cosine;
    drawn.map[0][1] = scale * (-slant * cosine - sine);
    drawn.map[1][0] = scale * aspect * sine;
    drawn.map[1][1] = scale * (-slant * sine + cosine);
    for (int i = 0; i < 2; i++) {
        drawn.wave[i][0] = between(numbers, 0.2F, 1.0F);
        drawn.wave[i][1] = between(numbers, 0.0F, (float)(2.0 * VDIB_PI));
        drawn.wave[i][2] = between(numbers, -0.35F, 0.35F);
        drawn.wave[i][3] = between(numbers, -0.35F, 0.35F);
    }
    drawn.shift_x = between(numbers, -1.5F, 1.5F);
    drawn.shift_y = between(numbers, -1.5F, 1.5F);
    drawn.radius = between(numbers, 0.8F, 1.6F);
    return drawn;
}

/* A smooth displacement of the plane, so that strokes that meet stay together. */
static float wobble(const float wave[4], vdib__point p) {
    return wave[0] * (float)vdib__sin((double)(wave[1] + wave[2] * p.x + wave[3] * p.y));
}

static vdib__point place(const pen_pose *pose, vdib__point p) {
    float x = p.x + wobble(pose->wave[0], p), y = p.y + wobble(pose->wave[1], p);
    return (vdib__point){pose->map[0][0] * x + pose->map[0][1] * y, pose->map[1][0] * x + pose->map[1][1] * y};
}

/* Catmull-Rom spline between p[1] (at 0) and p[2] (at 1). */
static vdib__point spline(const vdib__point p[4], float at) {
    float squared = at * at, cubed = squared * at;
    float w0 = 0.5F * (2.0F * squared - at - cubed), w1 = 0.5F * (2.0F - 5.0F * squared + 3.0F * cubed);
    float w2 = 0.5F * (at + 4.0F * squared - 3.0F * cubed), w3 = 0.5F * (cubed - squared);
    return (vdib__point){w0 * p[0].x + w1 * p[1].x + w2 * p[2].x + w3 * p[3].x,
                         w0 * p[0].y + w1 * p[1].y + w2 * p[2].y + w3 * p[3].y};
}

static vdib__point mirrored(vdib__point p, vdib__point about) {
    return (vdib__point){2.0F * about.x - p.x, 2.0F * about.y - p.y};
}

static void add_line(pen_path *drawing, vdib__point a, vdib__point b) {
    drawing->lines[drawing->count++] = (line){a, b};
}

/* fminf and fmaxf without their care for NaN, so that they are no calls. */
static inline float smaller(float a, float b) {
    return a < b ? a : b;
}

static inline float larger(float a, float b) {
    return a > b ? a : b;
}

/* Adds the curve through points (count); its open ends go on as mirror images. */
static void add_stroke(pen_path *drawing, const vdib__stroke *stroke, const vdib__point *points) {
    size_t count = stroke->count, parts = stroke->closed ? count : count - 1;
    for (size_t i = 0; i < parts; i++) {
        bool first = i == 0 && !stroke->closed, last = i + 2 == count && !stroke->closed;
        vdib__point p[4] = {points[(i + count - 1) % count], points[i], points[(i + 1) % count],
                            points[(i + 2) % count]};
        if (first)
            p[0] = mirrored(p[2], p[1]);
        if (last)
            p[3] = mirrored(p[1], p[2]);
        vdib__point from = p[1];
        for (int part = 1; part <= CURVE_PARTS; part++) {
            vdib__point to = spline(p, (float)part / CURVE_PARTS);
            add_line(drawing, from, to);
            from = to;
        }
    }
}

static void measure(pen_path *drawing) {
    drawing->left = drawing->top = FLT_MAX;
    drawing->right = drawing->bottom = -FLT_MAX;
    for (size_t i = 0; i < drawing->count; i++) {
        /* Lines follow one another, but for the first of a stroke: both ends count. */
        const vdib__point ends[2] = {drawing->lines[i].a, drawing->lines[i].b};
        for (int e = 0; e < 2; e++) {
            drawing->left = smaller(drawing->left, ends[e].x);
            drawing->right = larger(drawing->right, ends[e].x);
            drawing->top = smaller(drawing->top, ends[e].y);
            drawing->bottom = larger(drawing->bottom, ends[e].y);
        }
    }
}

static float limited(float value, float limit) {
    return larger(-limit, smaller(limit, value));
}

/* Puts the middle of the drawing's box at the middle of the image plus the shift, as far as the margins allow; a
 * drawing that is too large is made smaller. */
static void arrange(pen_path *drawing, const pen_pose *pose) {
    float room = SIDE - 2.0F * (MARGIN + RIM + pose->radius);
    float width = drawing->right - drawing->left, height = drawing->bottom - drawing->top;
    float scale = smaller(1.0F, room / larger(width, height));
    float x = SIDE / 2.0F + limited(pose->shift_x, (room - scale * width) / 2.0F);
    float y = SIDE / 2.0F + limited(pose->shift_y, (room - scale * height) / 2.0F);
    x -= scale * (drawing->left + drawing->right) / 2.0F;
    y -= scale * (drawing->top + drawing->bottom) / 2.0F;
    for (size_t i = 0; i < drawing->count; i++) {
        line *l = &drawing->lines[i];
        *l = (line){{scale * l->a.x + x, scale * l->a.y + y}, {scale * l->b.x + x, scale * l->b.y + y}};
    }
}

/* The pixel that holds a coordinate, or the nearest one of the image. */
static int pixel_at(float coordinate) {
    return (int)larger(0.0F, smaller(SIDE - 1, floorf(coordinate)));
}

/* Four pixels of a row. */
enum { QUAD = 4 };
typedef float quad __attribute__((vector_size(QUAD * sizeof(float)), aligned(4), may_alias));
typedef int32_t quad_mask __attribute__((vector_size(QUAD * sizeof(float))));

static inline quad chosen(quad_mask which, quad yes, quad no) {
    return (quad)(((quad_mask)yes & which) | ((quad_mask)no & ~which));
}

/* nearest (28, 28): squared distances of the pixels' middles from the nearest line so far. Whole quads are visited:
 * what lies beyond the reach is not changed. */
static void trace(const line *l, float reach, float *nearest) {
    const quad none = {0}, one = none + 1.0F, middles = {0.5F, 1.5F, 2.5F, 3.5F};
    float dx = l->b.x - l->a.x, dy = l->b.y - l->a.y, squared = dx * dx + dy * dy;
    float inverse = squared > 0.0F ? 1.0F / squared : 0.0F;
    int left = pixel_at(smaller(l->a.x, l->b.x) - reach), right = pixel_at(larger(l->a.x, l->b.x) + reach);
    int top = pixel_at(smaller(l->a.y, l->b.y) - reach), bottom = pixel_at(larger(l->a.y, l->b.y) + reach);
    for (int row = top; row <= bottom; row++)
        for (int column = left / QUAD * QUAD; column <= right; column += QUAD) {
            quad x = middles + (float)column - l->a.x, y = none + ((float)row + 0.5F - l->a.y);
            quad along = (x * dx + y * dy) * inverse;
            along = chosen(along < none, none, chosen(along > one, one, along));
            quad off_x = x - along * dx, off_y = y - along * dy, d = off_x * off_x + off_y * off_y;
            quad *kept = (quad *)(nearest + row * SIDE + column);
            *kept = chosen(d < *kept, d, *kept);
        }
}

static void render(const pen_path *drawing, float radius, float *pixels) {
    float reach = radius + RIM;
    for (int i = 0; i < SIDE * SIDE; i++)
        pixels[i] = reach * reach;
    for (size_t i = 0; i < drawing->count; i++)
        trace(&drawing->lines[i], reach, pixels);
    for (int i = 0; i < SIDE * SIDE; i++) {
        float ink = (reach - sqrtf(pixels[i])) / (2.0F * RIM);
        pixels[i] = ink > 1.0F ? 1.0F : ink > 0.0F ? ink : 0.0F;
    }
}

uint32_t vdib__digit_draw(uint64_t seed, uint64_t number, float *pixels) {
    pose_numbers numbers = {.key = {.seed = seed, .purpose = VDIB_PURPOSE_DIGIT, .example = number}};
    uint32_t class_ = (uint32_t)(number % VDIB_DIGIT_CLASSES);
    uint32_t style = (uint32_t)between(&numbers, 0.0F, VDIB_DIGIT_STYLES);
    const vdib__glyph *glyph = &vdib__glyphs[class_][style];
    pen_pose pose = draw_pose(&numbers);
    pen_path drawing;
    drawing.count = 0;
    for (size_t s = 0; s < glyph->strokes; s++) {
        vdib__point points[VDIB_STROKE_POINTS];
        for (size_t i = 0; i < glyph->stroke[s].count; i++)
            points[i] = place(&pose, glyph->stroke[s].points[i]);
        add_stroke(&drawing, &glyph->stroke[s], points);
    }
    measure(&drawing);
    arrange(&drawing, &pose);
    render(&drawing, pose.radius, pixels);
    return class_;
}
