#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --limit-memory: whatever the bound, a command does its work or says in one line that it needs more; and a small stack
# is enough.
source "$(dirname "$0")/common.sh"

recordings "$folder/data"
expect 0 "$VDIB" train classify "${tiny[@]}" --set evaluation.judge=none --data "$folder/data" --examples 8 \
    --threads 1 --out "$folder/run"
run=$folder/run one=$folder/recording.bin number=0

# What else takes memory is not bounded: the answer must come by itself.
bounded() { # BOUND COMMAND...
    local code=0
    timeout 60 "$VDIB" "${@:2}" --limit-memory "$1" >"$folder/stdout" 2>"$folder/stderr" </dev/null || code=$?
    [[ $code -ne 0 ]] || return 0
    [[ $code -eq 1 ]] || fail "exit code $code with $1: ${*:2}"
    [[ $(grep -c '^vdib: ' "$folder/stderr") -eq 1 ]] || fail "not one line with $1: ${*:2}"
    grep -q -- --limit-memory "$folder/stderr" || fail "another reason than --limit-memory with $1: ${*:2}"
    return 1
}

bounds=(1K 20K 100K 400K 1M 3M 8M 20M 100M 1G)
if sanitized; then
    bounds=(1K 100K 3M 20M 1G)
    echo "under the sanitizers: ${#bounds[@]} of ten bounds"
fi

# works COMMAND...: OUT stands for a new place; refused with little, done with much.
works() {
    local bound refused=0 done=0
    for bound in "${bounds[@]}"; do
        number=$((number + 1))
        if bounded "$bound" "${@//OUT/$folder/out-$number}"; then
            done=$((done + 1))
        else
            refused=$((refused + 1))
            compgen -G "$folder/out-$number*" >"$folder/stdout" && fail "something was left with $bound: $*"
        fi
    done
    [[ $refused -gt 0 && $done -gt 0 ]] || fail "$refused refused and $done done: $*"
}
small=("${tiny[@]}" --set evaluation.judge=none --threads 1 --no-cache)
works train demo "${small[@]}" --examples 4 --out OUT
works train classify "${small[@]}" --data "$folder/data" --examples 4 --out OUT
works eval "$run" --threads 1
works reconstruct "$run" --out OUT.npz
works encode "$run/model.safetensors" "$one" --out OUT
works encode "$run/model.safetensors" "$one" --out OUT.npz
works info "$run/model.safetensors"
works info "$one"
works view "$one" --page --out OUT.html
works convert "$one" OUT.csv
works export "$run" --to onnx --only encoder --out OUT.onnx
if [[ -e ${VDIB%/*}/../libexec/vdib/vdib-hdf5 ]]; then
    works info "$VDIB_SOURCE/tests/core/hdf5/small.h5"
    works convert "$one" OUT.h5
fi

# Training says beforehand what it needs.
bounded 130M train demo --no-cache --out "$folder/large" && fail "the demo trains in 130M"
says stderr "training needs about" "the limit of --limit-memory" "lower"

bounded 20K info "$run/model.safetensors" && fail "the model is read in 20K"
says stderr "of JSON may need more than the 20K of --limit-memory; raise it"

# Sizes.
for wrong in 0 -1 many 1GB 1.5 "" 1e9 0.00001K 9999999T 123456789012345M 99999999999999999999; do
    refuses 2 "--limit-memory|is no size" "$VDIB" info "$one" --limit-memory "$wrong"
done
expect 0 "$VDIB" info "$one" --limit-memory 1234567890123456789
VDIB_LIMIT_MEMORY=many refuses 1 "VDIB_LIMIT_MEMORY=many" "$VDIB" info "$one"
expect 0 "$VDIB" info "$one" --limit-memory 1.5G

# A stack of 256 KiB; the sanitizers need more.
few() { (ulimit -s 256 && exec "$VDIB" "$@"); }
nm -D "$VDIB_LIBRARY" >"$folder/stdout"
if ! grep -qE '__(asan|tsan)_init' "$folder/stdout"; then
    expect 0 few train demo "${small[@]}" --threads 2 --examples 8 --out "$folder/stack"
    expect 0 "$VDIB" train demo "${small[@]}" --threads 2 --examples 8 --out "$folder/plain"
    same "$folder/stack/model.safetensors" "$folder/plain/model.safetensors"
    expect 0 few eval "$folder/stack"
fi

# A file of spikes that a killed program left.
printf 'half' >"$folder/spikes.txt.tmp-999999999"
touch -d '2 minutes ago' "$folder/spikes.txt.tmp-999999999"
expect 0 "$VDIB" encode "$run/model.safetensors" "$one" --out "$folder/spikes.txt"
[[ ! -e $folder/spikes.txt.tmp-999999999 ]] || fail "what a killed program left is still there"
[[ -s $folder/spikes.txt ]] || fail "no spikes were written"
