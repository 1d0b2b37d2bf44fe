/* SPDX-License-Identifier: MIT */
#include "core/file_key.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cache.h"
#include "core/file.h"
#include "core/interrupted.h"

bool vdib__file_key_of(const char *path, const char *part, vdib__file_key *key) {
    enum { LOOK = 4096 };
    uint8_t bytes[LOOK];
    struct stat state;
    int file = vdib__open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool sound = file >= 0 && fstat(file, &state) == 0 && S_ISREG(state.st_mode);
    uint64_t hash = vdib__hash(VDIB_HASH_BASIS, part, strlen(part));
    if (sound) {
        const uint64_t size = (uint64_t)state.st_size, ends = size > LOOK ? size - LOOK : 0;
        const uint64_t places[] = {0, ends / 2, ends};
        const uint64_t facts[] = {size, (uint64_t)state.st_mtim.tv_sec, (uint64_t)state.st_mtim.tv_nsec};
        const size_t length = size < LOOK ? (size_t)size : LOOK;
        key->words[1] = vdib__hash(hash, facts, sizeof facts);
        for (size_t i = 0; i < 3 && sound; i++) {
            sound = vdib__file_read_at(file, bytes, length, places[i]);
            hash = vdib__hash(hash, bytes, length);
        }
        key->words[0] = hash;
    }
    if (file >= 0)
        (void)close(file);
    return sound;
}
