#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Usage: help, version, exit codes, and one line for every mistake on the command line.
source "$(dirname "$0")/common.sh"

expect 0 "$VDIB" --version
grep -qE '^vdib [0-9]+\.[0-9]+\.[0-9]+$' "$folder/stdout" || fail "--version says something else"
expect 0 "$VDIB" --help
says stdout experiments train sweep compare eval reconstruct encode info report "Exit code"
cp "$folder/stdout" "$folder/usage"
expect 0 "$VDIB" help
same "$folder/stdout" "$folder/usage"

for command in experiments train sweep compare ridge eval reconstruct encode info report; do
    expect 0 "$VDIB" "$command" --help
    says stdout "Usage: vdib $command" --help
    cp "$folder/stdout" "$folder/usage"
    expect 0 "$VDIB" help "$command"
    same "$folder/stdout" "$folder/usage"
    refuses 2 "$command|--nonsense|--help" "$VDIB" "$command" --nonsense
done
expect 0 "$VDIB" help keys
says stdout objective.beta learning.estimator "whole number"

refuses 2 "no command" "$VDIB"
refuses 2 "'trian'|'train'" "$VDIB" trian
refuses 2 "'evla'|'eval'" "$VDIB" help evla
refuses 2 "too many" "$VDIB" help train now
refuses 2 "there is no option --epoch|--epochs" "$VDIB" train demo --epoch 3
refuses 2 "--epochs|'three'|whole number" "$VDIB" train demo --epochs three
refuses 2 "--epochs|'0'|from 1" "$VDIB" train demo --epochs 0
refuses 2 "--examples|'-5'" "$VDIB" train demo --examples=-5
refuses 2 "--examples|'99999999999999999999'" "$VDIB" train demo --examples 99999999999999999999
refuses 2 "--seconds|'nan'" "$VDIB" train demo --seconds nan
refuses 2 "--seconds|'5 minutes'" "$VDIB" train demo --seconds "5 minutes"
refuses 2 "--seed|'x'" "$VDIB" train demo --seed x
expect 0 "$VDIB" train demo "${tiny[@]}" --examples 4 --seed 0 --out "$folder/seed-0" # the smallest
says stdout "seed 0"
refuses 2 "--threads|'many'" "$VDIB" train demo --threads many
refuses 2 "--split|'tests'|validation" "$VDIB" eval nothing --split tests
refuses 2 "--format|'csv'|npz" "$VDIB" encode nothing nothing --format csv
refuses 2 "--out" "$VDIB" train demo --out
refuses 2 "no experiment|vdib experiments" "$VDIB" train
refuses 2 "'demo2'|one word too many" "$VDIB" train demo demo2
refuses 2 "missing|RUN|MODEL" "$VDIB" eval
refuses 2 "missing|FILE" "$VDIB" encode model.safetensors
refuses 2 "--out" "$VDIB" reconstruct model.safetensors
refuses 2 "too many" "$VDIB" info a b
refuses 2 "published/dvss|published/dvs" "$VDIB" train published/dvss
refuses 2 "'demon'|'demo'" "$VDIB" experiments demon
refuses 2 "--resume|--threads" "$VDIB" train --resume "$folder" --seed 3
refuses 2 "--resume|demo" "$VDIB" train demo --resume "$folder"
refuses 2 "largest seed|begin lower" "$VDIB" train demo --seeds 2 --seed 9223372036854775807 --out "$folder/seeds"

expect 0 "$VDIB" experiments
for experiment in published/predict published/mnist-rate published/mnist-time published/dvs published/classify \
    published/dvs-batched demo mnist-rate mnist-time dvs classify predict motion anywhere \
    baseline/rate-decoding baseline/ann baseline/first-to-spike baseline/rate-target baseline/vib; do
    grep -qE "^$experiment +[A-Z]" "$folder/stdout" || fail "$experiment is not listed with its summary"
    expect 0 "$VDIB" experiments "$experiment"
    says stdout "experiment: $experiment"
    expect 0 "$VDIB" experiments
done

if [[ -w /dev/full ]]; then
    code=0
    "$VDIB" experiments >/dev/full 2>"$folder/stderr" || code=$?
    [[ $code -eq 1 ]] || fail "exit code $code where standard output cannot be written"
    says stderr "standard output"
fi
[[ ! -e runs ]] || fail "a wrong command line left a folder 'runs'"
refuses 2 "two?lines" "$VDIB" $'two\nlines'
