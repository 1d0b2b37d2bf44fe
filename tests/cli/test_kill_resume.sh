#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A run that is killed, before its first checkpoint or after, and resumed ends in the bytes of an unbroken run.
source "$(dirname "$0")/common.sh"

limit=800
command=("$VDIB" train demo "${tiny[@]}" --examples "$limit" --set training.validate_every=200 --threads 1
    --set encoder.initialisation=data)
expect 0 "${command[@]}" --checkpoint-every 100 --out "$folder/whole"

check_same() {
    local run=$1 file
    for file in model.safetensors best.safetensors metrics.jsonl; do
        same "$folder/whole/$file" "$run/$file"
    done
    [[ -z $(sort "$run/metrics.jsonl" | uniq -d) ]] || fail "$run/metrics.jsonl has a line twice"
    [[ -s $run/report.html ]] || fail "$run has no report"
}

# Starts a run in the background; `process` is its number.
begin() {
    "${command[@]}" "$@" >"$folder/stdout" 2>"$folder/stderr" &
    process=$!
}
kill_hard() {
    kill -9 "$process"
    wait "$process" 2>/dev/null || true
    [[ ! -e $1/model.safetensors ]] || fail "the run ended before it could be killed"
}

grep -qF '"initialisation": "hidden layer 0 set on 54 training examples' "$folder/whole/run.json" ||
    fail "run.json does not say how the weights were made"

# Before the first checkpoint.
begin --checkpoint-every $limit --out "$folder/early"
wait_for "$folder/early/run.json" "$process"
kill_hard "$folder/early"
[[ ! -e $folder/early/checkpoint.safetensors ]] || fail "there is a checkpoint already"
refuses 1 "$folder/early|not finished|--resume" "$VDIB" eval "$folder/early"
expect 0 "$VDIB" train --resume "$folder/early" --threads 2
says stdout "note     hidden layer 0 set on 54" "note     readout set on 54" "mean probability 0.005"
check_same "$folder/early"

# After it, and once more while the resumed run is under way.
begin --checkpoint-every 100 --out "$folder/late"
wait_for "$folder/late/checkpoint.safetensors" "$process"
kill_hard "$folder/late"
cp -r "$folder/late" "$folder/twice"
expect 0 "$VDIB" train --resume "$folder/late"
check_same "$folder/late"
"$VDIB" train --resume "$folder/twice" >"$folder/stdout" 2>"$folder/stderr" &
process=$!
sleep 0.2
kill -9 "$process" 2>/dev/null || true
wait "$process" 2>/dev/null || true
expect 0 "$VDIB" train --resume "$folder/twice"
check_same "$folder/twice"

# A polite signal: a checkpoint, its own exit code, and how to go on.
for signal in TERM INT; do
    set -m # so that SIGINT is not ignored in the background
    begin --checkpoint-every $limit --out "$folder/polite-$signal"
    set +m
    wait_for "$folder/polite-$signal/metrics.jsonl" "$process"
    while [[ ! -s $folder/stdout ]]; do :; done
    kill -s "$signal" "$process"
    code=0
    wait "$process" || code=$?
    [[ $code -eq $((128 + $(kill -l "$signal"))) ]] || fail "exit code $code after SIG$signal"
    says stderr "$folder/polite-$signal" "vdib train --resume"
    [[ -s $folder/polite-$signal/checkpoint.safetensors ]] || fail "no checkpoint after SIG$signal"
    expect 0 "$VDIB" train --resume "$folder/polite-$signal"
    check_same "$folder/polite-$signal"
    [[ -z $(find "$folder/polite-$signal" -name '*.tmp*') ]] ||
        fail "a run that stopped in good order has temporary files"
done

# A run that is finished is left as it is.
before=$(fingerprint "$folder/late")
expect 0 "$VDIB" train --resume "$folder/late"
says stdout "finished already"
[[ $before == "$(fingerprint "$folder/late")" ]] || fail "resuming a finished run changed it"

# A run that was killed between its report and the report's figures gets both.
rm "$folder/late/evaluation.json"
expect 0 "$VDIB" train --resume "$folder/late"
[[ -s $folder/late/evaluation.json ]] || fail "the figures of the report are still missing"
