/* SPDX-License-Identifier: MIT */
#ifndef VDIB_DATA_RECORDINGS_STORE_H
#define VDIB_DATA_RECORDINGS_STORE_H
/* Decoded recordings on disk, for data that are larger than the memory kept for them: a file of the cache folder
 * (core/cache.h) that grows by one record a recording. A record is found by the key of a recording's file
 * (core/file_key.h); the store stands for one way of decoding. What cannot be read or written is as if it were not
 * there: recordings are decoded again, and nothing but time depends on it.
 *
 * Several programs may use a file at once: records are added under a lock, and one that was broken off is cut away.
 * Functions but open and close are safe from several threads. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/file_key.h"
#include "vdib/status.h"

typedef struct vdib__store vdib__store;

/* Opens, or makes, the file of recordings that are decoded as `settings` (a hash) says. It grows to `bound` bytes at
 * most, 0: half of what the disk has free, VDIB_CACHE_RECORDINGS at most. *store is NULL where there is no cache. */
vdib_status vdib__store_open(uint64_t settings, uint64_t bound, vdib__store **store);

/* *bytes (*size) of a record, freed with vdib__free. false: there is none. */
bool vdib__store_get(vdib__store *store, const vdib__file_key *key, uint8_t **bytes, size_t *size);

/* Adds a record, if there is room. */
void vdib__store_put(vdib__store *store, const vdib__file_key *key, const uint8_t *bytes, size_t size);

/* Records that are known, and whether one found no room. */
size_t vdib__store_count(const vdib__store *store, bool *full);

/* NULL is safe. */
void vdib__store_close(vdib__store *store);

#endif
