#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The man page has every option of --help, command by command, and no other.
source "$(dirname "$0")/common.sh"
page=$VDIB_SOURCE/man/vdib.1

# The options in the page's section of a command: its .TP items.
in_page() {
    awk -v section=".SS vdib $1" '
        $0 == section { inside = 1; next } /^\.S[SH]/ { inside = 0 } inside && tagged { print }
        { tagged = $0 == ".TP" }' \
        "$page" | sed -e 's/\\-/-/g' | grep -oE '^\.B[IR]? (-h ", " )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u
}
in_help() {
    "$VDIB" "$1" --help | grep -E '^ +(-., )?--' | grep -oE -- '--[a-z-]+' | sort -u
}

commands=$("$VDIB" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
[[ $(wc -w <<<"$commands") -ge 8 ]] || fail "too few commands in --help"
for command in $commands; do
    grep -qx ".SS vdib $command" "$page" || fail "the man page has no section 'vdib $command'"
    [[ $command != help ]] || continue
    in_page "$command" >"$folder/page"
    in_help "$command" >"$folder/help"
    [[ -s $folder/help ]] || fail "vdib $command --help shows no options"
    diff "$folder/page" "$folder/help" >"$folder/stdout" || fail "vdib $command: man page (<) and --help (>) differ"
done

version=$("$VDIB" --version)
grep -q "\"$version\"" "$page" || fail "the man page is not of $version"
if command -v groff >/dev/null; then
    groff -man -Tascii -ww -z "$page" 2>"$folder/stderr" || fail "groff fails"
    [[ ! -s $folder/stderr ]] || fail "groff warns"
fi
