/* SPDX-License-Identifier: MIT */
#ifndef VDIB_RUN_FOLDER_H
#define VDIB_RUN_FOLDER_H
/* The folder of a run: which files it has (the table in vdib/run.h), who may use it, what is left over in it. */

#include "vdib/run.h"

/* "<folder>/<name of the file>", freed with vdib__free. */
vdib_status vdib__run_path(const char *folder, vdib_run_file file, char **path);

/* VDIB_ERROR_EXISTS unless the folder does not exist, or exists and is empty. */
vdib_status vdib__run_folder_check_empty(const char *folder);

/* Makes "<parent>/<name>-<number>" with the lowest number that nobody has; of several processes each gets its own.
 * Characters of `name` that are unusual in names of files become '-'. *folder is freed with vdib__free. */
vdib_status vdib__run_folder_new(const char *parent, const char *name, char **folder);

/* One process a run: two would write into each other's files. *lock is a descriptor to be closed; a file system
 * without locks is left to the user. */
vdib_status vdib__run_folder_lock(const char *folder, int *lock);

/* Waits for the folder of several runs, whose tables one process writes at a time. *lock as above. */
vdib_status vdib__run_folder_wait(const char *folder, int *lock);

/* Makes a text fit for the name of a folder: letters, digits, '.', '_' and '-' stay, others become '-'; the first
 * character is no '.', which would hide the folder. */
void vdib__run_folder_usual(char *name);

/* Removes what a killed run was still writing: temporary files (core/file.h) of the files that the run itself
 * writes, nothing else. The folder is locked. */
vdib_status vdib__run_folder_clean(const char *folder);

/* Removes the files that a run begins with; for a beginning that failed, in a folder that was empty before. */
void vdib__run_folder_undo(const char *folder);

#endif
