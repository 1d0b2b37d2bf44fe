#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public function is called with NULL and 0 in every place: it must not crash, and one that returns a status
# must refuse (vdib.h, rule of NULL). The calls are made from the headers' declarations, so that no function can be
# forgotten.
source "$(dirname "$0")/common.sh"
compiler=${CC:-cc}
command -v "$compiler" >/dev/null || skip "there is no C compiler"
flags=()
symbols=$(nm -D "$VDIB_LIBRARY")
grep -q __asan_init <<<"$symbols" && flags=("-fsanitize=address,undefined")
grep -q __tsan_init <<<"$symbols" && skip "the library is built with the thread sanitizer"

# One declaration a line: "TYPE NAME(PARAMETERS)".
"$compiler" -E -P -I "$VDIB_SOURCE/include" "$VDIB_SOURCE/include/vdib/vdib.h" | tr '\n' ' ' |
    sed -e 's/__attribute__((visibility("default")))/\n@/g' |
    sed -n -e 's/^@ \([^;]*)\) *;.*/\1/p' >"$folder/declarations"
[ "$(wc -l <"$folder/declarations")" -gt 100 ] || fail "only $(wc -l <"$folder/declarations") declarations were found"

# NULL is legal in all of these: the standard allocator; every benchmark; every default.
legal=" vdib_allocator_set vdib_benchmark_run "
{
    cat <<'C'
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vdib/vdib.h>

/* Calls run in a child each: 0 is as it should be, 1 a status other than VDIB_ERROR_ARGUMENT, 2 without a message. */
#define STATUS(call) ((call) != VDIB_ERROR_ARGUMENT ? 1 : vdib_last_message()[0] == '\0' ? 2 : 0)
#define VALUE(call)  ((void)(call), 0)
#define TRY(name, code)                                                                                                \
    do {                                                                                                               \
        int state = 0;                                                                                                 \
        pid_t child = fork();                                                                                          \
        if (child == 0)                                                                                                \
            _exit(code);                                                                                               \
        (void)waitpid(child, &state, 0);                                                                               \
        calls++;                                                                                                       \
        if (state != 0) {                                                                                              \
            bad++;                                                                                                     \
            printf("%s: %s %d\n", name, WIFSIGNALED(state) ? "died of signal" : "answered",                            \
                   WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state));                                         \
        }                                                                                                              \
    } while (0)

int main(void) {
    int calls = 0, bad = 0;
C
    while read -r declaration; do
        head=${declaration%%(*}
        name=${head##*[ *]}
        parameters=${declaration#*(}
        parameters=${parameters%)}
        [[ $legal == *" $name "* || $parameters == void ]] && continue
        commas=${parameters//[^,]/}
        zeros=0
        for ((i = 0; i < ${#commas}; i++)); do zeros+=", 0"; done
        kind=VALUE
        # A function whose every pointer may be NULL has nothing to refuse; all others that return a status must.
        [[ $head == "vdib_status "* && $parameters == *"*"* ]] && kind=STATUS
        [[ $name == vdib_fail ]] && kind=VALUE
        echo "    TRY(\"$name\", $kind($name($zeros)));"
    done <"$folder/declarations"
    cat <<'C'
    printf("%d calls, %d bad\n", calls, bad);
    return bad != 0;
}
C
} >"$folder/null.c"
expect 0 "$compiler" -std=gnu11 -Wall -Wextra -Wno-nonnull -Werror -I "$VDIB_SOURCE/include" "${flags[@]}" \
    "$folder/null.c" \
    "$VDIB_LIBRARY" -Wl,-rpath,"$(dirname "$VDIB_LIBRARY")" -o "$folder/null"
expect 0 "$folder/null"
says stdout "calls, 0 bad"
