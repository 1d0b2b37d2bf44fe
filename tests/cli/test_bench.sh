#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Benchmarks: the JSON has what docs/performance.md says, a filter chooses, an unknown name lists the names.
source "$(dirname "$0")/common.sh"

expect 0 "$VDIB" bench --filter lif-run
says stdout "lif-run"
says stdout "GFLOP/s"
! grep -q "train-dvs" "$folder/stdout" || fail "the filter let another benchmark through"

expect 2 "$VDIB" bench --filter no-such-name
says stderr "train-dvs"
expect 2 "$VDIB" bench --threads none
expect 1 "$VDIB" bench --filter lif-run --data "$folder/nowhere"
says stderr "nowhere"
[[ ! -s $folder/stdout ]] || fail "the machine was measured before the data were looked at"

command -v python3 >/dev/null || skip "there is no python3 to read the JSON"
expect 0 "$VDIB" bench --json --filter encode-stream
cp "$folder/stdout" "$folder/stream.json"
expect 0 "$VDIB" bench --json --filter halving
cp "$folder/stdout" "$folder/halving.json"
expect 0 "$VDIB" bench --json --filter train-dvs --threads 1
cp "$folder/stdout" "$folder/train.json"
python3 - "$folder"/{stream,halving,train}.json <<'PYTHON' || fail "the JSON is not as documented"
import json, sys
stream, halving, train = (json.load(open(path)) for path in sys.argv[1:])
machine = stream["machine"]
assert machine["cpu"] and machine["cores"] >= 1 and machine["blas"]
assert machine["sgemm_gflops"] > 0 and machine["copy_gb_s"] > 0
(result,) = stream["benchmarks"]
assert result["name"] == "encode-stream" and result["limit"]
for key in ("steps_per_second", "seconds", "bytes", "operations", "fraction_of_limit", "peak_mib"):
    assert result[key] > 0, key
assert abs(result["steps_per_second"] * result["seconds"] - 1) < 1e-6
# Work is counted from the network and the spikes of a drawn digit, which do not depend on the machine: the figures
# change only when these or the counting do.
assert abs(result["operations"] - 166269.54) < 1 and abs(result["bytes"] - 535542.15) < 1, result
single, batched = train["benchmarks"]
assert (single["name"], batched["name"]) == ("train-dvs", "train-dvs-batch64")
assert (single["operations"], single["bytes"]) == (44329056, 81984000), single
assert (batched["operations"], batched["bytes"]) == (44329056, 817308), batched
(point,) = halving["scaling"]
# How much faster half the spikes are depends on what else the machine does; bench/instructions counts the work instead.
assert point["section"] == "halving" and point["ratio"] > 0
PYTHON
