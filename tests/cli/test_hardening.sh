#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The built program, library, helper, module and binding: checked copies, stack protector, read-only relocations, all
# symbols bound at the start, position-independent, no executable stack.
source "$(dirname "$0")/common.sh"
build=$(realpath "${VDIB%/*}/..")
command -v readelf >/dev/null || skip "there is no readelf"
for line in VDIB_HARDENING:BOOL=ON CMAKE_BUILD_TYPE:STRING=Release VDIB_SANITIZE:STRING=; do
    grep -qx "$line" "$build/CMakeCache.txt" || skip "this is no hardened build"
done

has() { # FILE WHAT TEXT: the text is in $folder/elf
    grep -qE -- "$3" "$folder/elf" || fail "${1#"$build"/}: $2 is missing"
}

look() { # FILE KIND
    readelf --wide --dynamic --program-headers --file-header "$1" >"$folder/elf"
    has "$1" "read-only relocation" '^ *GNU_RELRO'
    has "$1" "binding at the start" 'FLAGS.*(BIND_NOW|NOW)'
    has "$1" "position-independence" '^ *Type: +DYN'
    grep -E '^ *GNU_STACK' "$folder/elf" >"$folder/stdout" || fail "$1: says nothing of its stack"
    ! grep -q 'RWE' "$folder/stdout" || fail "$1: its stack is executable"
    ! grep -qE '\(TEXTREL\)' "$folder/elf" || fail "$1: its code is changed at the start"
    readelf --wide --dyn-syms "$1" >"$folder/elf"
    has "$1" "the stack protector" '__stack_chk_(fail|guard)'
    [[ ${2-} == small ]] || has "$1" "checked copies (_FORTIFY_SOURCE)" '__[a-z]+_chk(@|$)'
}

look "$VDIB"
look "$VDIB_LIBRARY"
found=2
for file in "$build"/libexec/vdib/vdib-hdf5 "$build"/libexec/vdib/vdib-mpi.so "$build"/python/vdib/_binding*.so; do
    [[ -e $file ]] || continue
    look "$file" small
    found=$((found + 1))
done
echo "$found files are hardened"
grep -q -- '-D_FORTIFY_SOURCE=3' "$build/build.ninja" || fail "the level of checked copies is not 3"
