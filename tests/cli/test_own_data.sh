#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A user's own folders: recordings in N-MNIST's layout, images in IDX files.
source "$(dirname "$0")/common.sh"
recordings "$folder/recordings"
idx "$folder/images"
small=(--set data.steps=12 --set data.step_us=25000 --set encoder.layers='[40]' --set encoder.readouts=24)

expect 0 "$VDIB" train published/dvs "${small[@]}" --data "$folder/recordings" --images "$folder/images" --examples 12 \
    --set data.target=image --out "$folder/dvs"
says stdout "$folder/recordings" "judge accuracy"
grep -q "\"$(realpath "$folder/recordings")\"" "$folder/dvs/run.json" || fail "run.json does not name the data"

# Evaluation finds the data of the run from anywhere.
(cd / && expect 0 "$VDIB" eval "$folder/dvs" --json)
says stdout '"examples": 10,'
(cd / && expect 0 "$VDIB" eval "$folder/dvs/best.safetensors" --json)
says stdout '"examples": 10,'

expect 0 "$VDIB" train published/dvs "${small[@]}" --data "$folder/recordings" --epochs 1 \
    --out "$folder/built-in-images"
says stdout "trained on 18 examples"
gzip "$folder/images"/*
expect 0 "$VDIB" train published/mnist-time "${small[@]}" --data "$folder/images" --examples 6 --out "$folder/time"
expect 0 "$VDIB" train published/classify "${small[@]}" --data "$folder/recordings" --examples 6 \
    --out "$folder/classify"
expect 0 "$VDIB" encode "$folder/dvs/model.safetensors" "$folder"/recordings/Test/*/*.bin
[[ $(grep -c '^#' "$folder/stdout") -eq 10 ]] || fail "not every recording was encoded"
