#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A disk that fills while a checkpoint is written: one clear line, the checkpoint before it stays, and the run goes on
# later.
source "$(dirname "$0")/common.sh"
command=("$VDIB" train demo "${tiny[@]}" --examples 400 --checkpoint-every 100 --threads 1)
expect 0 "${command[@]}" --out "$folder/whole"

disk=$folder/disk
mkdir "$disk"
if [[ $(id -u) -eq 0 ]] && mount -t tmpfs -o size=16m none "$disk" 2>/dev/null; then
    clean_up() {
        umount "$disk"
        rm -rf "$folder"
    }
    fill() { dd if=/dev/zero of="$disk/filler" bs=4096 status=none 2>/dev/null || true; }
    free() { rm "$disk/filler"; }
    limited() { "$@"; }
else
    echo "no file system of its own can be mounted: a limit on the size of files stands for the full disk"
    fill() { :; }
    free() { :; }
    limited() (
        trap '' XFSZ # a write beyond the limit fails instead of ending the program
        ulimit -f 16
        exec "$@"
    )
fi

# The run stands at a checkpoint when the disk fills.
"${command[@]}" --out "$disk/run" >"$folder/stdout" 2>"$folder/stderr" &
process=$!
wait_for "$disk/run/checkpoint.safetensors" "$process"
kill -9 "$process"
wait "$process" 2>/dev/null || true
[[ ! -e $disk/run/model.safetensors ]] || fail "the run ended before it could be killed"
rm -f "$disk"/run/*.tmp-*
checkpoint=$(sha256sum <"$disk/run/checkpoint.safetensors")
fill
refuses 1 "cannot be written|free some space" limited "$VDIB" train --resume "$disk/run"
grep -qE "$disk/run|metrics.jsonl" "$folder/stderr" || fail "the message names no file"
[[ $checkpoint == "$(sha256sum <"$disk/run/checkpoint.safetensors")" ]] || fail "the checkpoint is not what it was"
[[ ! -e $disk/run/model.safetensors ]] || fail "a model was written to a full disk"

free
expect 0 "$VDIB" train --resume "$disk/run"
for file in model.safetensors best.safetensors metrics.jsonl; do
    same "$folder/whole/$file" "$disk/run/$file"
done

# A disk that is full from the beginning.
mkdir "$disk/small"
fill
refuses 1 "$disk" limited "${command[@]}" --out "$disk/small/run"

# A conversion: what was there before stays, and nothing is left beside it.
{
    echo "t,x@640,y@480,on"
    for ((i = 0; i < 20000; i++)); do
        echo "$((i * 37)),$((i * 7919 % 640)),$((i * 104729 % 480)),$((i * 31 % 7 % 2))"
    done
} >"$folder/events.csv"
for format in es csv npz aedat4 openeb dsec; do
    if [[ $format == openeb || $format == dsec ]] &&
        ! "$VDIB" convert "$folder/events.csv" "$folder/probe.h5" --force >/dev/null 2>&1; then
        echo "no HDF5 here: $format is left out"
        continue
    fi
    free 2>/dev/null || true
    echo "what was there" >"$disk/$format"
    fill
    refuses 1 "$disk/$format: " limited "$VDIB" convert "$folder/events.csv" "$disk/$format" \
        --format "$format" --force
    [[ $(cat "$disk/$format") == "what was there" ]] || fail "$format: the file is not what it was"
    left=$(find "$disk" -name "$format.*")
    [[ -z $left ]] || fail "$format: left: $left"
done
