#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Recordings in folders of any classes without Train and Test, manifests of them, and splits that are made.
source "$(dirname "$0")/common.sh"
recording "$folder/recording.bin"
for class_ in "grey seal" otter; do
    mkdir -p "$folder/zoo/mammals/$class_"
    for i in 1 2 3 4 5 6; do cp "$folder/recording.bin" "$folder/zoo/mammals/$class_/$i.bin"; done
done
small=(--set data.steps=12 --set data.step_us=25000 --set encoder.readouts=16 --set learning.warmup_examples=0)

expect 0 "$VDIB" info "$folder/zoo" --manifest "$folder/zoo/list.csv"
says stdout "zoo: recordings, 34 x 34" "grey seal" "otter" "nothing says which recordings are for testing: 2 of 12" \
    "are of class 'grey seal'" "manifest      $folder/zoo/list.csv"
[[ $(grep -c . "$folder/zoo/list.csv") -eq 13 ]] || fail "the manifest has not a line for each recording"
grep -qx "mammals/grey seal/[1-6].bin,test,grey seal,,," "$folder/zoo/list.csv" || fail "a line is wrong"
refuses 2 "--manifest lists the recordings of a data folder" "$VDIB" info "$folder/recording.bin" --manifest \
    "$folder/x"
refuses 1 "$folder/none/list.csv: its folder is not there" "$VDIB" info "$folder/zoo" --manifest "$folder/none/list.csv"

# Names go into the model, the figures and the report; the digest of the split into run.json.
expect 0 "$VDIB" train classify "${small[@]}" --data "$folder/zoo" --examples 32 --out "$folder/run"
grep -q "grey seal" "$folder/run/report.html" || fail "the report does not name the classes"
grep -q '"digest of the split": "[0-9a-f]\{64\}"' "$folder/run/run.json" || fail "run.json has no digest of the split"
expect 0 "$VDIB" eval "$folder/run" --json
says stdout '"grey seal"' '"examples": 2,'
grep -q "split in another way" "$folder/stdout" && fail "the split is said to have changed"
expect 0 "$VDIB" train classify "${small[@]}" --data "$folder/zoo/list.csv" --examples 32 --out "$folder/listed"
says stdout "trained on 32 examples"
expect 0 "$VDIB" eval "$folder/run" --data "$folder/zoo/list.csv" --json
says stdout '"examples": 2,'

# One recording more draws another split: said, and refused where a run goes on.
cp "$folder/recording.bin" "$folder/zoo/mammals/otter/0.bin"
cp "$folder/recording.bin" "$folder/zoo/mammals/otter/7.bin"
expect 0 "$VDIB" eval "$folder/run" --json
says stdout "the data are split in another way than when the model was trained"
sed -i 's/"finished": true/"finished": false/' "$folder/run/run.json" # as if it had been stopped
refuses 1 "the data have changed since the run began|digest of the split was" "$VDIB" train --resume "$folder/run"
rm "$folder/zoo/mammals/otter/0.bin" "$folder/zoo/mammals/otter/7.bin"

# Windows: more examples, and the manifest of them is the same data.
expect 0 "$VDIB" train classify "${small[@]}" --data "$folder/zoo" --examples 32 --out "$folder/windows" \
    --set data.window_us=100000 --set data.stride_us=50000 --set data.step_us=8000
says stdout "12 recordings are cut into" "windows of 100000 us, 50000 us apart"
refuses 2 "data.stride_us is 5, but data.window_us is 0" "$VDIB" train classify --data "$folder/zoo" \
    --set data.stride_us=5 --out "$folder/none"
printf 'path,label\nmammals/otter/1.bin,otter\nmammals/otter/9.bin,otter\n' >"$folder/zoo/bad.csv"
refuses 1 "bad.csv: line 3, column 'path': " "$VDIB" train classify --data "$folder/zoo/bad.csv" --out "$folder/none"
[[ ! -e $folder/none ]] || fail "a refused manifest left a run folder"
