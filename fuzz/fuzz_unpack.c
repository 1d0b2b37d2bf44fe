/* SPDX-License-Identifier: MIT */
/* Compressed event files of any format, and ZIP archives of one: what they unpack to is read as any file is. */
#define FUZZ_MEMORY (16 << 20)
#include "events.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    return fuzz_file(NULL, bytes, size);
}
