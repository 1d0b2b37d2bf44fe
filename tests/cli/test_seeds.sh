#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --seeds K: a run a seed, their summary, and a series that was killed goes on.
source "$(dirname "$0")/common.sh"

command=("$VDIB" train demo "${tiny[@]}" --examples 200 --set training.validate_every=100)
expect 0 "${command[@]}" --seed 4 --seeds 2 --out "$folder/series"
says stdout mean deviation "judge accuracy" "$folder/series/summary.json"
says series/summary.json '"judge_accuracy"' '"standard_deviation"' '"values"' '"first_seed": 4' '"seeds": 2'

# Seed 5 alone is the second run of the series.
expect 0 "${command[@]}" --seed 5 --out "$folder/alone"
same "$folder/alone/model.safetensors" "$folder/series/seed-5/model.safetensors"
[[ ! -e $folder/series/seed-6 && -s $folder/series/seed-4/report.html ]] || fail "wrong runs in the series"

if command -v python3 >/dev/null; then
    python3 - "$folder/series" <<'PYTHON' || fail "the summary is not the mean and deviation of the runs"
import json, statistics, sys
summary = json.load(open(sys.argv[1] + "/summary.json"))["figures"]
runs = [json.load(open(f"{sys.argv[1]}/seed-{seed}/evaluation.json")) for seed in (4, 5)]
for name in ("judge_accuracy", "mse", "rate_bits", "synaptic_operations"):
    values = [run[name] for run in runs]
    assert summary[name]["values"] == values, name
    assert abs(summary[name]["mean"] - statistics.mean(values)) < 1e-9 * max(1, abs(values[0])), name
    assert abs(summary[name]["standard_deviation"] - statistics.stdev(values)) < 1e-9 * max(1, abs(values[0])), name
PYTHON
fi

"${command[@]}" --seed 4 --seeds 2 --out "$folder/broken" >"$folder/stdout" 2>"$folder/stderr" &
process=$!
wait_for "$folder/broken/seed-5/run.json" "$process"
kill -9 "$process"
wait "$process" 2>/dev/null || true
expect 0 "$VDIB" train --resume "$folder/broken"
for seed in 4 5; do
    same "$folder/series/seed-$seed/model.safetensors" "$folder/broken/seed-$seed/model.safetensors"
done
[[ -s $folder/broken/summary.json ]] || fail "the resumed series has no summary"

refuses 2 "$folder/series|not empty|--resume" "${command[@]}" --seeds 2 --out "$folder/series"

# What is asked of a series is asked of one of its runs.
refuses 1 "$folder/series|series of runs|seed-" "$VDIB" eval "$folder/series"
refuses 1 "$folder/series|series of runs|seed-" "$VDIB" report "$folder/series"
expect 0 "$VDIB" info "$folder/series"
says stdout "$folder/series: series of 2 runs" \
    "seed-4        finished, 200 examples" "seed-5        finished, 200 examples"
