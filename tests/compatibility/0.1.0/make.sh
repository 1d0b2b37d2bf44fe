#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How the folders beside this file were written: `bash make.sh PROGRAM`, PROGRAM being vdib 0.1.0. They are never
# written again with a later program: they stand for what users have. README.md says what each is.
set -euo pipefail
vdib=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
data=/tmp/vdib-0.1.0 # the path that run.json holds; the test puts its own there
# Portable kernels and a BLAS kernel that every x86-64 processor has: the same bytes on all of them.
export VDIB_KERNEL=portable OPENBLAS_CORETYPE=Prescott LC_ALL=C
python3 "$here/make.py" "$data"
rm -rf "$here"/{data,runs,expected}
cp -r "$data" "$here/data"
mkdir -p "$here"/{runs,expected}

small=(--set data.steps=10 --set data.step_us=30000 --set 'encoder.layers=[8]' --set encoder.readouts=6
       --set readout.bases=2 --set readout.filter_steps=4 --set decoder.hidden=8 --threads 1)

# leave NAME: what stays of a run in the fixture.
leave() { find "$here/runs/$1" -name report.html -delete; }

# whole NAME ARGUMENT...: a finished run.
whole() {
    local name=$1
    shift
    "$vdib" train "$1" "${small[@]}" "${@:2}" --out "$here/runs/$name"
    leave "$name"
}

# half NAME CHECKPOINT ARGUMENT...: a run that was stopped after a checkpoint appeared, and expected/NAME: what the old
# program made of a copy when it went on.
half() {
    local name=$1 checkpoint=$2
    shift 2
    "$vdib" train "$1" "${small[@]}" "${@:2}" --out "$here/runs/$name" &
    local process=$!
    until [[ -e $here/runs/$name/$checkpoint ]]; do kill -0 $process; done
    kill -"${signal-KILL}" $process
    wait $process || true
    [[ ! -e $here/runs/$name/${checkpoint%checkpoint*}model.safetensors ]]
    leave "$name"
    local copy
    copy=$(mktemp -d)
    cp -r "$here/runs/$name" "$copy/run"
    "$vdib" train --resume "$copy/run" --threads 1
    mkdir -p "$here/expected/$name"
    (cd "$copy/run" && find . -name model.safetensors -o -name evaluation.json -o -name summary.json) |
        while read -r file; do install -Dm644 "$copy/run/$file" "$here/expected/$name/$file"; done
    rm -rf "$copy"
}

more() { echo --checkpoint-every "$1" --examples "$2"; }
published=(published/classify --data "$data/recordings")
images=(--data "$data/images")

few=(--set data.polarities=1 --set 'encoder.layers=[2]')

whole finished published/mnist-rate "${images[@]}" --examples 120 --set decoder.type=mlp \
    --set training.validate_every=40
whole finished-classes "${published[@]}" "${few[@]}" --set 'encoder.layers=[1]' --set decoder.type=conv --examples 60
# shellcheck disable=SC2046 # two options
{
half per-parameter checkpoint.safetensors "${published[@]}" "${few[@]}" --set decoder.type=linear \
    --set decoder.coding=rate $(more 500 3000)
half conv checkpoint.safetensors "${published[@]}" --set 'encoder.layers=[conv3k3s2p1m2,6]' --set decoder.type=mlp \
    --set neuron.gain=unit --set neuron.surrogate=fast-sigmoid --set neuron.surrogate_slope=3 \
    --set learning.feedback=bp --set learning.estimator=straight-through --set learning.batch_size=4 \
    --set learning.encoder_optimizer=adamw --set learning.decoder_optimizer=adamw \
    --set learning.clip_norm=1 --set readout.feedback=lateral $(more 400 3200)
signal=TERM half drtp checkpoint.safetensors published/mnist-rate "${images[@]}" --set learning.feedback=drtp \
    --set learning.batch_size=5 --set learning.encoder_optimizer=adam --set decoder.type=mlp \
    --set training.validate_every=700 $(more 500 3000)
half latency checkpoint.safetensors published/mnist-time "${images[@]}" --set decoder.type=mlp \
    --set learning.batch_size=4 --set learning.feedback=fa --set neuron.surrogate=logistic \
    --set objective.reduction=sum $(more 1000 8000)
half predict checkpoint.safetensors published/predict --set data.steps=30 --set data.test_steps=60 \
    --set data.test_examples=4 --set 'encoder.layers=[5]' --set decoder.window=2 $(more 100 600)
half series seed-4/checkpoint.safetensors published/mnist-rate "${images[@]}" --set decoder.type=linear \
    --set decoder.coding=rate --seed 3 --seeds 2 --set 'encoder.layers=[4]' --set learning.batch_size=2 \
    $(more 1000 6000)
}
rm -rf "$data"
