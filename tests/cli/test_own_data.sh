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

# Data that a trained model misses: the remedies that the message names work, and others are refused by name.
late() { # late FILE: the events of recording, half a second later
    local i t
    for ((i = 0; i < 60; i++)); do
        t=$((i * 5000 + 500000))
        bytes "$(printf %02x $((i % 34)))" "$(printf %02x $((i / 2 % 34)))" \
            "$(printf %02x $(((i % 2) * 128 + (t >> 16))))" "$(printf %02x $((t >> 8 & 255)))" \
            "$(printf %02x $((t & 255)))"
    done >"$1"
}
cp -r "$folder/recordings" "$folder/late"
late "$folder/late.bin"
find "$folder/late" -name '*.bin' -exec cp "$folder/late.bin" {} \;
names='mse|psnr|ssim|distortion_nats|rate_bits|spikes_per_example|input_spikes_per_example|synaptic_operations'
figures() { grep -oE "\"($names)\": [^,]*" "$folder/stdout"; }
expect 0 "$VDIB" eval "$folder/dvs" --json
figures >"$folder/figures"
[[ $(wc -l <"$folder/figures") -eq 8 ]] || fail "no figures are left to compare"
sleep 0 & # what killed ones left while they wrote; the number is of a process that is gone
wait $!
left=("$folder/dvs/report.html.tmp-$!-0" "$folder/dvs/evaluation.json.tmp-$!-1" "$folder/late.npz.tmp-$!-0")
others=("$folder/dvs/notes.tmp-$!-0" "$folder/dvs/report.html.tmp-$!-0.txt" "$folder/dvs/report.html.tmp-$$-0")
touch "${left[@]}" "${others[@]}"
for command in eval report reconstruct; do
    options=(--data "$folder/late" --images "$folder/images")
    [[ $command == reconstruct ]] && options+=(--out "$folder/late.npz")
    refuses 1 "data.from_first_event=true|data.start_us|data.allow_loss=true" \
        "$VDIB" "$command" "$folder/dvs" "${options[@]}"
    expect 0 "$VDIB" "$command" "$folder/dvs" "${options[@]}" --set data.allow_loss=true
    expect 0 "$VDIB" "$command" "$folder/dvs" "${options[@]}" --set data.start_us=500000
    expect 0 "$VDIB" "$command" "$folder/dvs" "${options[@]}" --set data.step_us=80000
    expect 0 "$VDIB" "$command" "$folder/dvs" "${options[@]}" --set data.from_first_event=true
    refuses 2 "data.steps belongs to the trained model|12|data.allow_loss|data.step_us" \
        "$VDIB" "$command" "$folder/dvs" "${options[@]}" --set data.steps=40
    refuses 2 "decoder.type belongs to the trained model" "$VDIB" "$command" "$folder/dvs" --set decoder=mlp \
        "${options[@]}"
    refuses 2 "data.step_us is '-1'|from 0 to" "$VDIB" "$command" "$folder/dvs" --set data.step_us=-1 "${options[@]}"
done
# Another channel than in training, for commands that decode.
lossy=(--images "$folder/images" --set channel.type=flips --set channel.probability=0.5)
expect 0 "$VDIB" eval "$folder/dvs" "${lossy[@]}" --json
figures | cmp -s - "$folder/figures" && fail "a channel that flips half of the bits changes no figure"
expect 0 "$VDIB" reconstruct "$folder/dvs" "${lossy[@]}" --out "$folder/lossy.npz"
refuses 2 "channel.probability is 0.5|channel.type" "$VDIB" eval "$folder/dvs" --set channel.probability=0.5
refuses 2 "channel.type is 'packets'|was trained with 'none'" "$VDIB" eval "$folder/dvs" --set channel.type=packets
refuses 2 "channel.type belongs to the trained model" "$VDIB" report "$folder/dvs" "${lossy[@]}"
for file in "${left[@]}"; do [[ ! -e $file ]] || fail "$file is left"; done
for file in "${others[@]}"; do [[ -e $file ]] || fail "$file is gone"; done
first=("$VDIB" eval "$folder/dvs" --data "$folder/late" --images "$folder/images" --set data.from_first_event=true)
expect 0 "${first[@]}"
says stdout "set" "data.from_first_event=true"
expect 0 "${first[@]}" --json
figures | cmp - "$folder/figures" || fail "late recordings, counted from their first event, are not the same recordings"
spikes() { grep -v '^#' "$folder/stdout"; }
expect 0 "$VDIB" encode "$folder/dvs/model.safetensors" "$folder/recording.bin"
spikes >"$folder/spikes"
expect 0 "$VDIB" encode "$folder/dvs/model.safetensors" "$folder/late.bin" --set data.from_first_event=true
spikes | cmp - "$folder/spikes" || fail "encode: data.from_first_event was not taken"
refuses 2 "data.steps belongs to the trained model" \
    "$VDIB" encode "$folder/dvs/model.safetensors" "$folder/late.bin" --set data.steps=4
# A recording that is lost is refused before anything is written, and the key that is named brings it back.
encode=("$VDIB" encode "$folder/dvs/model.safetensors")
refuses 1 "late.bin: of 1|and 60 of 60 events|12 steps of 25000 us|data.from_first_event=true|at 500000 us" \
    "${encode[@]}" "$folder/recording.bin" "$folder/late.bin" --out "$folder/lost.txt"
[[ ! -e $folder/lost.txt ]] || fail "encode: a result of a recording that is lost was written"
expect 0 "${encode[@]}" "$folder/late.bin" --set data.allow_loss=true
says stderr "60 outside the window"
expect 0 "${encode[@]}" "$folder/late.bin" --set data.start_us=500000
refuses 1 "59 of 60 events|last until 795000 us: data.step_us=24584 covers that" \
    "${encode[@]}" "$folder/late.bin" --set data.start_us=500000 --set data.step_us=400
expect 0 "${encode[@]}" "$folder/late.bin" --set data.start_us=500000 --set data.step_us=24584
says stderr "0 outside the window"
refuses 1 "60 of 60 events|; data.start_us moves the window (the earliest of all is at 0 us)" \
    "${encode[@]}" "$folder/late.bin" --set data.from_first_event=true --set data.start_us=500000
for ((i = 0; i < 60; i++)); do # every pixel is 100 columns further to the right
    bytes "$(printf %02x $((i % 34 + 100)))" "$(printf %02x $((i / 2 % 34)))" "$(printf %02x $(((i % 2) * 128)))" \
        "$(printf %02x $((i * 500 >> 8)))" "$(printf %02x $((i * 500 & 255)))"
done >"$folder/wide.bin"
refuses 1 "60 of 60 events|34 x 34 pixels|in training data.sensor=134x30 holds them" "${encode[@]}" "$folder/wide.bin"

# What is advised of a key that a trained model does not leave open is to train with it.
refuses 1 "built-in digits|--images DIR|train with data.target=class-image" \
    "$VDIB" train demo --data "$folder/recordings" --out "$folder/no-images"
