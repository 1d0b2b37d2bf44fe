/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_DATA_NAME_H
#define VDIB_DATA_DATA_NAME_H
/* What --data may say: a folder, film:FOLDER, builtin:digits, builtin:motion, or a folder of recordings with filmed
 * images mixed in, FOLDER+film:FOLDER or FOLDER+builtin:digits. */

#include "core/choice.h"
#include "vdib/status.h"

/* data.builtin: what is meant where no data are named. */
typedef struct vdib__builtin {
    vdib__choice choice;
    const char *name; /* as --data says it; NULL: what the input makes of no name at all, digits or blobs */
} vdib__builtin;

extern const vdib__choices vdib__builtins;

static inline const vdib__builtin *vdib__builtin_of(const vdib__choice *choice) {
    return (const vdib__builtin *)choice;
}

#define VDIB_BUILTIN_DIGITS "builtin:digits"

typedef enum vdib__data_kind {
    VDIB_DATA_DIGITS, /* builtin:digits */
    VDIB_DATA_MOTION, /* builtin:motion */
    VDIB_DATA_FILM,   /* images of a folder before the built-in camera */
    VDIB_DATA_FOLDER  /* recordings or images of a folder */
} vdib__data_kind;

typedef struct vdib__data_name {
    vdib__data_kind kind;
    char *folder; /* of VDIB_DATA_FILM and VDIB_DATA_FOLDER, else NULL */
    char *mixed;  /* what is filmed and mixed in: a folder, or "builtin:digits"; NULL: nothing */
} vdib__data_name;

/* Takes a name apart; NULL is builtin:digits. VDIB_ERROR_DATA for unknown built-in data, an empty folder, or something
 * mixed into what are no recordings. The folders are not looked at. Freed with vdib__data_name_free. */
vdib_status vdib__data_name_parse(const char *text, vdib__data_name *name);
void vdib__data_name_free(vdib__data_name *name);

/* The same name with the folders that exist made absolute, for run folders, which may be resumed from elsewhere; NULL
 * stays NULL. Freed with vdib__free. */
vdib_status vdib__data_name_absolute(const char *text, char **absolute);

#endif
