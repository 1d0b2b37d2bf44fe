#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A model goes out as a NIR file and its layers come back: vdib export, info, train --import, stopped and resumed.
source "${BASH_SOURCE%/*}/common.sh"

train() { # RUN OPTION...
    local run=$1
    shift
    expect 0 "$VDIB" train demo "${tiny[@]}" --examples 40 --seed 3 --out "$folder/$run" "$@"
}
train first --set neuron.model=cuba
expect 0 "$VDIB" export "$folder/first" --to nir --out "$folder/model.nir" --data builtin:digits --examples 5
grep -q "exact  *encoder.hidden.0  *Affine, CubaLIF (0 of the spikes differ)" "$folder/stdout" || {
    grep -q "HDF5" "$folder/stderr" && skip "there is no HDF5 helper"
    fail "the report does not say that the layer is exact"
}
expect 2 "$VDIB" export "$folder/first" --to nir --out "$folder/x.nir" --examples 5
expect 0 "$VDIB" info "$folder/model.nir"
grep -q "hidden0_neurons  *CubaLIF" "$folder/stdout" || fail "info does not show the graph"

train second --import "$folder/model.nir"
grep -q "import   exact  *hidden0_weights, hidden0_neurons -> encoder.hidden.0" "$folder/stdout" || fail "no report"
grep -q "import   replaced" "$folder/stdout" && fail "a setting that holds is said to be replaced"
train third --import "$folder/model.nir" --threads 1 --set encoder.layers=[7]
says stdout "import   replaced     --set encoder.layers=[7]: the file's layers and neurons stand in its place ([40])"
cmp "$folder/second/model.safetensors" "$folder/third/model.safetensors" || fail "threads change an imported training"

# The weights that training began with are in a checkpoint, so that a resume does not need the file: killed before its
# first validation or after, a run ends in the bytes of an unbroken one.
cp "$folder/model.nir" "$folder/kept.nir"
long=(--set training.validate_every=100 --checkpoint-every 100)
train whole --examples 400 --import "$folder/model.nir" "${long[@]}"
for after in run.json metrics.jsonl; do
    cp "$folder/kept.nir" "$folder/model.nir"
    "$VDIB" train demo "${tiny[@]}" --seed 3 --examples 400 --import "$folder/model.nir" "${long[@]}" \
        --out "$folder/cut" >/dev/null 2>&1 &
    process=$!
    wait_for "$folder/cut/checkpoint.safetensors" $process
    wait_for "$folder/cut/$after" $process
    kill -KILL $process 2>/dev/null || true
    wait $process 2>/dev/null || true
    [[ ! -e $folder/cut/model.safetensors ]] || fail "the run ended before it could be killed"
    rm "$folder/model.nir"
    expect 0 "$VDIB" train --resume "$folder/cut" --threads 1
    for file in model.safetensors best.safetensors metrics.jsonl; do
        same "$folder/whole/$file" "$folder/cut/$file"
    done
    rm -rf "$folder/cut"
done

expect 2 "$VDIB" train demo "${tiny[@]}" --out "$folder/x" --seeds 2 --import "$folder/model.nir"
printf 'no HDF5' >"$folder/bad.nir"
code=0
"$VDIB" train demo "${tiny[@]}" --out "$folder/x" --import "$folder/bad.nir" 2>"$folder/stderr" || code=$?
[[ $code -ne 0 && $(wc -l <"$folder/stderr") -eq 1 ]] || fail "a file that is no NIR graph is not refused in one line"
grep -q "bad.nir" "$folder/stderr" || fail "the message does not name the file"
[[ ! -e $folder/x ]] || fail "a refused training leaves a folder"

# The default neuron goes out and comes back, too.
train response
expect 0 "$VDIB" export "$folder/response" --to nir --out "$folder/response.nir"
train again --import "$folder/response.nir"
says stdout "import   exact        hidden0_weights, hidden0_neurons -> encoder.hidden.0: neurons that are not reset"
grep -q "model: srm" "$folder/again/config.yaml" || fail "an imported default neuron is another one"
