#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The examples build against the public headers and the library alone, and run.
source "$(dirname "$0")/common.sh"
compiler=${CC:-cc}
command -v "$compiler" >/dev/null || skip "there is no C compiler"
symbols=$(nm -D "$VDIB_LIBRARY")
flags=()
grep -q __asan_init <<<"$symbols" && flags=("-fsanitize=address,undefined")
grep -q __tsan_init <<<"$symbols" && skip "the library is built with the thread sanitizer"

for source in "$VDIB_SOURCE"/examples/*.c; do
    program=$folder/$(basename "$source" .c)
    expect 0 "$compiler" -std=c11 -Wall -Wextra -Werror -I "$VDIB_SOURCE/include" "${flags[@]}" "$source" \
        "$VDIB_LIBRARY" -Wl,-rpath,"$(dirname "$VDIB_LIBRARY")" -o "$program"
done

recordings "$folder/recordings"
cat >"$folder/small.yaml" <<'YAML'
experiment: small
data: {steps: 12, step_us: 25000}
encoder: {layers: [40], readouts: 24}
training: {examples: 12}
YAML
expect 0 "$folder/train" "$folder/small.yaml" "$folder/recordings" "$folder/model.safetensors"
says stdout "12 examples"
expect 0 "$VDIB" info "$folder/model.safetensors"
recording=$(find "$folder/recordings" -name '*.bin' | sort | head -1)
expect 0 "$folder/stream" "$folder/model.safetensors" "$recording"
says stderr "readout spikes"
expect 1 "$folder/stream" "$folder/model.safetensors" "$folder/missing.bin"
says stderr "missing.bin"
expect 1 "$folder/train" "$folder/missing.yaml" "$folder/recordings" "$folder/model.safetensors"
says stderr "$folder/missing.yaml"
