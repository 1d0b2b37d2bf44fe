/* SPDX-License-Identifier: MIT */
#include "data/data_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"

static const char FILM[] = "film:", BUILTIN[] = "builtin:", MOTION[] = "builtin:motion",
                  MIXED_FILM[] = "+film:", MIXED_DIGITS[] = "+" VDIB_BUILTIN_DIGITS;

static const vdib__builtin builtin_digits = {
    .choice = {.name = "digits", .help = "drawn digits, builtin:digits; of data.input=blobs the blobs"}};
static const vdib__need recordings[] = {
    {.key = "data.input", .any = "recordings", .remedy = "set data.builtin=digits, the default"}, {0}};
static const vdib__builtin builtin_motion = {
    .choice = {.name = "motion", .help = "two moving bars, builtin:motion", .needs = recordings}, .name = MOTION};

static const vdib__choice *const builtins[] = {&builtin_digits.choice, &builtin_motion.choice};
const vdib__choices vdib__builtins = VDIB_CHOICES(builtins);

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* Where what is mixed in begins, at its '+': the last "+film:", or "+builtin:digits" at the end; NULL: nowhere. */
static const char *find_mixed(const char *text) {
    const char *found = NULL;
    for (const char *at = strstr(text, MIXED_FILM); at != NULL; at = strstr(at + 1, MIXED_FILM))
        found = at;
    const char *digits = strstr(text, MIXED_DIGITS);
    if (digits != NULL && digits[strlen(MIXED_DIGITS)] == '\0')
        found = digits;
    return found;
}

static vdib_status copy(const char *from, const char *to, char **made) {
    VDIB_TRY(VDIB_NEW(made, (size_t)(to - from) + 1));
    memcpy(*made, from, (size_t)(to - from));
    return VDIB_OK;
}

/* A folder's name, which may not be empty. */
static vdib_status copy_folder(const char *text, const char *from, const char *to, char **made) {
    if (from == to)
        return vdib__fail(VDIB_ERROR_DATA, "%s: names no folder of images; give one, as in film:mnist", text);
    return copy(from, to, made);
}

static vdib_status parse(const char *text, const char *end, vdib__data_name *name) {
    size_t length = (size_t)(end - text);
    if (begins(text, FILM)) {
        name->kind = VDIB_DATA_FILM;
        return copy_folder(text, text + strlen(FILM), end, &name->folder);
    }
    if (!begins(text, BUILTIN)) {
        name->kind = VDIB_DATA_FOLDER;
        return copy(text, end, &name->folder);
    }
    name->kind = length == strlen(MOTION) && begins(text, MOTION) ? VDIB_DATA_MOTION : VDIB_DATA_DIGITS;
    if (name->kind == VDIB_DATA_MOTION || (length == strlen(VDIB_BUILTIN_DIGITS) && begins(text, VDIB_BUILTIN_DIGITS)))
        return VDIB_OK;
    return vdib__fail(VDIB_ERROR_DATA, "%.*s: there are no such built-in data; %s and %s are there", (int)length, text,
                      VDIB_BUILTIN_DIGITS, MOTION);
}

/* What is mixed in, behind its '+'. */
static vdib_status parse_mixed(const char *text, const char *mixed, vdib__data_name *name) {
    if (mixed == text + 1)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: names no recordings before the +; give their folder, as in nmnist+film:mnist", text);
    if (name->kind != VDIB_DATA_FOLDER)
        return vdib__fail(VDIB_ERROR_DATA,
                          "%s: images are filmed to be mixed with recordings of a sensor; what stands before the + is "
                          "none, give a folder of recordings",
                          text);
    if (begins(mixed, FILM))
        return copy_folder(text, mixed + strlen(FILM), mixed + strlen(mixed), &name->mixed);
    return vdib__strdup(mixed, &name->mixed);
}

vdib_status vdib__data_name_parse(const char *text, vdib__data_name *name) {
    vdib__data_name made = {.kind = VDIB_DATA_DIGITS};
    const char *plus = text != NULL ? find_mixed(text) : NULL;
    vdib_status status = VDIB_OK;
    if (text != NULL)
        status = parse(text, plus != NULL ? plus : text + strlen(text), &made);
    if (status == VDIB_OK && plus != NULL)
        status = parse_mixed(text, plus + 1, &made);
    if (status != VDIB_OK) {
        vdib__data_name_free(&made);
        return status;
    }
    *name = made;
    return VDIB_OK;
}

void vdib__data_name_free(vdib__data_name *name) {
    vdib__free(name->mixed);
    vdib__free(name->folder);
}

static vdib_status join(const char *const parts[4], char **joined) {
    size_t size = 1;
    for (int i = 0; i < 4; i++)
        size += strlen(parts[i]);
    VDIB_TRY(VDIB_NEW(joined, size));
    for (int i = 0; i < 4; i++)
        strcat(*joined, parts[i]); /* NOLINT: the size is their sum */
    return VDIB_OK;
}

vdib_status vdib__data_name_absolute(const char *text, char **absolute) {
    vdib__data_name name;
    if (text == NULL)
        return VDIB_OK;
    if (vdib__data_name_parse(text, &name) != VDIB_OK) /* opening will say what is wrong */
        return vdib__strdup(text, absolute);
    char *folder = name.folder != NULL ? realpath(name.folder, NULL) : NULL;
    bool digits = name.mixed != NULL && strcmp(name.mixed, VDIB_BUILTIN_DIGITS) == 0;
    char *mixed = name.mixed != NULL && !digits ? realpath(name.mixed, NULL) : NULL;
    const char *const parts[4] = {name.kind == VDIB_DATA_FILM ? FILM : "",
                                  folder != NULL        ? folder
                                  : name.folder != NULL ? name.folder
                                                        : text,
                                  digits               ? MIXED_DIGITS
                                  : name.mixed != NULL ? MIXED_FILM
                                                       : "",
                                  digits               ? ""
                                  : mixed != NULL      ? mixed
                                  : name.mixed != NULL ? name.mixed
                                                       : ""};
    vdib_status status = join(parts, absolute);
    free(mixed);
    free(folder);
    vdib__data_name_free(&name);
    return status;
}
