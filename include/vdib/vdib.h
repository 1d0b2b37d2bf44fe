/* SPDX-License-Identifier: MIT */
#ifndef VDIB_VDIB_H
#define VDIB_VDIB_H
/**
 * @file vdib.h
 * vdib: learn to decode time from spikes. This header includes the whole public interface.
 */
#include "vdib/benchmark.h"
#include "vdib/config.h"
#include "vdib/dataset.h"
#include "vdib/evaluate.h"
#include "vdib/events.h"
#include "vdib/memory.h"
#include "vdib/model.h"
#include "vdib/raster.h"
#include "vdib/status.h"
#include "vdib/stream.h"
#include "vdib/train.h"

#define VDIB_VERSION_MAJOR 0
#define VDIB_VERSION_MINOR 1
#define VDIB_VERSION_PATCH 0
#define VDIB_VERSION       "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/** @return the version of the library at run time, "MAJOR.MINOR.PATCH"; compare with ::VDIB_VERSION. Thread-safe. */
VDIB_API const char *vdib_version(void);

#ifdef __cplusplus
}
#endif
#endif
