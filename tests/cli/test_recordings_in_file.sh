#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A file that holds several recordings: vdib info says which one it shows, and FILE#N is another.
source "$(dirname "$0")/common.sh"
cp "$VDIB_SOURCE/tests/core/hdf5/shd.h5" "$folder/a#1.h5"

code=0
"$VDIB" info "$folder/a#1.h5" >"$folder/stdout" 2>"$folder/stderr" || code=$?
if [[ $code -ne 0 ]] && grep -q VDIB_WITH_HDF5 "$folder/stderr"; then
    skip "built without HDF5"
fi
[[ $code -eq 0 ]] || fail "the file is refused"
says stdout "recording     0 of 0 to" "$folder/a#1.h5#N is recording N" "label"
expect 0 "$VDIB" info "$folder/a#1.h5#1"
says stdout "recording     1 of 0 to" "$folder/a#1.h5#N is recording N"
refuses 1 "there is no #99" "$VDIB" info "$folder/a#1.h5#99"
