/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_CACHE_CLAIM_H
#define VDIB_CORE_CACHE_CLAIM_H
/* What is unpacked into the cache folder (cache.h): files and folders that one program makes, while others wait, and
 * that all may use then. Nobody removes one that is in use; of the others those used longest ago go, where all
 * together have more than VDIB_UNPACKED_BYTES, or what the environment variable of that name says.
 *
 * Beside each stands "<path>.lock", which is locked while it is made or used, says by its time when that was last, and
 * holds what the maker wrote down. */

#include <stdbool.h>
#include <stdint.h>

#include "vdib/status.h"

#define VDIB_UNPACKED_BYTES ((uint64_t)64 << 30)

enum { VDIB_CLAIM_FACTS = 4 };

typedef struct vdib__cache_claim {
    char *path;                       /* the file or folder; NULL: there is no cache folder, and nothing is claimed */
    char *making;                     /* under this name it is made; NULL as soon as it is there */
    uint64_t size;                    /* bytes of all that is in it, by its maker */
    uint64_t facts[VDIB_CLAIM_FACTS]; /* what else the maker wrote down */
    int lock;                         /* descriptor; 0: none */
} vdib__cache_claim;

/* Claims "<kind>-<16 hexadecimal digits of key>.<ending>", kind "archive" or "unpacked". Waits for a program that makes
 * it. Where claim->making is not NULL it is not there: the caller, and nobody else, makes a file or folder of that
 * name, where nothing is, and calls vdib__cache_claim_keep. VDIB_ERROR_IO where the folder cannot be written. */
vdib_status vdib__cache_claim_open(const char *kind, uint64_t key, const char *ending, vdib__cache_claim *claim);

/* What was made is complete: it is there from now on, with claim->size and claim->facts. */
vdib_status vdib__cache_claim_keep(vdib__cache_claim *claim);

/* Ends the claim; what was made, but not kept, is removed. An empty claim is fine. */
void vdib__cache_claim_close(vdib__cache_claim *claim);

/* The bound of all of them in bytes. */
uint64_t vdib__unpacked_bound(void);

#endif
