/* SPDX-License-Identifier: MIT */
/* Feeds files, or all files of folders, to a fuzz target: its corpus as a regression test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Of a target that counts them, the inputs from which something was made: were there none, its seeds would be of no
 * use. */
extern size_t fuzz_accepted __attribute__((weak));

static int fail(void) {
    fprintf(stderr, "%s\n", vdib_last_message());
    return -1;
}

/* Returns the number of inputs, -1 on failure. A target gets a block of exactly its size, so that sanitizers see reads
 * beyond it. */
static int replay_file(const char *path) {
    uint8_t *content = NULL, *exact = NULL;
    size_t size = 0;
    if (vdib__file_read(path, &content, &size) != VDIB_OK)
        return fail();
    exact = malloc(size > 0 ? size : 1);
    if (exact == NULL) {
        vdib__free(content);
        fprintf(stderr, "%s: out of memory\n", path);
        return -1;
    }
    memcpy(exact, content, size);
    vdib__free(content);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

static int replay_folder(const char *folder) {
    char **names = NULL;
    size_t count = 0;
    int inputs = 0;
    if (vdib__folder_list(folder, &names, &count) != VDIB_OK)
        return fail();
    for (size_t i = 0; i < count && inputs >= 0; i++) {
        char *path = NULL;
        int one = vdib__path_join(folder, names[i], &path) == VDIB_OK ? replay_file(path) : fail();
        vdib__free(path);
        inputs = one < 0 ? one : inputs + one;
    }
    vdib__names_free(names, count);
    return inputs;
}

int main(int count, char **paths) {
    int inputs = 0;
    for (int i = 1; i < count; i++) {
        int more = vdib__is_folder(paths[i]) ? replay_folder(paths[i]) : replay_file(paths[i]);
        if (more < 0)
            return 1;
        inputs += more;
    }
    printf("%d inputs\n", inputs);
    if (&fuzz_accepted != NULL && fuzz_accepted == 0) {
        fprintf(stderr, "nothing was made of any of them\n");
        return 1;
    }
    return inputs > 0 ? 0 : 1;
}
