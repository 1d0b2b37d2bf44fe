/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_LAYOUTS_H
#define VDIB_DATA_LAYOUTS_H
/* How folders of recordings are laid out: a file of layouts/ and a row of the table (layouts.c) each. */

#include "data/entries.h"

typedef struct vdib__layout {
    const char *name;  /* as notes call it; NULL: it is not worth a note */
    const char *split; /* who has split it, as the end of a sentence; NULL: its folders say */
    /* Pixels that its recordings have at most, where no file says them and few recordings reach all; 0: unknown. */
    size_t columns, rows;
    /* Whether a folder is laid out so; looks at names alone. */
    bool (*is)(const char *folder);
    /* Adds all recordings of the folder, each checked without decoding it. */
    vdib_status (*list)(vdib_dataset *dataset, const char *folder, vdib__entries *entries);
} vdib__layout;

/* The first layout of the table that a folder has; NULL: none. */
const vdib__layout *vdib__layout_of(const char *folder);

/* Whether a path is a file of many recordings that says how they are split. */
bool vdib__is_split_file(const char *path);

/* Class folders at any depth, without parts: taken where no row of the table fits. */
extern const vdib__layout vdib__layout_classes;
bool vdib__classes_folder(const char *folder);

/* layouts/tree.c: what rows of the table are made of. A folder of one share whose class folders stand at any depth; the
 * share's recordings are added. */
typedef struct vdib__tree vdib__tree;
vdib_status vdib__tree_create(vdib__tree **tree);
void vdib__tree_destroy(vdib__tree *tree);
/* Finds the class folders of a folder; call for all folders first, then vdib__tree_list once. */
vdib_status vdib__tree_add(vdib__tree *tree, const char *folder, vdib__share share);
/* A folder of a class (`path`, somewhere below `folder`) whose name is known: then all classes are added so. */
vdib_status vdib__tree_add_class(vdib__tree *tree, const char *folder, vdib__share share, const char *path,
                                 const char *name);
/* Names the classes, adds the entries, and says what is not read. VDIB_ERROR_DATA where a folder has no recording. */
vdib_status vdib__tree_list(vdib__tree *tree, vdib_dataset *dataset, vdib__entries *entries);
/* All of it for a folder that nobody has split: the `list` of layouts. */
vdib_status vdib__tree_list_open(vdib_dataset *dataset, const char *folder, vdib__entries *entries);

/* What the only class is called where targets are no classes and recordings have none. */
#define VDIB_ONE_CLASS "all"

/* Neither hidden nor what archives leave behind (__MACOSX). */
bool vdib__is_visible(const char *name);

#endif
