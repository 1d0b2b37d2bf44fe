#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The baselines that are trained as experiments: what the program prints and writes of them.
source "$(dirname "$0")/common.sh"

# baseline/ann: no encoder, no spikes, no bits.
expect 0 "$VDIB" train baseline/ann "${tiny[@]}" --examples 120 --out "$folder/ann"
says stdout "counts in 6 of 12 steps" "rule     episode" "judge accuracy" "input spikes"
grep -q "spiking\|spike density\|readout spikes\|rate  \|, rate" "$folder/stdout" &&
    fail "a network without an encoder has no spikes and no rate"
grep -q '"encoder": "counts"' "$folder/ann/evaluation.json" || fail "evaluation.json names no encoder.type"
cat "$folder/ann/metrics.jsonl" "$folder/ann/evaluation.json" > "$folder/files"
grep -q '"rate_bits\|"spike\|"synaptic' "$folder/files" && fail "a figure that there is not has a value"
grep -q 'id="rate-distortion"\|>[0-9]* spikes<' "$folder/ann/report.html" && fail "the report has a rate or spikes"
grep -q "counts in 6 parts of the time" "$folder/ann/report.html" || fail "the report does not say what is decoded"
grep -q '>Readout<' "$folder/ann/report.html" && fail "the report shows spikes that there are not"
expect 0 "$VDIB" eval "$folder/ann" --json
cp "$folder/stdout" "$folder/eval.json"
grep -q '"encoder": "counts"' "$folder/eval.json" || fail "eval --json does not say that there is no encoder"
refuses 2 "what the spikes say|sends no spikes" "$VDIB" eval "$folder/ann" --spikes
expect 0 "$VDIB" reconstruct "$folder/ann" --out "$folder/ann.npz"
grep -q "label.npy" "$folder/ann.npz" || fail "the reconstructions have no labels"
grep -q "spikes.npy" "$folder/ann.npz" && fail "the reconstructions count spikes that there are not"
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

# baseline/vib: numbers with noise, whose bits are paid for; no spikes.
expect 0 "$VDIB" train baseline/vib "${tiny[@]}" --examples 120 --out "$folder/vib"
says stdout "24 gaussian, 12 steps" "rule     straight-through, bp, episode" "rate, sampled" "synaptic operations"
grep -q "spiking\|spike density\|readout spikes" "$folder/stdout" && fail "a Gaussian readout has no spikes"
grep -q '"readout": "gaussian"' "$folder/vib/evaluation.json" || fail "evaluation.json names no readout.type"
grep -q '"rate_bits": [0-9]' "$folder/vib/evaluation.json" || fail "evaluation.json has no rate"
cat "$folder/vib/metrics.jsonl" "$folder/vib/evaluation.json" > "$folder/files"
grep -q '"spike' "$folder/files" && fail "a figure that there is not has a value"
grep -q "24 Gaussian readout neurons" "$folder/vib/report.html" || fail "the report does not say what is read"
grep -q 'id="rate-distortion"' "$folder/vib/report.html" || fail "the report has no rate"
grep -q '>Readout<\|>[0-9]* spikes<\|prior rate' "$folder/vib/report.html" && fail "the report shows spikes or r0"
refuses 2 "what the spikes say|sends no spikes" "$VDIB" eval "$folder/vib" --spikes
refuses 2 "sends no spikes|readout.type=spiking" "$VDIB" encode "$folder/vib/model.safetensors" \
    "$folder/recording.bin" --out "$folder/x.npz"
refuses 2 "readout.type is 'gaussian'|channel.type none" "$VDIB" eval "$folder/vib" --set channel.type=flips \
    --set channel.probability=0.1
refuses 2 "readout.feedback_bases is 2|set it to 0" "$VDIB" train baseline/vib "${tiny[@]}" \
    --set readout.feedback_bases=2 --out "$folder/new"
expect 0 "$VDIB" reconstruct "$folder/vib" --out "$folder/vib.npz"
cp "$folder/vib.npz" "$folder/before.npz"
expect 0 "$VDIB" reconstruct "$folder/vib" --out "$folder/vib.npz"
cmp -s "$folder/vib.npz" "$folder/before.npz" || fail "the noise of an evaluation does not follow from the seed"
expect 0 "$VDIB" compare "$folder/ann" "$folder/vib"

# baseline/first-to-spike: one value a neuron is read.
expect 0 "$VDIB" train baseline/first-to-spike "${tiny[@]}" --examples 40 --out "$folder/first"
says stdout "judge accuracy" "spike density"
refuses 2 "decoder.coding is 'first'|linear, mlp, upconv or auto" "$VDIB" train baseline/first-to-spike "${tiny[@]}" \
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
