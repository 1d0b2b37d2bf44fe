#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vdib export: files and report, and what is refused; nothing that was there is lost.
source "$(dirname "$0")/common.sh"
expect 0 "$VDIB" train demo "${tiny[@]}" --threads 1 --examples 4 --out "$folder/run"
model=$folder/run/model.safetensors out=$folder/out

# A run and its model file give the same files, whatever else is asked for.
expect 0 "$VDIB" export "$folder/run" --to onnx --out "$out"
says stdout "$out/encoder.onnx" "$out/decoder.onnx" "exact" "encoder.hidden.0" "decoder.fc1" "left out" "random numbers"
expect 0 "$VDIB" export "$model" --to onnx --only encoder --out "$folder/e.onnx" --json
says stdout '"format": "onnx"' "\"$folder/e.onnx\"" '"fidelity": "exact"'
same "$out/encoder.onnx" "$folder/e.onnx"
expect 0 "$VDIB" export "$model" --to onnx --only decoder --out "$folder/d.onnx"
same "$out/decoder.onnx" "$folder/d.onnx"
mkdir "$folder/bare"
expect 0 "$VDIB" export "$model" --to onnx --out "$folder/bare"
[[ $(ls "$folder/bare") == $'decoder.onnx\nencoder.onnx' ]] || fail "an export leaves other files: $(ls "$folder/bare")"

# refused CODE TEXTS ARGUMENTS...: and nothing is written.
refused() {
    local code=$1 wanted=$2
    shift 2
    refuses "$code" "$wanted" "$VDIB" export "$@"
    [[ ! -e $folder/new && ! -e $folder/new.onnx ]] || fail "a refused export left something"
}
new=$folder/new
refused 2 "--to|onnx" "$model" --out "$new"
refused 2 "--out" "$model" --to onnx
refused 2 "onx|choose one of|onnx" "$model" --to onx --out "$new"
refused 2 "'channel'|encoder decoder" "$model" --to onnx --only channel --out "$new"
refused 2 "--for norse|nir alone" "$model" --to onnx --for norse --out "$new"
refused 2 "$new.onnx|two ONNX files|--only" "$model" --to onnx --out "$new.onnx"
refused 1 "$folder/missing" "$folder/missing" --to onnx --out "$new"
refused 1 "$folder/bare|run" "$folder/bare" --to onnx --out "$new"
refused 1 "$folder/no|make it first" "$model" --to onnx --out "$folder/no/new"
refused 1 "/proc/vdib.onnx" "$model" --to onnx --only decoder --out /proc/vdib.onnx
head -c 2000 "$model" >"$folder/cut"
refused 1 "$folder/cut" "$folder/cut" --to onnx --out "$new"
python3 - "$model" "$folder/nan" <<'PY' || fail "no damaged model"
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[-4:] = b"\0\0\xc0\x7f"
open(sys.argv[2], "wb").write(data)
PY
refused 1 "$folder/nan: tensor |is not finite; train again" "$folder/nan" --to onnx --out "$new"
echo "not a model" >"$folder/text"
refused 1 "$folder/text" "$folder/text" --to onnx --out "$new"

# What is there stays.
fingerprint "$out" >"$folder/before"
refused 2 "$out|not empty" "$model" --to onnx --out "$out"
refused 2 "$out/encoder.onnx|exists already" "$model" --to onnx --only encoder --out "$out/encoder.onnx"
refused 2 "$out|is a folder" "$model" --to onnx --only encoder --out "$out"
refused 2 "$folder/text|no folder" "$model" --to onnx --out "$folder/text"
fingerprint "$out" >"$folder/after"
same "$folder/before" "$folder/after"

# A model without an encoder.
expect 0 "$VDIB" train baseline/ann "${tiny[@]}" --set encoder.layers='[]' --threads 1 --examples 4 --out "$folder/ann"
refused 1 "encoder.type=counts" "$folder/ann" --to onnx --only encoder --out "$new.onnx"
expect 0 "$VDIB" export "$folder/ann" --to onnx --out "$new"
[[ $(ls "$new") == decoder.onnx ]] || fail "a model of counts has a decoder alone"
