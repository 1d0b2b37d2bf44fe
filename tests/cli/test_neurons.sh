#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Neurons that are reset (neuron.model=cuba, lif): a training of each from the program, the same for any number of
# threads; what does not go with them is refused in one line.
source "${BASH_SOURCE%/*}/common.sh"

train() { # RUN OPTION...
    local run=$1
    shift
    expect 0 "$VDIB" train demo "${tiny[@]}" --examples 40 --seed 3 --out "$folder/$run" "$@"
}
digest() { sha256sum <"$folder/$1/model.safetensors"; }

train cuba --set neuron.model=cuba --threads 1
train again --set neuron.model=cuba --threads 2
[[ $(digest cuba) == "$(digest again)" ]] || fail "another number of threads gives another model"
train lif --set neuron.model=lif
train srm
[[ $(digest cuba) != "$(digest lif)" && $(digest cuba) != "$(digest srm)" ]] || fail "models do not differ by neurons"
train through --set neuron.model=cuba --set learning.credit_assignment=bptt
[[ $(digest cuba) != "$(digest through)" ]] || fail "bptt and bp are the same"
expect 0 "$VDIB" eval "$folder/cuba" --threads 1

refused() { # PATTERN OPTION...
    local pattern=$1
    shift
    expect 2 "$VDIB" train demo "${tiny[@]}" --examples 4 --out "$folder/refused" "$@"
    grep -qF -- "$pattern" "$folder/stderr" || fail "the message does not say: $pattern"
    [[ $(wc -l <"$folder/stderr") -eq 1 ]] || fail "more than one line"
    [[ ! -e $folder/refused ]] || fail "a refused training leaves a folder"
}
refused "neuron.learn_tau none" --set neuron.model=cuba --set neuron.learn_tau=traces
refused "neuron.adaptation_strength" --set neuron.model=lif --set 'neuron.adaptation_strength=[1]' \
    --set 'neuron.adaptation_tau_us=[90000]'
refused "neuron.threshold is 0.5, which is for cuba or lif" --set neuron.threshold=0.5
refused "neuron.threshold" --set neuron.model=cuba --set neuron.threshold=0
expect 2 "$VDIB" train predict --examples 4 --out "$folder/refused" --set neuron.model=cuba --set 'encoder.layers=[9]'
grep -q "learning.schedule" "$folder/stderr" || grep -q "needs" "$folder/stderr" ||
    fail "online learning is not refused"
