/* SPDX-License-Identifier: MIT */
#ifndef VDIB_CORE_MEMORY_LIMIT_H
#define VDIB_CORE_MEMORY_LIMIT_H
/* A bound on what the library allocates, all objects of the process together: VDIB_LIMIT_MEMORY, which the option
 * --limit-memory of the program sets. Read once; what is in use is counted only where there is a bound. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vdib/status.h"

/* Reads "536870912", "512M", "1.5G": bytes, or K, M, G and T of 1024, 1024^2, ... bytes. false: it is none of these. */
bool vdib__size_parse(const char *text, uint64_t *bytes);

/* The bound in bytes; SIZE_MAX: there is none. 0 for a text that is no size: nothing can be allocated then. */
size_t vdib__memory_limit(void);

/* What is left of it; SIZE_MAX without a bound. */
size_t vdib__memory_left(void);

/* Counts bytes that are about to be allocated; false: they go beyond the bound. And bytes that were freed. */
bool vdib__memory_take(size_t bytes);
void vdib__memory_give_back(size_t bytes);

/* VDIB_ERROR_MEMORY if reading a JSON text of so many bytes could go beyond the bound; `origin` names it. */
vdib_status vdib__memory_check_json(const char *origin, size_t bytes);

/* Bytes of memory that jansson takes for a byte of JSON at most: of "[],[],..." three make an array with room for eight
 * values. */
enum { VDIB_JSON_SPREAD = 50 };

/* VDIB_ERROR_MEMORY: `bytes` more go beyond the bound. */
vdib_status vdib__memory_refuse(size_t bytes);

#endif
