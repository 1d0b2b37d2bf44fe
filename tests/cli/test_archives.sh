#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Data sets as they are downloaded: an archive, or a folder of archives, trains as the folder inside does.
source "$(dirname "$0")/common.sh"
export VDIB_CACHE=$folder/cache
recordings "$folder/data"
tar -C "$folder/data" -czf "$folder/all.tar.gz" Train Test
mkdir "$folder/download"
tar -C "$folder/data" -cf "$folder/download/Train.tar" Train
tar -C "$folder/data/Test" -cf "$folder/download/Test.tar" . # its classes alone
command=("$VDIB" train classify --set data.steps=10 --set encoder.layers='[20]' --set encoder.readouts=8 --threads 1
         --examples 20 --set learning.warmup_examples=0)

code=0
"$VDIB" info "$folder/all.tar.gz" >"$folder/stdout" 2>"$folder/stderr" || code=$?
if grep -q VDIB_WITH_ARCHIVE "$folder/stderr"; then
    skip "built without libarchive: archives are not unpacked"
fi
[[ $code -eq 0 ]] || fail "the archive is refused"
says stdout "all.tar.gz: recordings, 34 x 34" "note: $folder/all.tar.gz: 30 files of" \
    "unpacked in $folder/cache/archive-"
expect 0 "${command[@]}" --data "$folder/data" --out "$folder/plain"
for name in all.tar.gz download; do
    expect 0 "${command[@]}" --data "$folder/$name" --out "$folder/run"
    same "$folder/plain/model.safetensors" "$folder/run/model.safetensors"
    expect 0 "$VDIB" eval "$folder/run" --threads 1
    rm -r "$folder/run"
done

head -c 700 "$folder/all.tar.gz" >"$folder/cut.tar.gz"
refuses 1 "$folder/cut.tar.gz: is damaged or cut short after" "$VDIB" info "$folder/cut.tar.gz"
refuses 1 "$folder/cut.tar.gz: is damaged or cut short after" "${command[@]}" --data "$folder/cut.tar.gz" \
    --out "$folder/none"
[[ $(find "$folder/cache" -maxdepth 1 -name "archive-*" -type d | wc -l) -eq 2 ]] || fail "something damaged was kept"
refuses 1 "archives are unpacked into the cache folder, and there is none" "${command[@]}" --data "$folder/all.tar.gz" \
    --no-cache --out "$folder/none"
refuses 2 "$folder/all.tar.gz: is an archive of several files" "$VDIB" info "$folder/all.tar.gz" --strict
