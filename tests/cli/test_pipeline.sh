#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From training to figures, reconstructions, spikes and a report.
source "$(dirname "$0")/common.sh"
run=$folder/run

expect 0 "$VDIB" train demo "${tiny[@]}" --examples 64 --set training.validate_every=32 --out "$run" \
    --set encoder.initialisation=data
says stdout "note     hidden layer 0 set on 54 training examples: weights times " \
    "spread of potentials 0.5, share of spikes 0."
grep -qF "<dt>Initial weights</dt><dd>readout set on 54 training examples" "$run/report.html" ||
    fail "the report does not say how the weights were made"
says stdout "run " "data " "network" "validation loss" "judge accuracy" "$run/report.html" "$run/model.safetensors"
says stdout "rule     straight-through, bp, episode, batches of 4"
for file in config.yaml run.json model.safetensors best.safetensors checkpoint.safetensors metrics.jsonl report.html \
    evaluation.json; do
    [[ -s $run/$file ]] || fail "the run has no $file"
done
grep -q $'\r' "$folder/stdout" && fail "a pipe gets a line that is drawn again and again"

# The configuration of the run is an experiment that gives the same model; so is the number of examples of a timed run.
expect 0 "$VDIB" train "$run/config.yaml" --examples 64 --out "$folder/again"
same "$run/model.safetensors" "$folder/again/model.safetensors"
rising=(--set learning.warmup_examples=29999) # a run that ends before its learning rates have risen says so
examples=0
for seconds in 0.3 1 3 10 30; do # more where the machine is too busy for one example
    [[ $examples -eq 0 ]] || break
    rm -rf "$folder/timed"
    expect 0 "$VDIB" train demo "${tiny[@]}" "${rising[@]}" --seconds $seconds --out "$folder/timed"
    says stdout "stopped by --seconds" "--examples"
    examples=$(sed -nE 's/.*--examples ([0-9]+) .*/\1/p' "$folder/stdout")
done
says stdout "note     the learning rates were still rising (learning.warmup_examples is 29999)"
expect 0 "$VDIB" train demo "${tiny[@]}" "${rising[@]}" --examples "$examples" --out "$folder/timed-again"
says stdout "note     training ends after $examples examples, while the learning rates still rise" "train on more"
same "$folder/timed/model.safetensors" "$folder/timed-again/model.safetensors"
expect 0 "$VDIB" train demo "${tiny[@]}" --set learning.warmup_examples=7 --examples 8 --out "$folder/risen"
! grep -q "rates still rise" "$folder/stdout" || fail "rates that have risen are said to rise still"

# An OpenBLAS that takes its kernels for an older processor is told of, where it multiplies. Portable kernels have
# nothing to lose by it.
OPENBLAS_CORETYPE=Prescott expect 0 "$VDIB" train demo "${tiny[@]}" --examples 4 --out "$folder/no-blas"
! grep -q OPENBLAS_CORETYPE "$folder/stdout" || fail "portable products are told that OpenBLAS is slow"
OPENBLAS_CORETYPE=Prescott expect 0 "$VDIB" train demo "${tiny[@]}" --set numeric.products=blas --examples 4 \
    --out "$folder/old-blas"
if grep -q '"kernel": "portable"' "$folder/old-blas/run.json"; then
    ! grep -q OPENBLAS_CORETYPE "$folder/stdout" || fail "portable kernels are told that OpenBLAS is slow"
else
    says stdout "note     OpenBLAS takes its kernels for Prescott here" "OPENBLAS_CORETYPE="
fi

# Without --out: runs/demo-1, then runs/demo-2.
(cd "$folder" && expect 0 "$VDIB" train demo "${tiny[@]}" --examples 4 &&
    expect 0 "$VDIB" train demo "${tiny[@]}" --examples 4)
[[ -s $folder/runs/demo-1/report.html && -s $folder/runs/demo-2/report.html ]] || fail "runs/demo-1 or -2 is missing"
refuses 2 "$run|not empty|--resume" "$VDIB" train demo --out "$run"

# The figures: the run, its model file, and the file evaluation.json agree.
expect 0 "$VDIB" eval "$run" --json
[[ $(wc -l <"$folder/stdout") -eq 1 ]] || fail "eval --json prints more than one line"
for figure in experiment examples judge_accuracy mse psnr ssim distortion_nats distortion_nats_per_output rate_bits \
    spikes_per_example spike_density synaptic_operations seconds examples_per_second seed; do
    says stdout "\"$figure\": "
done
says stdout '"experiment": "demo"' '"examples": 20,'
without_time() { sed -E 's/"(seconds|examples_per_second)": [^,]*, //g' "$1"; }
without_time "$folder/stdout" >"$folder/of-run"
expect 0 "$VDIB" eval "$run/model.safetensors" --json --threads 1
without_time "$folder/stdout" >"$folder/of-model"
same "$folder/of-run" "$folder/of-model"
without_time "$run/evaluation.json" >"$folder/of-file"
[[ $(cat "$folder/of-run") == "$(cat "$folder/of-file")" ]] || fail "evaluation.json has other figures than eval"
expect 0 "$VDIB" eval "$run" --split validation --examples 3
says stdout "validation split" "bits per example"
grep -qE '^  examples +3$' "$folder/stdout" || fail "the table counts other examples"
expect 0 "$VDIB" eval "$run" --split train --json --examples 5
says stdout '"examples": 5,'

# Reconstructions.
expect 0 "$VDIB" reconstruct "$run" --out "$folder/recon.npz"
expect 0 "$VDIB" reconstruct "$run" --split train --examples 7 --out "$folder/train.npz"

# Spikes of recordings. The third file has events outside the sensor.
recording "$folder/a.bin" 60
recording "$folder/b.bin" 40
bytes 00 00 80 00 10 ff 03 00 00 20 >"$folder/c.bin"
expect 0 "$VDIB" encode "$run/model.safetensors" "$folder/a.bin" "$folder/b.bin" "$folder/c.bin"
[[ $(grep -c '^# ' "$folder/stdout") -eq 3 ]] || fail "not a header line for every recording"
says stdout "# $folder/a.bin" "steps=12" "neurons=24"
says stderr "60 events" "40 events" "1 outside the sensor"
grep -v '^#' "$folder/stdout" | awk -F '\t' 'NF != 2 || $1 >= 12 || $2 >= 24 { exit 1 }' || fail "spikes out of range"
spikes=$(sed -nE '1s/.*spikes=([0-9]+).*/\1/p' "$folder/stdout")
[[ $(awk '/^#/ { n++; next } n == 1' "$folder/stdout" | wc -l) -eq $spikes ]] || fail "the header counts other spikes"
cp "$folder/stdout" "$folder/spikes"
expect 0 "$VDIB" encode "$run/model.safetensors" "$folder/a.bin" "$folder/b.bin" "$folder/c.bin" \
    --out "$folder/spikes.txt"
same "$folder/spikes" "$folder/spikes.txt"
expect 0 "$VDIB" encode "$run/model.safetensors" "$folder/a.bin" --seed 99
cmp -s <(head -n $((spikes + 1)) "$folder/spikes") "$folder/stdout" && fail "another seed draws the same spikes"
expect 0 "$VDIB" encode "$run/model.safetensors" "$folder/a.bin" --out "$folder/a.npz"
expect 0 "$VDIB" encode "$run/model.safetensors" "$folder/a.bin" "$folder/b.bin" --out "$folder/ab.npz"
[[ ! -e $folder/ab.npz ]] || fail "two recordings in one file"
same "$folder/a.npz" "$folder/ab-1.npz"
refuses 2 "--out" "$VDIB" encode "$run/model.safetensors" "$folder/a.bin" --format npz
refuses 1 "$folder/none.bin" "$VDIB" encode "$run/model.safetensors" "$folder/none.bin"
rm "$folder/ab-1.npz" # a recording is not replaced, nor is anything else written then
expect 0 "$VDIB" convert "$folder/a.bin" "$folder/ab-2.npz" --force
refuses 2 "$folder/ab-2.npz: is there already, and is a recording; name another file" "$VDIB" encode \
    "$run/model.safetensors" "$folder/a.bin" "$folder/b.bin" --out "$folder/ab.npz"
[[ ! -e $folder/ab-1.npz ]] || fail "one of two files is written"
refuses 2 "$folder/a.bin: is there already, and is a recording" "$VDIB" reconstruct "$run" --out "$folder/a.bin"

# What things are.
expect 0 "$VDIB" info "$folder/a.bin"
says stdout "events        60" "ON share      0.500" "0 .. 295000 us"
expect 0 "$VDIB" info "$run/model.safetensors"
says stdout "experiment demo" "64 seen" "tensors" "weights" \
    "layer 0       time constants: synapse 154 ms, membrane 237 ms, refractory 58 ms"
grep -qF "hidden layer 0: synapse 154 ms, membrane 237 ms, refractory 58 ms" "$run/report.html" ||
    fail "the report lacks time constants"
expect 0 "$VDIB" info "$run"
says stdout "finished" "built-in" "64 in"
recordings "$folder/recordings"
expect 0 "$VDIB" info "$folder/recordings"
says stdout "recordings: recordings, 34 x 34"
grep -qE '^ +all +18 +2 +10$' "$folder/stdout" || fail "wrong counts of recordings"
idx "$folder/idx"
expect 0 "$VDIB" info "$folder/idx"
grep -qE '^ +all +18 +2 +10$' "$folder/stdout" || fail "wrong counts of images"

# The report again: the same figures.
before=$(without_time "$run/evaluation.json")
rm "$run/report.html"
expect 0 "$VDIB" report "$run"
says stdout "$run/report.html" "judge accuracy"
[[ -s $run/report.html && $before == "$(without_time "$run/evaluation.json")" ]] ||
    fail "the report changed its figures"

# Other tasks have other figures.
expect 0 "$VDIB" train published/classify "${tiny[@]}" --set decoder=linear --examples 8 --out "$folder/classify"
expect 0 "$VDIB" eval "$folder/classify" --json
says stdout '"accuracy": '
expect 0 "$VDIB" train published/predict --set data.test_examples=2 --set data.test_steps=60 --examples 5 \
    --out "$folder/predict"
says stdout "best constant answer"
expect 0 "$VDIB" eval "$folder/predict" --json
says stdout '"accuracy": ' '"constant_accuracy": ' '"mse": '

# NPZ files as others read them.
python=python3 # the system's own has the package that scripts/install-dependencies brings, whatever comes first in PATH
"$python" -c 'import numpy' 2>/dev/null || python=/usr/bin/python3
"$python" -c 'import numpy' 2>/dev/null || skip "python3 with numpy is not installed: NPZ files are not read back"
"$python" - "$folder" "$spikes" <<'PYTHON' || fail "the NPZ files do not hold what they should"
import sys, numpy
folder, spikes = sys.argv[1], int(sys.argv[2])
file = numpy.load(folder + "/recon.npz")
assert sorted(file.files) == ["label", "recon", "spikes", "target"], file.files
assert file["recon"].shape == file["target"].shape == (20, 784)
assert file["label"].shape == file["spikes"].shape == (20,)
assert numpy.isfinite(file["recon"]).all() and file["recon"].min() >= 0 and file["recon"].max() <= 1
assert set(file["label"].tolist()) <= set(range(10)) and 0 < file["target"].max() <= 1
assert numpy.load(folder + "/train.npz")["recon"].shape == (7, 784)
file = numpy.load(folder + "/a.npz")
assert file["shape"].tolist() == [12, 24] and len(file["step"]) == len(file["channel"]) == spikes
lines = open(folder + "/spikes").read().splitlines()[1:1 + spikes]
assert [tuple(map(int, line.split())) for line in lines] == list(zip(file["step"].tolist(), file["channel"].tolist()))
PYTHON
