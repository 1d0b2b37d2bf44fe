#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The examples, and what docs/library.md shows, build against the public headers and the library alone, without a
# warning, and run.
source "$(dirname "$0")/common.sh"
compiler=${CC:-cc}
command -v "$compiler" >/dev/null || skip "there is no C compiler"
symbols=$(nm -D "$VDIB_LIBRARY")
flags=()
grep -q __asan_init <<<"$symbols" && flags=("-fsanitize=address,undefined")
grep -q __tsan_init <<<"$symbols" && skip "the library is built with the thread sanitizer"
link=("$VDIB_LIBRARY" -Wl,-rpath,"$(dirname "$VDIB_LIBRARY")" -lm)
common=(-Wall -Wextra -Wpedantic -Werror -I "$VDIB_SOURCE/include" "${flags[@]}")

for source in "$VDIB_SOURCE"/examples/*.c; do
    expect 0 "$compiler" -std=c11 "${common[@]}" "$source" "${link[@]}" -o "$folder/$(basename "$source" .c)"
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

# number NAME TEXT: the number that follows TEXT in the output of the last expect.
number() { sed -n -e "s/.*$1 *\([0-9.]*\).*/\1/p" "$folder/stdout" | tail -1; }
# learnt VALUE OP BOUND
learnt() { awk "BEGIN { exit !($1 $2 $3) }" || fail "it has not learnt: $1, not $2 $3"; }

# Data of the program's own, in C and in C++: interrupted, resumed, reported; and the program `vdib` reads the run.
own() {
    expect 0 "$1" "$2"
    says stdout "2400 examples" "4000 examples" "$2/report.html"
    learnt "$(number 'mean squared error')" "<" 0.05
    [[ -s $2/report.html && -s $2/evaluation.json ]] || fail "$2 has no report"
    expect 0 "$VDIB" info "$2"
    says stdout "finished" "$3"
    refuses 1 "data that a program gave it|--data" "$VDIB" eval "$2"
    refuses 1 "data that a program gave it" "$VDIB" report "$2"
    expect 1 "$1" "$2" # the folder is taken
    says stderr "not empty"
}
own "$folder/own_data" "$folder/run-c" "examples given by the program"
if command -v g++ >/dev/null; then
    for year in 11 20; do
        expect 0 g++ -std=c++$year "${common[@]}" "$VDIB_SOURCE/examples/own_data.cpp" "${link[@]}" \
            -o "$folder/own_data_cpp"
    done
    own "$folder/own_data_cpp" "$folder/run-cpp" "halves"
else
    echo "g++ is not installed: the C++ example is not built"
fi

expect 0 "$folder/lazy_data"
learnt "$(number accuracy)" ">" 0.6
expect 0 "$folder/own_decoder"
learnt "$(number 'at the end')" ">" 90
expect 0 "$folder/rasters"
says stdout "made: (0, 3) (1, 0) (2, 1) (2, 4)" "given twice: 1" "borrowed: (0, 0) (0, 4) (2, 2)"
expect 0 "$folder/batch"
[[ $(grep -c "readout spikes" "$folder/stdout") -eq 4 ]] || fail "not four batches"
expect 0 "$folder/keys" published/dvs objective.beta 0.01 decoder conv2d
says stdout "objective.beta               0.01" "decoder.type                 conv2d" "auto | bernoulli"
expect 1 "$folder/keys" published/dvs objective.beta -1
says stderr "objective.beta" "-1"
expect 1 "$folder/keys" published/dvs objectiv.beta 1
says stderr "did you mean 'objective.beta'"

# The blocks of docs/library.md as they are printed, each in its frame of tests/cli/library, in the order of the page.
awk -v folder="$folder" '
    /^    / { if (!inside) { number++; inside = 1 } }
    /^[^ ]/ { inside = 0 }
    inside { print > sprintf("%s/block-%02d.inc", folder, number) }' "$VDIB_SOURCE/docs/library.md"
blocks=("$folder"/block-*.inc)
frames=("$VDIB_SOURCE"/tests/cli/library/[0-9]*.c)
[[ ${#blocks[@]} -eq ${#frames[@]} ]] ||
    fail "docs/library.md has ${#blocks[@]} blocks of code and tests/cli/library ${#frames[@]} frames: add one"
for frame in "${frames[@]}"; do
    name=$(basename "$frame" .c)
    block=$folder/block-${name%%-*}.inc
    echo "docs/library.md: $(head -1 "$block") ... in $name.c"
    expect 0 "$compiler" -std=c11 "${common[@]}" "-DBLOCK=\"$block\"" "$frame" "${link[@]}" -o "$folder/$name"
    mkdir "$folder/in-$name"
    ln -s "$folder/recordings" "$folder/in-$name/nmnist"
    cd "$folder/in-$name" || fail "no folder for $name"
    expect 0 "$folder/$name"
done
