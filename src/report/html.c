/* SPDX-License-Identifier: MIT */
#include "report/html.h"

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "report/base64.h"

static const char *entity(unsigned char byte) {
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F ? "\xEF\xBF\xBD" : NULL;
    }
}

/* Bytes of a character that turns the direction of writing (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), with
 * which a name could show as another one; 0: none. */
static size_t turning(const char *text) {
    unsigned char byte[3] = {0};
    for (size_t i = 0; i < 3 && text[i] != '\0'; i++)
        byte[i] = (unsigned char)text[i];
    bool marks = byte[1] == 0x80 && (byte[2] == 0x8E || byte[2] == 0x8F || (byte[2] >= 0xAA && byte[2] <= 0xAE));
    return byte[0] == 0xE2 && (marks || (byte[1] == 0x81 && byte[2] >= 0xA6 && byte[2] <= 0xA9)) ? 3 : 0;
}

void vdib__html_text(FILE *page, const char *text) {
    for (; *text != '\0'; text++) {
        size_t turned = turning(text);
        if (turned > 0) {
            fputs("\xEF\xBF\xBD", page);
            text += turned - 1;
            continue;
        }
        const char *escaped = entity((unsigned char)*text);
        if (escaped != NULL)
            fputs(escaped, page);
        else
            fputc(*text, page);
    }
}

static void put_grouped(FILE *page, double value) {
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%.0f", fabs(value));
    if (value < 0)
        fputs("\xE2\x88\x92", page);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            fputc(',', page);
        fputc(digits[i], page);
    }
}

void vdib__html_number(FILE *page, double value) {
    double size = fabs(value);
    if (!isfinite(value)) {
        fputs("\xE2\x80\x93", page);
    } else if (size >= 1e15 || (size > 0 && size < 1e-4)) {
        fprintf(page, "%.2e", value);
    } else if (size >= 1000 || value == floor(value)) {
        put_grouped(page, value);
    } else {
        int decimals = size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 ? 3 : size >= 0.01 ? 4 : 5;
        fprintf(page, "%s%.*f", value < 0 ? "\xE2\x88\x92" : "", decimals, size);
    }
}

void vdib__html_label(FILE *page, const vdib__figure *figure) {
    char first = figure->label[0]; /* ASCII: toupper would ask the locale */
    fputc(first >= 'a' && first <= 'z' ? first - 'a' + 'A' : first, page);
    vdib__html_text(page, figure->label + 1);
}

void vdib__html_unit(FILE *page, const vdib__figure *figure, bool stepwise) {
    const char *per = stepwise && figure->step_per != NULL ? figure->step_per : figure->per;
    vdib__html_text(page, figure->unit != NULL ? figure->unit : "");
    if (per != NULL)
        fprintf(page, "%sper %s", figure->unit != NULL ? " " : "", per);
}

void vdib__html_class(FILE *page, const vdib_evaluation *evaluation, size_t class_number) {
    const char *name = evaluation != NULL ? vdib_evaluation_class_name(evaluation, class_number) : NULL;
    if (name != NULL)
        vdib__html_text(page, name);
    else
        fprintf(page, "%zu", class_number);
}

static void put_image(FILE *page, const vdib__report_picture *picture, const vdib__html_image *image,
                      const char *base64) {
    fprintf(page, "<img class=\"%s\" width=\"%zu\" height=\"%zu\"", image->class, picture->width, picture->height);
    if (image->height != 0)
        fprintf(page, " style=\"height:%zupx\"", image->height);
    fputs(" alt=\"", page);
    vdib__html_text(page, image->alt);
    fprintf(page, "\" src=\"data:image/png;base64,%s\">", base64);
}

static vdib_status picture_text(const vdib__report_picture *picture, vdib__png_kind kind, char **base64) {
    uint8_t *png = NULL;
    size_t size = 0;
    VDIB_TRY(vdib__png_encode(kind, picture->pixels, picture->height, picture->width, &png, &size));
    vdib_status status = vdib__base64(png, size, base64);
    vdib__free(png);
    return status;
}

vdib_status vdib__html_picture(FILE *page, const vdib__report_picture *picture, const vdib__html_image *image) {
    char *base64 = NULL;
    VDIB_TRY(picture_text(picture, image->kind, &base64));
    put_image(page, picture, image, base64);
    vdib__free(base64);
    return VDIB_OK;
}

vdib_status vdib__html_sheet(FILE *page, const vdib__report_sheet *sheet, const char *label) {
    char *base64 = NULL;
    VDIB_TRY(picture_text(&sheet->picture, sheet->picture.colour ? VDIB_PNG_RGB : VDIB_PNG_GRAY, &base64));
    fprintf(page, "<canvas class=\"pixels\" width=\"%zu\" height=\"%zu\" role=\"img\" aria-label=\"", sheet->width,
            sheet->height);
    vdib__html_text(page, label);
    fprintf(page, "\" data-sheet=\"data:image/png;base64,%s\"></canvas>", base64);
    vdib__free(base64);
    return VDIB_OK;
}
