#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No work is lost: every signal that asks to stop, and a reader of standard output that goes away, leaves a checkpoint
# with which the run ends as if it had never been stopped.
source "$(dirname "$0")/common.sh"

signals=(HUP INT TERM USR1 USR2 XCPU) examples=1200
if sanitized; then
    signals=(INT TERM) examples=400
    echo "under the sanitizers: ${signals[*]} of six signals, and shorter runs"
fi

# A validation after every batch, so that most signals come inside one; nobody else writes a checkpoint.
command=("$VDIB" train demo "${tiny[@]}" --examples "$examples" --set training.validate_every=4
         --checkpoint-every 1000000 --threads 1)
expect 0 "${command[@]}" --out "$folder/whole"

check_same() {
    local file
    for file in model.safetensors best.safetensors metrics.jsonl; do
        same "$folder/whole/$file" "$1/$file"
    done
}

# begin COMMAND...: in the background, as $process; its streams are empty before it starts.
begin() {
    : >"$folder/stdout"
    : >"$folder/stderr"
    "$@" >>"$folder/stdout" 2>>"$folder/stderr" &
    process=$!
}

# stop SIGNAL RUN CODE: sends it once the run has printed a validation; the run ends with that exit code and goes on
# later.
stop() {
    local code=0
    until grep -q validation "$folder/stdout"; do
        kill -0 "$process" 2>/dev/null || fail "$2 ended before it could be stopped"
        sleep 0.01
    done
    kill -s "$1" "$process"
    wait "$process" || code=$?
    [[ $code -eq $3 ]] || fail "exit code $code instead of $3 after SIG$1"
    [[ -s $2/checkpoint.safetensors ]] || fail "no checkpoint after SIG$1"
    [[ ! -e $2/model.safetensors ]] || fail "$2 ended before it was stopped"
    says stderr "$2" "vdib train --resume"
    [[ $(wc -l <"$folder/stderr") -eq 1 ]] || fail "not one line on standard error after SIG$1"
}

for signal in "${signals[@]}"; do
    set -m # so that SIGINT is not ignored in the background
    begin "${command[@]}" --out "$folder/$signal"
    set +m
    stop "$signal" "$folder/$signal" $((128 + $(kill -l "$signal")))
    expect 0 "$VDIB" train --resume "$folder/$signal" --threads 1
    check_same "$folder/$signal"
done

# A closed terminal often sends HUP twice.
begin "${command[@]}" --out "$folder/twice"
until grep -q validation "$folder/stdout"; do sleep 0.01; done
kill -s HUP "$process"
kill -s HUP "$process" 2>/dev/null || true
code=0
wait "$process" || code=$?
[[ $code -eq 129 && -s $folder/twice/checkpoint.safetensors ]] || fail "exit code $code after two SIGHUP"

# nohup: HUP is ignored, and the run ends.
begin bash -c 'trap "" HUP; exec "$@"' - "${command[@]}" --out "$folder/nohup"
until grep -q validation "$folder/stdout"; do sleep 0.01; done
kill -s HUP "$process"
wait "$process" || fail "a run under nohup was stopped by HUP"
check_same "$folder/nohup"

# The reader of standard output goes away, by a signal or, where that is ignored, by an error.
for how in signal error; do
    code=0
    {
        [[ $how == signal ]] || trap '' PIPE
        set +e
        "${command[@]}" --out "$folder/pipe-$how" 2>"$folder/stderr"
        echo $? >"$folder/code"
    } | head -n 1 >/dev/null
    [[ $(<"$folder/code") -eq 141 ]] || fail "exit code $(<"$folder/code") after a closed pipe ($how)"
    [[ $(wc -l <"$folder/stderr") -eq 1 ]] || fail "not one line on standard error after a closed pipe ($how)"
    [[ -s $folder/pipe-$how/checkpoint.safetensors ]] || fail "no checkpoint after a closed pipe ($how)"
    expect 0 "$VDIB" train --resume "$folder/pipe-$how" --threads 1
    check_same "$folder/pipe-$how"
done

# A series stops in the run of a seed and goes on there.
begin "${command[@]}" --seeds 2 --out "$folder/series"
stop USR1 "$folder/series/seed-1" 138
expect 0 "$VDIB" train --resume "$folder/series" --threads 1
check_same "$folder/series/seed-1"
[[ -s $folder/series/summary.json ]] || fail "the resumed series has no summary"

# Stopped while data are opened: nothing is there, and the exit code is that of the signal.
begin "$VDIB" train demo --threads 1 --out "$folder/opening"
sleep 0.3
kill -s TERM "$process"
code=0
wait "$process" || code=$?
[[ $code -eq 143 ]] || fail "exit code $code after SIGTERM while data are opened"
[[ -e $folder/opening/checkpoint.safetensors || ! -e $folder/opening ]] ||
    fail "a run folder without a checkpoint was left"

# An evaluation ends without leaving anything.
before=$(fingerprint "$folder/INT")
begin "$VDIB" eval "$folder/INT" --split train --threads 1
sleep 0.2
kill -s TERM "$process" 2>/dev/null || true
code=0
wait "$process" || code=$?
[[ $code -eq 143 || $code -eq 0 ]] || fail "exit code $code of eval after SIGTERM"
[[ $before == "$(fingerprint "$folder/INT")" ]] || fail "eval changed the run"
