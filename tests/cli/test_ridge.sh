#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vdib ridge: figures in a folder that compare takes, the same for any number of threads; what cannot be is refused.
source "$(dirname "$0")/common.sh"

small=(--set data.train_examples=60 --set data.test_examples=20 --set data.steps=12 --set data.step_us=25000)
expect 0 "$VDIB" ridge demo "${small[@]}" --threads 2 --out "$folder/images"
says stdout "54 rows of 6,936 counts" "penalty" "judge accuracy" "SSIM" "$folder/images"
[[ ! -e $folder/images/run.json ]] || fail "a regression is no run that could be resumed"
grep -q '"examples": 20,' "$folder/images/evaluation.json" || fail "evaluation.json is not of the test split"
grep -q '"examples": 6,' "$folder/images/validation.json" || fail "validation.json is not of the validation split"
expect 0 "$VDIB" ridge demo "${small[@]}" --threads 1 --out "$folder/again"
for file in evaluation.json validation.json; do
    same "$folder/images/$file" "$folder/again/$file"
done
expect 0 "$VDIB" ridge published/classify "${small[@]}" --set data.target=class --data builtin:digits \
    --out "$folder/classes"
says stdout "accuracy"
grep -q '"confusion_classes": 10' "$folder/classes/evaluation.json" || fail "no confusion matrix"
grep -q '"rate_bits"' "$folder/classes/evaluation.json" && fail "a regression has no rate"

# Beside a run: what differs is the method, too.
expect 0 "$VDIB" train demo "${tiny[@]}" --examples 40 --out "$folder/run"
expect 0 "$VDIB" compare "$folder/images" "$folder/run"
says stdout "method" "ridge" "judge accuracy" "validation MSE" "54"
expect 0 "$VDIB" compare "$folder/images" "$folder/again" --json
says stdout '"keys": []' '"training_examples": 54' '"mse"'

refuses 2 "--out" "$VDIB" ridge demo
refuses 2 "not empty" "$VDIB" ridge demo "${small[@]}" --out "$folder/run"
refuses 1 "every step has a target" "$VDIB" ridge published/predict --out "$folder/new"
refuses 1 "11445|10000 rows|data.train_examples" "$VDIB" ridge published/mnist-rate --set data.train_examples=12445 \
    --data builtin:digits --set data.test_examples=5 --out "$folder/new"
refuses 1 "no such folder" "$VDIB" ridge demo --data /nowhere --out "$folder/new"
[[ ! -e $folder/new ]] || fail "what was refused left a folder"
echo '{}' >"$folder/again/ridge.json"
refuses 1 "ridge.json: is damaged" "$VDIB" compare "$folder/again"
