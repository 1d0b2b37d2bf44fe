#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same command twice, and with 1 and 2 threads, gives the same models to the byte.
source "$(dirname "$0")/common.sh"

# check NAME TRAIN-ARGUMENTS...
check() {
    local name=$1 model
    shift
    expect 0 "$VDIB" train "$@" --threads 1 --out "$folder/$name-a"
    expect 0 "$VDIB" train "$@" --threads 1 --out "$folder/$name-b"
    expect 0 "$VDIB" train "$@" --threads 2 --out "$folder/$name-c"
    for model in model best; do
        same "$folder/$name-a/$model.safetensors" "$folder/$name-b/$model.safetensors"
        same "$folder/$name-a/$model.safetensors" "$folder/$name-c/$model.safetensors"
    done
    same "$folder/$name-a/metrics.jsonl" "$folder/$name-c/metrics.jsonl"
    expect 0 "$VDIB" train "$@" --threads 2 --seed 7 --out "$folder/$name-d"
    if cmp -s "$folder/$name-a/model.safetensors" "$folder/$name-d/model.safetensors"; then
        fail "$name: another seed gives the same model"
    fi
}

check demo demo "${tiny[@]}" --examples 48 --set training.validate_every=16
check data demo "${tiny[@]}" --examples 8 --set encoder.initialisation=data
check rate published/mnist-rate "${tiny[@]}" --set learning.batch_size=1 --set data.blank_steps=2 --examples 24
check batch published/dvs "${tiny[@]}" --examples 24
check predict published/predict --set data.test_examples=2 --set data.test_steps=60 --set data.steps=40 --examples 12
