/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_SCRATCH_H
#define VDIB_CORE_SCRATCH_H
/* Files without a name, for what is needed for a while: they end with their last descriptor, a killed program leaves
 * nothing. */

#include <stdio.h>

/* The folder of temporary files: $TMPDIR, else /tmp. */
const char *vdib__temporary_folder(void);

/* A file for reading and writing in a folder (NULL: that of temporary files); -1, with errno. */
int vdib__scratch_open(const char *folder);

/* The same as a stream. NULL, with errno. */
FILE *vdib__scratch_stream(const char *folder);

#endif
