#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Several ranks under mpirun train one model, to the bytes of one process; a rank that dies, stops, lacks the data or
# differs ends all of them with one line that names it.
source "$(dirname "$0")/common.sh"

command -v mpirun >/dev/null || skip "there is no mpirun: ranks are not tested"
[[ -e ${VDIB%/*}/../libexec/vdib/vdib-mpi.so ]] || skip "vdib was built without MPI: ranks are not tested"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_btl_base_warn_component_unused=0 OMPI_MCA_orte_execute_quiet=1

settings=("${tiny[@]}" --set numeric.products=portable --set learning.batch_size=8 --set training.validate_every=200
    --set encoder.initialisation=data --threads 1)
command=("$VDIB" train demo "${settings[@]}" --examples 800 --checkpoint-every 160)

check_same() {
    local file
    for file in model.safetensors best.safetensors metrics.jsonl config.yaml; do
        same "$folder/whole/$file" "$1/$file"
    done
    [[ -s $1/report.html ]] || fail "$1 has no report"
    figures "$1/evaluation.json" >"$folder/figures"
    same "$folder/whole-figures" "$folder/figures"
}

# figures FILE: an evaluation without its times.
figures() {
    sed -E 's/"(seconds|examples_per_second)": ?[^,}]*/"\1": 0/g' "$1"
}

# children RUN: the ranks that train it.
children() {
    pgrep -f "^$VDIB train demo.*--out $1\$" | sort -n
}

# One rank is stopped: all end within a minute, which passes while the rest is looked at.
freeze() {
    mpirun -n 2 "${command[@]}" --examples 100000000 --out "$folder/frozen" >/dev/null 2>"$folder/frozen.stderr" &
    local process=$! begun
    wait_for "$folder/frozen/checkpoint.safetensors" "$process"
    kill -STOP "$(children "$folder/frozen" | tail -n 1)"
    begun=$SECONDS
    wait "$process" 2>/dev/null && echo "not noticed" && return 1
    ((SECONDS - begun <= 60)) || { echo "it took $((SECONDS - begun)) s" && return 1; }
}
freeze >"$folder/frozen.failure" 2>&1 &
frozen=$!

expect 0 "${command[@]}" --out "$folder/whole"
figures "$folder/whole/evaluation.json" >"$folder/whole-figures"
for count in 2 3 4; do
    expect 0 mpirun -n "$count" "${command[@]}" --out "$folder/of-$count"
    says stdout "ranks    $count, which divide every batch; 1 thread each"
    [[ $(grep -c '^trained on' "$folder/stdout") -eq 1 ]] || fail "more than one rank speaks"
    check_same "$folder/of-$count"
done
VDIB_MPI_UPDATES=whole expect 0 mpirun -n 3 "${command[@]}" --out "$folder/of-whole"
check_same "$folder/of-whole"

# Evaluation of a model, with what the spikes say; a run's report made again.
expect 0 "$VDIB" eval "$folder/whole" --spikes --json --threads 1
figures "$folder/stdout" >"$folder/one-figures"
for count in 2 3; do
    expect 0 mpirun -n "$count" "$VDIB" eval "$folder/whole" --spikes --json --threads 1
    figures "$folder/stdout" >"$folder/figures"
    same "$folder/one-figures" "$folder/figures"
done
rm "$folder/of-2/report.html" "$folder/of-2/evaluation.json"
expect 0 mpirun -n 2 "$VDIB" report "$folder/of-2" --threads 1
says stdout "report: $folder/of-2/report.html"
check_same "$folder/of-2"

expect 0 "$VDIB" train demo "${settings[@]}" --seed 9 --examples 160 --out "$folder/another"
cp -r "$folder/another" "$folder/unfinished"
rm "$folder/unfinished/model.safetensors"
# A few bytes of the optimiser's state are others.
"${command[@]}" --examples 100000000 --out "$folder/paused" >"$folder/stdout" 2>"$folder/stderr" &
process=$!
wait_for "$folder/paused/checkpoint.safetensors" "$process"
kill -TERM "$process"
wait "$process" || true
cp -r "$folder/paused" "$folder/changed"
size=$(stat -c %s "$folder/changed/checkpoint.safetensors")
printf 'twelve bytes' |
    dd of="$folder/changed/checkpoint.safetensors" bs=1 seek=$((size - size / 4)) conv=notrunc status=none
cp -r "$folder/whole" "$folder/unreported"
rm "$folder/unreported/report.html"

# one_line TEXT...: of the program's own lines there is one, and it has every text.
one_line() {
    [[ $(grep -c '^vdib: ' "$folder/stderr") -eq 1 ]] || fail "not one line of vdib's"
    grep '^vdib: ' "$folder/stderr" >"$folder/line"
    local text
    for text in "$@"; do
        grep -qF -- "$text" "$folder/line" || fail "'$text' is not in vdib's line"
    done
}

# wrong TEXT COMMAND...: all ranks end within ten seconds.
wrong() {
    local texts code=0 begun=$SECONDS
    IFS='|' read -r -a texts <<<"$1"
    shift
    "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null || code=$?
    [[ $code -ne 0 ]] || fail "no failure: $*"
    ((SECONDS - begun <= 20)) || fail "it took $((SECONDS - begun)) s: $*"
    one_line "${texts[@]}"
}

wrong "9 ranks divide|learning.batch_size is 8|start 8 ranks at most" mpirun -n 9 "${command[@]}" --out "$folder/no"
wrong "several ranks|numeric.products=portable|'blas'" \
    mpirun -n 2 "${command[@]}" --set numeric.products=blas --out "$folder/no"
wrong "--seeds|without mpirun" mpirun -n 2 "${command[@]}" --seeds 2 --out "$folder/no"
wrong "rank 1: |$folder/none" mpirun -n 1 "${command[@]}" --out "$folder/no" : \
    -n 1 "${command[@]}" --data "$folder/none"
wrong "rank 1: |unknown key" mpirun -n 1 "${command[@]}" --out "$folder/no" : -n 1 "${command[@]}" --set no.key=1
wrong "rank 1 differs from rank 0 in kernel level: portable" mpirun -n 1 "${command[@]}" --out "$folder/no" : \
    -n 1 -x VDIB_KERNEL=portable "${command[@]}"
wrong "rank 1 differs from rank 0 in settings" mpirun -n 1 "${command[@]}" --out "$folder/no" : \
    -n 1 "${command[@]}" --set objective.beta=0.5
wrong "rank 1 differs from rank 0 in data" mpirun -n 1 "${command[@]}" --out "$folder/no" : \
    -n 1 "${command[@]}" --set data.test_examples=21
wrong "rank 1 differs from rank 0 in checkpoints: every 80" mpirun -n 1 "${command[@]}" --out "$folder/no" : \
    -n 1 "${command[@]}" --checkpoint-every 80
wrong "rank 1 differs from rank 0 in validation: every 80" mpirun -n 1 "${command[@]}" --out "$folder/no" : \
    -n 1 "${command[@]}" --set training.validate_every=80
wrong "rank 1 differs from rank 0 in updates (VDIB_MPI_UPDATES): whole" \
    mpirun -n 1 "${command[@]}" --out "$folder/no" : -n 1 -x VDIB_MPI_UPDATES=whole "${command[@]}"
wrong "rank 1 differs from rank 0 in the weights" \
    mpirun -n 1 "${command[@]}" --init "$folder/whole/model.safetensors" --out "$folder/no" : \
    -n 1 "${command[@]}" --init "$folder/another/model.safetensors"
wrong "rank 1 differs from rank 0 in checkpoint.safetensors" mpirun -n 1 "$VDIB" train --resume "$folder/paused" : \
    -n 1 "$VDIB" train --resume "$folder/changed"
wrong "rank 1 has ended where rank 0 goes on|the same files" mpirun -n 1 "$VDIB" train --resume "$folder/unreported" : \
    -n 1 "$VDIB" train --resume "$folder/whole"
wrong "rank 0 has ended where rank 1 goes on|the same files" mpirun -n 1 "$VDIB" train --resume "$folder/whole" : \
    -n 1 "$VDIB" train --resume "$folder/unreported"
wrong "rank 1: |$folder/none" mpirun -n 1 "$VDIB" eval "$folder/whole" : -n 1 "$VDIB" eval "$folder/none"
wrong "rank 1 differs from rank 0 in model" mpirun -n 1 "$VDIB" eval "$folder/whole" : \
    -n 1 "$VDIB" eval "$folder/another"
# other_eval TEXT OPTION...: rank 1 evaluates with other options.
other_eval() {
    wrong "rank 1 differs from rank 0 in $1" mpirun -n 1 "$VDIB" eval "$folder/whole" --examples 5 : \
        -n 1 "$VDIB" eval "$folder/whole" --examples 5 "${@:2}"
}
other_eval "split: validation, not test" --split validation
other_eval "settings" --set channel.type=flips --set channel.probability=0.1
other_eval "how data are read" --set data.step_us=20000
wrong "model.safetensors" mpirun -n 2 "$VDIB" report "$folder/unfinished"
[[ ! -e $folder/no ]] || fail "a folder was left behind"
wrong "is not empty|$folder/whole" mpirun -n 2 "${command[@]}" --out "$folder/whole"

# Asked to stop: a checkpoint; another number of ranks goes on, to the same bytes.
many=("$VDIB" train demo "${settings[@]}" --examples 800 --checkpoint-every 40)
mpirun -n 2 "${many[@]}" --out "$folder/stopped" >"$folder/stdout" 2>"$folder/stderr" &
process=$!
wait_for "$folder/stopped/checkpoint.safetensors" "$process"
kill -TERM "$process" 2>/dev/null || true
wait "$process" 2>/dev/null || true
expect 0 mpirun -n 3 "$VDIB" train --resume "$folder/stopped" --threads 1
check_same "$folder/stopped"

# One rank is killed: it is named within ten seconds, and the run goes on from its last checkpoint.
mpirun -n 3 "${many[@]}" --set training.validate_every=200 --out "$folder/killed" >"$folder/stdout" 2>"$folder/stderr" &
process=$!
wait_for "$folder/killed/checkpoint.safetensors" "$process"
if victim=$(children "$folder/killed" | tail -n 1) && [[ -n $victim ]] && kill -KILL "$victim"; then
    begun=$SECONDS
    code=0
    wait "$process" 2>/dev/null || code=$?
    [[ $code -ne 0 ]] || fail "a killed rank was not noticed"
    ((SECONDS - begun <= 10)) || fail "it took $((SECONDS - begun)) s"
    one_line "rank " "has ended without a word" "--resume"
    expect 0 "$VDIB" train --resume "$folder/killed" --threads 2
    check_same "$folder/killed"
else
    fail "no rank could be killed"
fi

wait "$frozen" || fail "of the ranks one of which was stopped: $(cat "$folder/frozen.failure")"
cp "$folder/frozen.stderr" "$folder/stderr"
one_line "rank " "has not been heard of for 40 s" "--resume"
echo "ranks 1 to 4: the same bytes"
