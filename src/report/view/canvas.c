/* SPDX-License-Identifier: MIT */
/* Pictures of few colours: rectangles, letters, cells. */
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "report/view/letters.h"
#include "report/view/view.h"

vdib_status vdib__canvas_new(size_t width, size_t height, uint8_t colour, vdib__canvas *canvas) {
    vdib__canvas made = {.width = width, .height = height};
    VDIB_TRY(VDIB_NEW(&made.pixels, width * height));
    memset(made.pixels, colour, width * height);
    *canvas = made;
    return VDIB_OK;
}

void vdib__canvas_fill(vdib__canvas *canvas, size_t x, size_t y, size_t width, size_t height, uint8_t colour) {
    if (x >= canvas->width || y >= canvas->height)
        return;
    width = width < canvas->width - x ? width : canvas->width - x;
    height = height < canvas->height - y ? height : canvas->height - y;
    for (size_t row = y; row < y + height; row++)
        memset(canvas->pixels + row * canvas->width + x, colour, width);
}

static void put_letter(vdib__canvas *canvas, size_t x, size_t y, size_t scale, uint8_t colour, unsigned char letter) {
    for (size_t row = 0; row < VDIB_LETTER_ROWS; row++)
        for (size_t column = 0; column < VDIB_LETTER_COLUMNS; column++) {
            bool box = row == 0 || row + 1 == VDIB_LETTER_ROWS || column == 0 || column + 1 == VDIB_LETTER_COLUMNS;
            bool known = letter >= VDIB_LETTER_FIRST && letter < VDIB_LETTER_FIRST + VDIB_LETTERS;
            if (known ? vdib__letters[letter - VDIB_LETTER_FIRST][row] >> (VDIB_LETTER_COLUMNS - 1 - column) & 1 : box)
                vdib__canvas_fill(canvas, x + scale * column, y + scale * row, scale, scale, colour);
        }
}

/* Whether a byte continues a letter of UTF-8. */
static bool continues(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

size_t vdib__canvas_text(vdib__canvas *canvas, size_t x, size_t y, size_t scale, uint8_t colour, const char *text) {
    size_t width = 0;
    for (; *text != '\0'; text++) {
        if (continues(*text))
            continue;
        put_letter(canvas, x + width, y, scale, colour, (unsigned char)*text);
        width += scale * VDIB_LETTER_WIDTH;
    }
    return width;
}

size_t vdib__text_width(const char *text, size_t scale) {
    size_t letters = 0;
    for (; *text != '\0'; text++)
        letters += !continues(*text);
    return letters * scale * VDIB_LETTER_WIDTH;
}

void vdib__canvas_cells(vdib__canvas *canvas, size_t x, size_t y, size_t scale, const vdib__cells *cells, size_t full) {
    for (size_t row = 0; row < cells->height; row++)
        for (size_t column = 0; column < cells->width; column++) {
            uint8_t colour = vdib__cell_colour(&cells->counts[2 * (row * cells->width + column)], full);
            vdib__canvas_fill(canvas, x + scale * column, y + scale * row, scale, scale, colour);
        }
}
