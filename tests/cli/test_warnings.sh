#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Warnings about models that do nothing: `eval`, its JSON, `report`, its page and evaluation.json say the same ones.
source "$(dirname "$0")/common.sh"
command -v python3 >/dev/null || skip "there is no python3 to overwrite weights"

expect 0 "$VDIB" train demo "${tiny[@]}" --examples 40 --out "$folder/run"
cat >"$folder/overwrite.py" <<'PYTHON'
import json, struct, sys

source, target, name, value = sys.argv[1:]
data = bytearray(open(source, "rb").read())
size = struct.unpack("<Q", data[:8])[0]
begin, end = json.loads(data[8 : 8 + size])[name]["data_offsets"]
data[8 + size + begin : 8 + size + end] = struct.pack("<f", float(value)) * ((end - begin) // 4)
open(target, "wb").write(data)
PYTHON
cat >"$folder/said.py" <<'PYTHON'
import html, json, sys

folder, run, codes = sys.argv[1], sys.argv[2], sys.argv[3:]
read = lambda path: open(path, encoding="utf-8").read()
warnings = json.loads(read(folder + "/json"))["warnings"]
assert [w["code"] for w in warnings] == codes, warnings
messages = [w["message"] for w in warnings]
for name in "eval", "report":
    lines = [line.split("warning: ", 1)[1] for line in read(f"{folder}/{name}").splitlines() if "warning: " in line]
    assert lines == messages, (name, lines, messages)
assert json.loads(read(run + "/evaluation.json"))["warnings"] == warnings
page = html.unescape(read(run + "/report.html"))
for message in messages:
    assert page.count(message) == 1, (message, page.count(message))
for code, text in (("encoder-silent", "the encoder is silent"), ("encoder-saturated", "the encoder is saturated"),
                   ("output-constant", "hardly depends on the example"), ("hidden-silent", "never spike")):
    assert (text in page) == (code in codes), (code, codes)
PYTHON

# warns "CODE..." TENSOR VALUE: a run whose tensor is VALUE everywhere has these warnings.
warns() {
    local run=$folder/spoilt
    rm -rf "$run"
    cp -r "$folder/run" "$run"
    python3 "$folder/overwrite.py" "$folder/run/model.safetensors" "$run/model.safetensors" "$2" "$3" ||
        fail "$2 cannot be overwritten"
    expect 0 "$VDIB" eval "$run" --json
    cp "$folder/stdout" "$folder/json"
    expect 0 "$VDIB" eval "$run"
    cp "$folder/stdout" "$folder/eval"
    expect 0 "$VDIB" report "$run"
    cp "$folder/stdout" "$folder/report"
    # shellcheck disable=SC2086 # a list of codes
    python3 "$folder/said.py" "$folder" "$run" $1 || fail "warnings of a model with $2 = $3 do not agree"
}

warns "" encoder.readout.feedback 0
warns encoder-silent encoder.readout.bias -100
warns encoder-saturated encoder.readout.bias 100
warns output-constant decoder.fc2.weight 0
warns hidden-silent encoder.hidden.0.bias -100
warns hidden-saturated encoder.hidden.0.bias 100
