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

# As tables are saved: tabs, a mark of UTF-8, whole numbers with a decimal point, a column of row numbers.
cd "$folder/zoo/mammals"
{
    printf '\xEF\xBB\xBF\tpath\tlabel\tfrom\tto\r\n'
    for i in 1 2 3 4 5 6; do printf '%d\totter/%d.bin\tOtter\t%s.0\t150000.\r\n' "$i" "$i" $((i * 1000)); done
    for i in 1 2 3 4 5 6; do printf '%d\tgrey seal/%d.bin\totter\t\t\r\n' "$i" "$i"; done
} >list.tsv
expect 0 "$VDIB" info list.tsv --manifest copy.csv
says stdout "Otter" "1 column has no meaning here and is ignored" \
    "classes 'Otter' and 'otter' differ in the case of letters alone"
[[ $(grep -c ',Otter,,[1-6]000,150000$' copy.csv) -eq 6 ]] || fail "times with a decimal point are lost"
sed 's/150000\.\r/150000.5\r/' list.tsv >half.tsv
refuses 1 "half.tsv: line 2, column 'to': is no whole number" "$VDIB" info half.tsv
{
    printf '\xEF\xBB\xBF'
    for i in 1 2 3 4 5 6; do printf '{"path": "otter/%d.bin", "label": 3.0, "from": 0, "to": 1.5e5}\r\n' "$i"; done
} >list.jsonl
refuses 2 "copy.csv: is there already; name another file" "$VDIB" info list.jsonl --manifest copy.csv
[[ $(grep -c ',Otter,,' copy.csv) -eq 6 ]] || fail "a manifest that was there is lost"
rm copy.csv
expect 0 "$VDIB" info list.jsonl --manifest copy.csv
[[ $(grep -c ',3,,0,150000$' copy.csv) -eq 6 ]] || fail "whole numbers of JSON with a fraction are lost"
printf '{"path": "otter/1.bin", "label": "a", "to": 1.5}\n' >half.jsonl
refuses 1 "half.jsonl: line 1, column 'to': is neither a text nor a whole number" "$VDIB" info half.jsonl
expect 0 "$VDIB" view list.tsv --out sheet.png
says stdout " recordings of 2 of 2 classes" "sheet: sheet.png"

# Names that would change a terminal, or end a line, do not.
printf 'path,split,label\notter/1.bin,train,"a\033[31m\nb"\notter/2.bin,test,"a\033[31m\nb"\n' >colour.csv
expect 0 "$VDIB" info colour.csv
says stdout "a?[31m?b"

# Splits without a test example are refused before the training; validation examples stay beside few others.
{
    echo path,split,label
    for i in 1 2 3 4; do printf 'otter/%d.bin,train,otter\ngrey seal/%d.bin,train,seal\n' "$i" "$i"; done
    printf 'otter/%d.bin,val,otter\n' 5 6
} >split.csv
refuses 1 "8 train, 2 validation, 0 test: there are no test examples" "$VDIB" train classify "${small[@]}" \
    --data split.csv --examples 16 --out "$folder/none"
[[ ! -e $folder/none ]] || fail "data without a test example left a run folder"
printf 'grey seal/%d.bin,test,seal\n' 5 6 >>split.csv
expect 0 "$VDIB" train classify "${small[@]}" --data split.csv --examples 16 --out "$folder/few" \
    --set data.train_examples=2
says stdout "2 train, 2 validation, 2 test" "best so far"

# A folder for each class, with Train and Test inside.
for class_ in seal otter; do
    mkdir -p "$folder/inside/$class_/train" "$folder/inside/$class_/test"
    for i in 1 2 3; do cp "$folder/recording.bin" "$folder/inside/$class_/train/$i.bin"; done
    cp "$folder/recording.bin" "$folder/inside/$class_/test/4.bin"
done
echo "no recording" >"$folder/inside/readme.txt"
echo "no recording" >"$folder/inside/otter/test/readme.md"
expect 0 "$VDIB" info "$folder/inside" --manifest "$folder/inside.csv"
says stdout "laid out as folders of classes with Train and Test inside" \
    "1 file in the folders of the classes, not named like recordings or without events, is not read"
[[ $(grep -c ',test,otter,' "$folder/inside.csv") -eq 1 && $(grep -c . "$folder/inside.csv") -eq 9 ]] ||
    fail "Train and Test inside of class folders are read wrongly"
