/* SPDX-License-Identifier: MIT */
#include "core/choice.h"

#include <string.h>

const vdib__choice *vdib__choice_find(const vdib__choices *choices, const char *name) {
    for (size_t i = 0; i < choices->count; i++)
        if (strcmp(choices->rows[i]->name, name) == 0)
            return choices->rows[i];
    return NULL;
}

/* Whether word[0 .. length) is one of the words of `among`. */
static bool has_word(const char *among, const char *word, size_t length) {
    for (const char *at = among; at != NULL && *at != '\0'; at += strspn(at, " ")) {
        size_t here = strcspn(at, " ");
        if (here == length && strncmp(at, word, length) == 0)
            return true;
        at += here;
    }
    return false;
}

bool vdib__choice_word(const char *words, const char *word) {
    return has_word(words, word, strlen(word));
}

bool vdib__choice_is(const vdib__choice *choice, const char *words) {
    if (vdib__choice_word(words, choice->name))
        return true;
    for (const char *tag = choice->tags; tag != NULL && *tag != '\0'; tag += strspn(tag, " ")) {
        size_t length = strcspn(tag, " ");
        if (has_word(words, tag, length))
            return true;
        tag += length;
    }
    return false;
}
