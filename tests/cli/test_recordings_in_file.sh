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

# In class folders the first recording of a file is the example, and a note says that there are others.
for place in Train/a Train/b Test/a Test/b; do
    mkdir -p "$folder/set/$place"
    for n in 1 2; do
        cp "$VDIB_SOURCE/tests/core/hdf5/shd.h5" "$folder/set/$place/$n.h5"
    done
done
expect 0 "$VDIB" info "$folder/set"
says stdout "4 of 4 test recordings are the first of several in their files, the only one that is read (FILE#N in a"
printf '%s\n' path,split,label 'Train/a/1.h5#1,train,a' 'Train/b/1.h5#1,train,b' 'Test/a/1.h5#1,test,a' \
    >"$folder/set/list.csv"
expect 0 "$VDIB" info "$folder/set/list.csv"
if grep -q "first of several" "$folder/stdout"; then fail "a recording that is named is said to be the first"; fi
