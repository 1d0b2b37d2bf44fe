#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Training that begins with weights of a file: it does, a resume needs the file no more, and bad ones are refused.
source "$(dirname "$0")/common.sh"
train=("$VDIB" train demo "${tiny[@]}" --threads 1)
digest() { "$VDIB" info --digest "$1"; }

expect 0 "${train[@]}" --examples 40 --seed 1 --out "$folder/first"
cp "$folder/first/model.safetensors" "$folder/weights.safetensors"

# A learning rate of nothing: what comes out is what went in.
still=(--set learning.encoder_rate=1e-30 --set learning.decoder_rate=1e-30)
expect 0 "${train[@]}" "${still[@]}" --examples 8 --seed 2 --init "$folder/weights.safetensors" --out "$folder/still"
says stdout "begins with" "tensors from $folder/weights.safetensors"
[[ $(digest "$folder/still") == $(digest "$folder/first") ]] || fail "training does not begin with those weights"
grep -q '"init": ' "$folder/still/run.json" || fail "run.json does not say what training began with"

# Stopped and resumed without the file: the same bytes as a run that was not.
expect 0 "${train[@]}" --examples 60 --seed 2 --init "$folder/weights.safetensors" --out "$folder/whole"
expect 0 "${train[@]}" --examples 60 --seed 2 --out "$folder/other"
[[ $(digest "$folder/whole") != $(digest "$folder/other") ]] || fail "--init changes nothing"
"${train[@]}" --examples 60 --seed 2 --init "$folder/weights.safetensors" --out "$folder/cut" >/dev/null 2>&1 &
process=$!
wait_for "$folder/cut/checkpoint.safetensors" $process
kill -KILL $process 2>/dev/null || true
wait $process 2>/dev/null || true
mv "$folder/weights.safetensors" "$folder/away"
expect 0 "$VDIB" train --resume "$folder/cut" --threads 1
[[ $(digest "$folder/whole") == $(digest "$folder/cut") ]] || fail "a resumed run ends in other weights"
mv "$folder/away" "$folder/weights.safetensors"

# Bad ones.
refuses 1 "$folder/missing" "${train[@]}" --init "$folder/missing" --out "$folder/x"
head -c 100 "$folder/weights.safetensors" >"$folder/short"
refuses 1 "$folder/short" "${train[@]}" --init "$folder/short" --out "$folder/x"
refuses 1 "$folder/weights.safetensors|has the shape|it must have|its model has other classes, targets, readouts" \
    "${train[@]}" --set encoder.readouts=25 --init "$folder/weights.safetensors" --out "$folder/x"
refuses 2 "--seeds" "${train[@]}" --seeds 2 --init "$folder/weights.safetensors" --out "$folder/x"
refuses 2 "--resume" "$VDIB" train --resume "$folder/first" --init "$folder/weights.safetensors"
[[ ! -e $folder/x ]] || fail "a refused run left its folder"
