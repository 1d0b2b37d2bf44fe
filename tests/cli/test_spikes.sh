#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vdib eval --spikes and vdib report --spikes: what the spikes say stands in the terminal, in JSON and in the report.
source "$(dirname "$0")/common.sh"

classes=("${tiny[@]}" --set data.target=class --set decoder=linear)
run=$folder/run
expect 0 "$VDIB" train published/classify --data builtin:digits "${classes[@]}" --examples 40 --out "$run"
grep -q rate_bits_by_step "$run/evaluation.json" && fail "the spikes were looked at though nobody asked"

# has FILE EXPRESSION: a Python expression of the object in the file, `e`, is true.
has() {
    python3 -c 'import json, sys
e = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$1" "$2" || fail "$2 is not so in $1"
}

expect 0 "$VDIB" eval "$run" --spikes --json
cp "$folder/stdout" "$folder/spikes.json"
has "$folder/spikes.json" 'len(e["rate_bits_by_step"]) == 12 and len(e["rate_bits_by_neuron"]) == 24'
has "$folder/spikes.json" 'abs(sum(e["rate_bits_by_step"]) - e["rate_bits"]) < 1e-9 * e["rate_bits"]'
has "$folder/spikes.json" 'abs(sum(e["rate_bits_by_neuron"]) - e["rate_bits"]) < 1e-9 * e["rate_bits"]'

has "$folder/spikes.json" 'e["draws"] == 8 and e["anytime_accuracy"][-1] == e["accuracy"]'
has "$folder/spikes.json" 'e["distortion_nats_times_shuffled"] != e["distortion_nats_neurons_shuffled"]'
expect 0 "$VDIB" eval "$run" --spikes --draws 2 --json
has "$folder/stdout" 'e["draws"] == 2 and e["distortion_nats_draws_averaged"] < e["distortion_nats_one_draw"]'
has "$folder/spikes.json" '0 < e["bits_marginal"] < e["bits_prior"] and e["bits_input_events"] > e["bits_events"] > 0'
has "$folder/spikes.json" 'len(e["picture_labels"]) == len(e["picture_time_x"]) == len(e["picture_counts_y"]) == 20'
for name in picture_labels label_by_example answer_by_example spikes_by_example anytime_steps; do
    has "$folder/spikes.json" "all(type(n) is int for n in e['$name'])"
done
has "$folder/spikes.json" 'type(e["draws"]) is int and type(e["rate_bits_by_step"][0]) is float'
has "$folder/spikes.json" '0 <= e["accuracy_counts_alone"] <= 1 and 0 < e["mse_counts_alone"] < 1'
has "$folder/spikes.json" 'e["spiking_energy_nj"] > 0 and e["counting_energy_nj"] > 0'
expect 0 "$VDIB" eval "$run" --spikes --threads 2
says stdout "accuracy, times shuffled" "distortion, neurons shuffled" "MSE, draws averaged" \
    "the first 1 of 12 steps alone" "the first 12 of 12 steps alone"
refuses 2 "--draws|--spikes" "$VDIB" eval "$run" --draws 3
refuses 2 "--draws|--spikes" "$VDIB" report "$run" --draws 3
refuses 2 "--draws|'256'|255" "$VDIB" eval "$run" --spikes --draws 256
refuses 2 "--draws|'0'|from 1" "$VDIB" eval "$run" --spikes --draws 0

# An ordinary network on counts beside it: its accuracy is that of its own evaluation.
counts=(--data builtin:digits --set data.target=class --set data.train_examples=60 --set data.test_examples=20
        --set data.step_us=25000 --set decoder.hidden=16 --examples 80)
ann=$folder/ann
expect 0 "$VDIB" train baseline/ann "${counts[@]}" --set data.steps=12 --out "$ann"
expect 0 "$VDIB" eval "$run" --spikes --ann "$ann" --json
cp "$folder/stdout" "$folder/beside.json"
expect 0 "$VDIB" eval "$ann" --json
accuracy=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["accuracy"])' "$folder/stdout")
has "$folder/beside.json" "e['ann_accuracy'] == $accuracy and e['ann_energy_nj'] > e['decoding_energy_nj'] > 0"
has "$folder/beside.json" 'abs(e["ann_weight_reads"] - (6 * 2 * 34 * 34 * 16 + 160)) < 1e-6'
has "$folder/spikes.json" 'not any(name.startswith("ann_") for name in e)'
expect 0 "$VDIB" eval "$run" --spikes --ann "$ann/model.safetensors"
says stdout "accuracy, ANN" "energy, ANN" "energy, decoder"
refuses 2 "--ann|--spikes" "$VDIB" eval "$run" --ann "$ann"
refuses 2 "--ann|--spikes" "$VDIB" report "$run" --ann "$ann"
refuses 2 "--ann: $run/model.safetensors|'spiking'|encoder.type=counts" "$VDIB" eval "$run" --spikes --ann "$run"
refuses 1 "$folder/none" "$VDIB" eval "$run" --spikes --ann "$folder/none"
expect 0 "$VDIB" train baseline/ann "${counts[@]}" --set data.steps=6 --out "$folder/short"
refuses 1 "data.steps 6, the model 12|trained with the same" "$VDIB" eval "$run" --spikes --ann "$folder/short"
expect 0 "$VDIB" report "$run" --spikes --ann "$ann"
grep -q 'ANN on counts' "$run/report.html" || fail "the report has no network on counts"
has "$run/evaluation.json" "e['ann_accuracy'] == $accuracy"

expect 0 "$VDIB" report "$run" --spikes
grep -q 'What the spikes say' "$run/report.html" || fail "the report does not say what the spikes say"
has "$run/evaluation.json" 'len(e["rate_bits_by_step"]) == 12'
expect 0 "$VDIB" report "$run"
grep -q 'What the spikes say' "$run/report.html" && fail "the report says more than was asked for"
exit 0
