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
says stdout "import   replaced     --set encoder.layers=[40]: the file's layers"
grep -q "replaced.*encoder.readouts" "$folder/stdout" && fail "a setting that holds is said to be replaced"
train third --import "$folder/model.nir" --threads 1
cmp "$folder/second/model.safetensors" "$folder/third/model.safetensors" || fail "threads change an imported training"

# The weights that training began with are in a checkpoint, so that a resume does not need the file.
rm -rf "$folder/third"
expect 0 "$VDIB" train demo "${tiny[@]}" --examples 40 --seed 3 --out "$folder/third" --import "$folder/model.nir" \
    --seconds 0.000001
rm "$folder/model.nir"
[[ -s $folder/third/checkpoint.safetensors ]] || fail "there is no checkpoint"

expect 2 "$VDIB" train demo "${tiny[@]}" --out "$folder/x" --seeds 2 --import "$folder/model.nir"
printf 'no HDF5' >"$folder/bad.nir"
code=0
"$VDIB" train demo "${tiny[@]}" --out "$folder/x" --import "$folder/bad.nir" 2>"$folder/stderr" || code=$?
[[ $code -ne 0 && $(wc -l <"$folder/stderr") -eq 1 ]] || fail "a file that is no NIR graph is not refused in one line"
grep -q "bad.nir" "$folder/stderr" || fail "the message does not name the file"
[[ ! -e $folder/x ]] || fail "a refused training leaves a folder"
