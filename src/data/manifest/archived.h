/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_MANIFEST_ARCHIVED_H
#define VDIB_DATA_MANIFEST_ARCHIVED_H
/* Files in archives, as manifests name them: ARCHIVE/path/in/it, or FOLDER/path where archives lie in a folder. */

#include "data/dataset_parts.h"

/* A path that leads into an archive becomes one of what that is unpacked to, for the data set. VDIB_ERROR_DATA where it
 * is another archive than that of earlier paths. Other paths stay as they are, whether they are there or not. */
vdib_status vdib__archived_find(vdib_dataset *dataset, char **path);
/* The other way round: "/path/in/it" of a file that was unpacked; NULL: it is none. Points into the path. */
const char *vdib__archived_rest(const vdib_dataset *dataset, const char *path);

#endif
