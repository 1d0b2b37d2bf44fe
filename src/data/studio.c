/* SPDX-License-Identifier: MIT */
#include "data/studio.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"

/* Pixels that motion takes an image beyond its place at most: N-MNIST leaves as many around its digits. */
enum { MARGIN = 3 };

const vdib__place vdib__place_middle = {.choice = {.name = "middle", .help = "in the middle of the sensor"}};
const vdib__place vdib__place_anywhere = {
    .choice = {.name = "anywhere", .help = "at a place of its own, drawn once for every image", .tags = "anywhere"}};

static const vdib__choice *const places[] = {&vdib__place_middle.choice, &vdib__place_anywhere.choice};
const vdib__choices vdib__places = VDIB_CHOICES(places);

struct vdib__studio {
    vdib__recorder *recorder;
    vdib__camera camera;
    bool anywhere;
    size_t rows, columns; /* of the images */
    float *canvas;        /* (camera.height, camera.width) if anywhere, else NULL */
};

vdib_status vdib__studio_camera(const vdib__dataset_parameters *p, size_t rows, size_t columns, vdib__camera *camera) {
    vdib__camera made = p->motion != NULL ? p->motion->camera() : vdib__camera_saccades();
    bool own = p->sensor_width == 0 || (p->sensor_width == made.width && p->sensor_height == made.height);
    if (!own && (p->sensor_width < columns || p->sensor_height < rows))
        return vdib__fail(VDIB_ERROR_DATA,
                          "data.sensor is %zux%zu, but the images that the built-in camera films have %zux%zu pixels; "
                          "give it as many, or leave the key out",
                          p->sensor_width, p->sensor_height, columns, rows);
    if (!own) {
        made.width = p->sensor_width;
        made.height = p->sensor_height;
    }
    if (p->anywhere && (made.width < columns + 2 * MARGIN || made.height < rows + 2 * MARGIN))
        return vdib__fail(VDIB_ERROR_DATA,
                          "data.place is 'anywhere', but a sensor of %zux%zu pixels has no room for images of %zux%zu "
                          "that move; set data.sensor to %zux%zu or more, 68x68 for example",
                          made.width, made.height, columns, rows, columns + (size_t)(2 * MARGIN),
                          rows + (size_t)(2 * MARGIN));
    *camera = made;
    return VDIB_OK;
}

vdib_status vdib__studio_create(const vdib__camera *camera, bool anywhere, size_t rows, size_t columns,
                                vdib__studio **studio) {
    vdib__studio *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->camera = *camera;
    made->anywhere = anywhere;
    made->rows = rows;
    made->columns = columns;
    vdib_status status = vdib__recorder_create(camera, &made->recorder);
    if (status == VDIB_OK && anywhere)
        status = VDIB_NEW(&made->canvas, camera->height * camera->width);
    if (status != VDIB_OK) {
        vdib__studio_destroy(made);
        return status;
    }
    *studio = made;
    return VDIB_OK;
}

void vdib__studio_destroy(vdib__studio *studio) {
    if (studio == NULL)
        return;
    vdib__free(studio->canvas);
    vdib__recorder_destroy(studio->recorder);
    vdib__free(studio);
}

/* First line of an image of `count` lines on a sensor of `lines`: any one that leaves a margin on both sides. */
static size_t draw_line(uint32_t word, size_t lines, size_t count) {
    uint64_t free_lines = lines - count - (size_t)(2 * MARGIN) + 1;
    return MARGIN + (size_t)((free_lines * word) >> 32);
}

static void put_anywhere(vdib__studio *s, const float *image, uint64_t number) {
    const vdib__key key = {.purpose = VDIB_PURPOSE_CAMERA, .example = number, .layer = 1};
    size_t width = s->camera.width;
    size_t left = draw_line(vdib__random_word(&key, 0, 0), width, s->columns);
    size_t top = draw_line(vdib__random_word(&key, 0, 1), s->camera.height, s->rows);
    memset(s->canvas, 0, s->camera.height * width * sizeof *s->canvas);
    for (size_t row = 0; row < s->rows; row++)
        memcpy(s->canvas + (top + row) * width + left, image + row * s->columns, s->columns * sizeof *image);
}

vdib_status vdib__studio_film(vdib__studio *studio, const float *image, uint64_t number, const vdib_event **events,
                              size_t *count) {
    if (!studio->anywhere)
        return vdib__recorder_record(studio->recorder, image, studio->rows, studio->columns, 0, number, events, count);
    put_anywhere(studio, image, number);
    return vdib__recorder_record(studio->recorder, studio->canvas, studio->camera.height, studio->camera.width, 0,
                                 number, events, count);
}
