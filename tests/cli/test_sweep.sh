#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vdib sweep and vdib compare: all combinations are trained, as vdib train trains them; parts, stopping and going on;
# bad input loses nothing.
source "$(dirname "$0")/common.sh"

# shellcheck disable=SC2054 # the commas are those of --over
small=("${tiny[@]}" --examples 80 --set training.validate_every=40)
# shellcheck disable=SC2054
command=("$VDIB" sweep demo "${small[@]}" --over objective.beta=0.001,0.1
         --over decoder.type:decoder.coding=mlp:rate,linear:time --seed 4 --seeds 2)

expect 0 "${command[@]}" --jobs 3 --out "$folder/whole"
says stdout "8 runs, 0 done; 3 at once" "8 of 8" "test split, mean +- standard deviation" "validation split" \
    "objective.beta  decoder.type" "$folder/whole/results.csv" "$folder/whole/results.html"
[[ $(grep -c '^begun ' "$folder/stdout") -eq 8 && $(grep -c '^done ' "$folder/stdout") -eq 8 ]] || fail "not 8 runs"
[[ $(find "$folder/whole" -name evaluation.json | wc -l) -eq 8 ]] || fail "not 8 evaluations"
[[ $(find "$folder/whole" -name validation.json | wc -l) -eq 8 ]] || fail "not 8 validations"

# One of them alone: the same model, whatever else ran beside it; and its validation.json is what eval says.
run=$folder/whole/0005-beta-0.1-type-mlp-coding-rate-seed-5
expect 0 "$VDIB" train demo "${small[@]}" --set objective.beta=0.1 --set decoder=mlp --set decoder.coding=rate \
    --seed 5 --out "$folder/alone"
same "$folder/alone/model.safetensors" "$run/model.safetensors"
expect 0 "$VDIB" eval "$run" --split validation --json
cp "$folder/stdout" "$folder/validation"
if command -v python3 >/dev/null; then
    python3 - "$folder/whole" "$run" "$folder/validation" <<'PYTHON' || fail "the table is not that of the runs"
import csv, json, pathlib, statistics, sys
whole = pathlib.Path(sys.argv[1])
timing = ("seconds", "examples_per_second")
said, written = json.load(open(sys.argv[3])), json.load(open(sys.argv[2] + "/validation.json"))
assert {k: v for k, v in said.items() if k not in timing} == {k: v for k, v in written.items() if k not in timing}
rows = list(csv.DictReader(open(whole / "results.csv")))
table = json.load(open(whole / "results.json"))
wanted = [(b, t, c, s) for b in ("0.001", "0.1") for t, c in (("mlp", "rate"), ("linear", "time")) for s in ("4", "5")]
assert [(r["objective.beta"], r["decoder.type"], r["decoder.coding"], r["seed"]) for r in rows] == wanted
for row, run in zip(rows, table["runs"]):
    evaluation = json.load(open(row["folder"] + "/evaluation.json"))
    assert row["folder"] == run["folder"] and row["state"] == run["state"] == "done"
    assert row["training_examples"] == "80" and run["training_examples"] == 80
    for name, value in run["figures"].items():
        assert value == evaluation[name] == float(row[name]), name
    assert run["figures"]["rate_bits"] != run["validation"]["rate_bits"]
for i, setting in enumerate(table["settings"]):
    values = [run["figures"]["rate_bits"] for run in table["runs"][2 * i:2 * i + 2]]
    found = setting["figures"]["rate_bits"]
    assert setting["settings"] == table["runs"][2 * i]["settings"] and found["runs"] == 2
    assert abs(found["mean"] - statistics.mean(values)) < 1e-9
    assert abs(found["standard_deviation"] - statistics.stdev(values)) < 1e-9
PYTHON
fi

# The same command again has nothing to do, and changes no run.
before=$(cd "$folder/whole" && find . -path './0*' -type f -print0 | sort -z | xargs -0 sha256sum)
expect 0 "${command[@]}" --out "$folder/whole"
says stdout "8 runs, 8 done; 0 at once"
[[ $before == "$(cd "$folder/whole" && find . -path './0*' -type f -print0 | sort -z | xargs -0 sha256sum)" ]] ||
    fail "going on with a finished sweep changed a run"

# Parts: each trains its own runs, at the same time in one folder; the last to end writes the whole table.
"${command[@]}" --part 1/3 --jobs 1 --out "$folder/parts" >"$folder/part1" 2>&1 &
one=$!
"${command[@]}" --part 2/3 --jobs 1 --out "$folder/parts" >"$folder/part2" 2>&1 &
two=$!
wait "$one" || fail "part 1: $(<"$folder/part1")"
wait "$two" || fail "part 2: $(<"$folder/part2")"
trained=$(cd "$folder/parts" && printf '%.4s ' 0*/evaluation.json)
[[ $trained == "0000 0001 0003 0004 0006 0007 " ]] || fail "parts 1/3 and 2/3 trained $trained"
expect 0 "$VDIB" sweep --resume "$folder/parts" --part 3/3
says stdout "2 runs of 8, part 3 of 3, 0 done"
for file in "$folder"/whole/0*/model.safetensors; do
    same "$file" "$folder/parts/${file#"$folder/whole/"}"
done
[[ $(grep -c ',done,' "$folder/parts/results.csv") -eq 8 ]] || fail "the table of the parts is not whole"

# A table of what is there, without training.
rm "$folder"/parts/results.* "$folder/parts/0002-beta-0.001-type-linear-coding-time-seed-4/evaluation.json"
expect 0 "$VDIB" sweep --table "$folder/parts"
says stdout "test split"
[[ $(grep -c ',done,' "$folder/parts/results.csv") -eq 7 ]] || fail "the table does not say what is done"
[[ $(grep -c ',trained,' "$folder/parts/results.csv") -eq 1 ]] ||
    fail "the table does not say what is done"
[[ -s $folder/parts/results.json && -s $folder/parts/results.html ]] || fail "a table is missing"

# Signals leave checkpoints in all runs that are in training; killed ones go on too; all end as if never stopped.
signals=(INT TERM HUP KILL) examples=1200
if sanitized; then
    signals=(TERM KILL) examples=400
    echo "under the sanitizers: ${signals[*]} of four signals, and shorter runs"
fi
# shellcheck disable=SC2054
long=("$VDIB" sweep demo "${tiny[@]}" --examples "$examples" --set training.validate_every=4
      --over objective.beta=0.001,0.1 --checkpoint-every 100 --jobs 2)
expect 0 "${long[@]}" --out "$folder/long"
for signal in "${signals[@]}"; do
    set -m # so that SIGINT is not ignored in the background
    "${long[@]}" --out "$folder/$signal" >"$folder/stdout" 2>"$folder/stderr" &
    process=$!
    set +m
    wait_for "$folder/$signal/0000-beta-0.001-seed-1/checkpoint.safetensors" "$process"
    wait_for "$folder/$signal/0001-beta-0.1-seed-1/checkpoint.safetensors" "$process"
    kill -s "$signal" "$process"
    code=0
    wait "$process" || code=$?
    [[ $code -eq $((128 + $(kill -l "$signal"))) ]] || fail "exit code $code after SIG$signal"
    if [[ $signal != KILL ]]; then
        [[ $(wc -l <"$folder/stderr") -eq 1 ]] || fail "not one line on standard error after SIG$signal"
        says stderr "0 of 2 runs done" "vdib sweep --resume $folder/$signal"
        [[ -s $folder/$signal/results.csv ]] || fail "no table after SIG$signal"
    fi
    [[ -z $(find "$folder/$signal" -name model.safetensors) ]] || fail "a run ended before SIG$signal"
    expect 0 "$VDIB" sweep --resume "$folder/$signal" --jobs 1
    says stdout "resumed  0000-beta-0.001-seed-1, after" "resumed  0001-beta-0.1-seed-1, after"
    for file in 0000-beta-0.001-seed-1/model.safetensors 0001-beta-0.1-seed-1/metrics.jsonl; do
        same "$folder/long/$file" "$folder/$signal/$file"
    done
done

# A run whose numbers explode fails alone; the others end, and the exit code says so.
expect 1 "$VDIB" sweep demo "${small[@]}" --set learning.decoder_optimizer=sgd --set objective.reduction=sum \
    --set learning.clip_norm=0 --set learning.warmup_examples=0 --set encoder.initialisation=law \
    --over decoder.type:learning.decoder_learning_rate=conv2d:100,linear:0.001 --jobs 1 \
    --out "$folder/explodes"
says stderr "the loss is not finite" "$folder/explodes: 1 of 2 runs failed; the others are done"
[[ $(wc -l <"$folder/stderr") -eq 2 ]] || fail "not a line for the run and one for the sweep"
grep -q ',begun,conv2d,' "$folder/explodes/results.csv" || fail "the run that failed is not in the table"
grep -q ',done,linear,' "$folder/explodes/results.csv" || fail "the run after the one that failed is not done"

expect 0 "$VDIB" info "$folder/explodes"
says stdout "sweep of 2 runs" "over          decoder.type:learning" "done          1" "begun         1" \
    "missing       0"
refuses 1 "is a sweep; name one of its runs" "$VDIB" eval "$folder/explodes"

# compare: the keys that differ and the figures, as text, JSON and a page.
expect 0 "$VDIB" compare "$folder"/whole/000[06]* "$folder/alone" --html "$folder/page.html"
says stdout "[3] $folder/alone" "objective.beta" "decoder.type" "seed" "judge accuracy" "validation judge accuracy" \
    "$folder/page.html"
grep -q 'objective.readout' "$folder/stdout" && fail "a key that does not differ is shown"
says page.html "Runs compared" "objective.beta"
expect 0 "$VDIB" compare "$folder/alone" "$run" --json
says stdout '"keys": []' '"rate_bits"'
! grep -q nan "$folder/stdout" || fail "the JSON holds NaN"

# Bad input: one line, and nothing that is there is lost.
before=$(fingerprint "$folder/whole")
refuses 2 "--over|unknown key 'objective.bta'|objective.beta" "$VDIB" sweep demo --over objective.bta=1 \
    --out "$folder/new"
refuses 2 "--over|objective.beta is '-1'" "$VDIB" sweep demo --over objective.beta=-1 --out "$folder/new"
refuses 2 "--over|experiment is a name" "$VDIB" sweep demo --over experiment=a,b --out "$folder/new"
for limit in examples epochs seconds; do
    refuses 2 "training.examples is varied, but --$limit takes its place" \
        "$VDIB" sweep demo --over training.examples=200,400 --"$limit" 600 --out "$folder/new"
done
refuses 2 "--out" "$VDIB" sweep demo --over objective.beta=1
refuses 2 "no experiment" "$VDIB" sweep --over objective.beta=1 --out "$folder/new"
for part in 0/3 4/3 x/y 1 1/0 1/ /2 -1/3 1/3x 99999999/99999999; do
    refuses 2 "--part: '$part' is not I/N" "${command[@]}" --part "$part" --out "$folder/whole"
done
refuses 2 "another sweep|--seeds was 2, is 1" "${command[@]}" --seeds 1 --out "$folder/whole"
refuses 2 "another sweep|objective.beta" "$VDIB" sweep demo --over objective.beta=1 --out "$folder/whole"
refuses 2 "holds something, but no sweep" "${command[@]}" --out "$folder/alone"
refuses 1 "is the folder of no sweep" "$VDIB" sweep --table "$folder/alone"
refuses 1 "is the folder of no sweep" "$VDIB" sweep --resume "$folder/nowhere"
refuses 2 "own settings" "$VDIB" sweep --resume "$folder/whole" --seeds 3
refuses 2 "trains nothing" "$VDIB" sweep --table "$folder/whole" --jobs 3
refuses 2 "one word too many" "$VDIB" sweep demo --table "$folder/whole"
refuses 1 "is the folder of a sweep" "$VDIB" compare "$folder/whole"
refuses 1 "is no run folder" "$VDIB" compare "$folder"
refuses 2 "something is missing" "$VDIB" compare
[[ $before == "$(fingerprint "$folder/whole")" ]] || fail "something that was refused changed the sweep"
mkdir "$folder/foreign"
cp -r "$folder/whole/sweep.json" "$folder/whole/config.yaml" "$folder/foreign"
cp -r "$folder/whole/0003-beta-0.001-type-linear-coding-time-seed-5" \
    "$folder/foreign/0000-beta-0.001-type-mlp-coding-rate-seed-4"
rm "$folder"/foreign/0000*/evaluation.json
before=$(fingerprint "$folder/foreign/0000-beta-0.001-type-mlp-coding-rate-seed-4")
refuses 2 "holds a run of another sweep|seed was 5, is 4" "$VDIB" sweep --resume "$folder/foreign" --jobs 1
[[ $before == "$(fingerprint "$folder/foreign/0000-beta-0.001-type-mlp-coding-rate-seed-4")" ]] ||
    fail "a foreign run was changed"
refuses 1 "/nowhere|no such folder" "${command[@]}" --data /nowhere --out "$folder/new"
[[ ! -e $folder/new ]] || fail "a sweep that was refused left a folder"
