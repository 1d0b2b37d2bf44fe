#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Standard streams and neighbours: a closed stream must not end up in a run's files, a terminal gets one line that is
# drawn over, a pipe gets plain lines, and one folder belongs to one process.
source "$(dirname "$0")/common.sh"
command=("$VDIB" train demo "${tiny[@]}" --threads 1)

"${command[@]}" --examples 80 --out "$folder/open" >"$folder/stdout"
grep -q $'\r' "$folder/stdout" && fail "a pipe got a line that is drawn over"
"${command[@]}" --examples 80 --out "$folder/closed" >&- 2>&- || fail "closed streams end the program"
for file in metrics.jsonl model.safetensors best.safetensors config.yaml; do
    same "$folder/open/$file" "$folder/closed/$file"
done

"${command[@]}" --examples 100000 --out "$folder/run" >/dev/null 2>&1 &
process=$!
wait_for "$folder/run/run.json" "$process"
refuses 2 "another process" "$VDIB" train --resume "$folder/run"
kill -9 "$process"
wait "$process" 2>/dev/null || true

if command -v script >/dev/null; then
    script -qec "stty cols 120; '$VDIB' train demo ${tiny[*]} --threads 1 --examples 2000 --out '$folder/terminal'" \
        "$folder/typed" >/dev/null
    grep -q $'\r' "$folder/typed" || fail "a terminal got no line that is drawn over"
    grep -q "left" "$folder/typed" || fail "the progress line does not say how long it takes"
else
    echo "no script(1): the progress line of a terminal is not looked at"
fi

# Commands that only say something need a standard output; those that write files do not.
run=$folder/open
recording "$folder/recording.bin"
encode=("$VDIB" encode "$run/model.safetensors" "$folder/recording.bin")
closed() { # closed CODE COMMAND...: with standard output closed
    local wanted=$1 code=0
    shift
    "$@" >&- 2>"$folder/stderr" || code=$?
    [[ $code -eq $wanted ]] || fail "exit code $code instead of $wanted with standard output closed: $*"
    [[ $wanted -eq 0 ]] || [[ $(cat "$folder/stderr") == "vdib: standard output is closed, "* ]] ||
        fail "it does not say that standard output is closed: $*"
}
for words in "eval $run" "eval $run --json" "info $run" experiments "eval --help" "completion bash" --version --help \
    "help keys"; do
    # shellcheck disable=SC2086 # words
    closed 1 "$VDIB" $words
done
closed 1 "${encode[@]}"
expect 0 "$VDIB" reconstruct "$run" --out "$folder/whole.npz"
expect 0 "${encode[@]}" --out "$folder/whole.txt"
closed 0 "$VDIB" reconstruct "$run" --out "$folder/other.npz"
closed 0 "${encode[@]}" --out "$folder/other.txt"
same "$folder/whole.npz" "$folder/other.npz"
same "$folder/whole.txt" "$folder/other.txt"

# A reader that has gone away: SIGPIPE's code, or one clear line where the signal is ignored; files are whole.
gone() { # gone COMMAND...
    local code=0
    exec 5> >(exit)
    wait $!
    "$@" >&5 2>"$folder/stderr" || code=$?
    [[ $code -eq 141 ]] || fail "exit code $code instead of 141 without a reader: $*"
    code=0
    (trap '' PIPE && exec "$@" >&5 2>"$folder/stderr") || code=$?
    exec 5>&-
    [[ $code -eq 1 ]] || fail "exit code $code instead of 1 without a reader, SIGPIPE ignored: $*"
    says stderr "vdib: standard output cannot be written"
}
gone "$VDIB" eval "$run"
gone "$VDIB" eval "$run" --json
gone "${encode[@]}"
rm "$folder/other.npz"
gone "$VDIB" reconstruct "$run" --out "$folder/other.npz"
same "$folder/whole.npz" "$folder/other.npz"
cp -r "$run" "$folder/again"
gone "$VDIB" report "$folder/again"
tail -c 20 "$folder/again/report.html" | grep -q "</html>" || fail "the report is cut"
expect 0 "${encode[@]}"
line=$(head -1 "$folder/stdout")
[[ $("${encode[@]}" 2>/dev/null | head -1) == "$line" ]] || fail "head gets another first line"

# A user with a decimal comma gets the same bytes.
mkdir "$folder/locales"
localedef -c -f UTF-8 -i de_DE "$folder/locales/de_DE.UTF-8" >/dev/null 2>&1
german=(env LOCPATH="$folder/locales" LC_ALL=de_DE.UTF-8)
if [[ $("${german[@]}" bash -c 'printf %.1f 0') == 0,0 ]]; then
    names='"(mse|psnr|ssim|rate_bits|distortion_nats|spike_density)": [^,]*,'
    expect 0 "$VDIB" eval "$run" --json
    grep -oE "$names" "$folder/stdout" >"$folder/figures"
    expect 0 "${german[@]}" "$VDIB" eval "$run" --json
    grep -oE "$names" "$folder/stdout" | cmp - "$folder/figures" || fail "the locale changes the JSON"
    expect 0 "${german[@]}" "${encode[@]}" --out "$folder/other.txt"
    same "$folder/whole.txt" "$folder/other.txt"
    expect 0 "${german[@]}" "$VDIB" reconstruct "$run" --out "$folder/other.npz"
    same "$folder/whole.npz" "$folder/other.npz"
    for language in env "${german[*]}"; do
        rm -rf "$folder/spoken"
        # shellcheck disable=SC2086 # words
        expect 0 $language "${command[@]}" --set objective.beta=0.0625 --seconds 0.01 --out "$folder/spoken"
        grep -q "beta: 0.0625" "$folder/spoken/config.yaml" || fail "$language: another number in config.yaml"
    done
else
    echo "de_DE.UTF-8 cannot be made: a decimal comma is not tested"
fi
