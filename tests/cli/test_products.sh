#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# numeric.products=portable: the same model at every kernel level, with any number of threads, and resumed where another
# BLAS is; BLAS gives another model.
source "$(dirname "$0")/common.sh"
train=("$VDIB" train demo "${tiny[@]}" --examples 48 --set learning.batch_size=8 --set decoder.hidden=40)
own=("${train[@]}" --set numeric.products=portable)
blas=("${train[@]}" --set numeric.products=blas)
digest() { "$VDIB" info --digest "$1"; }

expect 0 "${own[@]}" --threads 1 --out "$folder/one"
expect 0 "${own[@]}" --threads 3 --out "$folder/three"
expect 0 env VDIB_KERNEL=portable "${own[@]}" --threads 2 --out "$folder/portable"
expect 0 "${train[@]}" --threads 1 --out "$folder/standard"
expect 0 "${blas[@]}" --threads 1 --out "$folder/blas"
[[ $(digest "$folder/one") == $(digest "$folder/standard") ]] || fail "portable is not the default"
[[ $(digest "$folder/one") == $(digest "$folder/three") ]] || fail "the number of threads changes the model"
[[ $(digest "$folder/one") == $(digest "$folder/portable") ]] || fail "the kernel level changes the model"
[[ $(digest "$folder/one") != $(digest "$folder/blas") ]] || fail "numeric.products changes nothing"

# Another machine stands in the record: that matters to a run whose products BLAS makes, and to no other.
begin_and_kill() {
    "$@" >/dev/null 2>&1 &
    process=$!
    wait_for "${*: -1}/checkpoint.safetensors" $process
    kill -KILL $process 2>/dev/null || true
    wait $process 2>/dev/null || true
    sed -i 's/"blas": "[^"]*"/"blas": "OpenBLAS of another machine"/; s/"machine": "/&not-/; s/"kernel": "/&old-/' \
        "${*: -1}/run.json"
}
begin_and_kill "${own[@]}" --examples 2400 --threads 1 --out "$folder/cut"
begin_and_kill "${blas[@]}" --examples 2400 --threads 1 --out "$folder/blas-cut"
expect 0 "$VDIB" train --resume "$folder/cut"
refuses 1 "the machine type was not-|the kernel level was old-|the BLAS was OpenBLAS of another machine" \
    "$VDIB" train --resume "$folder/blas-cut"
expect 0 "${own[@]}" --examples 2400 --threads 2 --out "$folder/whole"
[[ $(digest "$folder/cut") == $(digest "$folder/whole") ]] || fail "a resumed run ends in another model"

# A complete configuration without the key is from before there was any: BLAS, then.
grep -v 'products:' "$folder/one/config.yaml" >"$folder/old.yaml"
expect 0 "$VDIB" train "$folder/old.yaml" --examples 48 --threads 1 --out "$folder/old"
[[ $(digest "$folder/old") == $(digest "$folder/blas") ]] || fail "an old configuration does not multiply by BLAS"
sed 1d "$folder/old.yaml" >"$folder/own.yaml" # somebody's own: the default
expect 0 "$VDIB" train "$folder/own.yaml" --examples 48 --threads 1 --out "$folder/own"
[[ $(digest "$folder/own") == $(digest "$folder/one") ]] || fail "a configuration of one's own has not the default"

refuses 2 "numeric.products|one of blas" "${train[@]}" --set numeric.products=mkl --out "$folder/x"
