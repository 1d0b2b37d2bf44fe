#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The baselines that are trained as experiments: what the program prints and writes of them.
source "$(dirname "$0")/common.sh"

# baseline/ann: no encoder, no spikes, no bits.
expect 0 "$VDIB" train baseline/ann "${tiny[@]}" --examples 120 --out "$folder/ann"
says stdout "counts in 6 of 12 steps" "rule     episode" "rate 0 bits" "judge accuracy" "readout spikes"
grep -q "spiking\|spike density" "$folder/stdout" && fail "a network without an encoder has no spiking neurons"
grep -q '"encoder": "counts"' "$folder/ann/evaluation.json" || fail "evaluation.json names no encoder.type"
grep -q '"rate_bits": 0.0' "$folder/ann/evaluation.json" || fail "the rate is not 0"
grep -q "counts in 6 parts of the time" "$folder/ann/report.html" || fail "the report does not say what is decoded"
grep -q '>Readout<' "$folder/ann/report.html" && fail "the report shows spikes that there are not"
expect 0 "$VDIB" eval "$folder/ann" --json
cp "$folder/stdout" "$folder/eval.json"
grep -q '"encoder": "counts"' "$folder/eval.json" || fail "eval --json does not say that there is no encoder"
refuses 2 "what the spikes say|sends no spikes" "$VDIB" eval "$folder/ann" --spikes
expect 0 "$VDIB" reconstruct "$folder/ann" --out "$folder/ann.npz"
expect 0 "$VDIB" info "$folder/ann/model.safetensors"
says stdout "counts in 6 of 12 steps"
recording "$folder/recording.bin"
refuses 2 "sends no spikes" "$VDIB" encode "$folder/ann/model.safetensors" "$folder/recording.bin" \
    --out "$folder/x.npz"
[[ ! -e $folder/x.npz ]] || fail "what was refused left a file"
refuses 2 "encoder.bins is 13" "$VDIB" train baseline/ann "${tiny[@]}" --set encoder.bins=13 --out "$folder/new"
expect 0 "$VDIB" sweep baseline/ann "${tiny[@]}" --set training.examples=40 --over encoder.bins=1,4 \
    --out "$folder/sweep"
says stdout "encoder.bins"

# baseline/first-to-spike: one value a neuron is read.
expect 0 "$VDIB" train baseline/first-to-spike "${tiny[@]}" --examples 40 --out "$folder/first"
says stdout "judge accuracy" "spike density"
refuses 2 "decoder.coding is 'first'|decoder.type linear or mlp" "$VDIB" train baseline/first-to-spike "${tiny[@]}" \
    --set decoder.type=conv --out "$folder/new"

# baseline/rate-target: rates by hand, for data with classes.
expect 0 "$VDIB" train baseline/rate-target "${tiny[@]}" --examples 40 --out "$folder/target"
says stdout "rule     rate-target" "judge accuracy"
refuses 2 "each of the 10 classes|encoder.readouts is 9" "$VDIB" train baseline/rate-target "${tiny[@]}" \
    --set encoder.readouts=9 --out "$folder/new"

# Beside predictions: a copy of the present pair, and a Markov predictor.
expect 0 "$VDIB" train published/predict --set data.delta=1 --set data.test_steps=100 --examples 3 --out "$folder/blobs"
says stdout "accuracy of a copy of the present class" "MSE of a Markov predictor"
grep -q '"markov_accuracy": 0.*"markov_mse": 0' "$folder/blobs/evaluation.json" || fail "evaluation.json lacks them"
