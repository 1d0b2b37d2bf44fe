# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the tests of the program share. They get VDIB (the program), VDIB_LIBRARY and VDIB_SOURCE from CTest.
set -euo pipefail
: "${VDIB:?the path of the program}" "${VDIB_SOURCE:?the path of the repository}"

folder=$(mktemp -d "${TMPDIR:-/tmp}/vdib-test-XXXXXX")
clean_up() { rm -rf "$folder"; }
trap clean_up EXIT
# The tests use few sets of images: each judge is trained once, for all builds of build/.
export VDIB_CACHE=${VDIB%/*}/../../test-judges
export LC_ALL=C

# A small network on few drawn digits: seconds, also under the sanitizers.
# shellcheck disable=SC2034 # used by the tests
tiny=(--set data.train_examples=60 --set data.test_examples=20 --set data.steps=12 --set data.step_us=25000
      --set encoder.layers='[40]' --set encoder.readouts=24 --set decoder.hidden=32 --set learning.batch_size=4)

# Whether the program runs under the sanitizers, where everything takes several times as long: tests that try the same
# way for many things try it for fewer there, and say so.
sanitized() { [[ -n ${VDIB_SANITIZED-} ]]; }

fail() {
    echo "FAIL: $*" >&2
    for stream in stdout stderr; do
        if [[ -s $folder/$stream ]]; then
            echo "--- $stream" >&2
            tail -n 20 "$folder/$stream" >&2
        fi
    done
    exit 1
}

skip() {
    echo "SKIPPED: $*"
    exit 77
}

# expect CODE COMMAND...: its streams go to $folder/stdout and $folder/stderr.
expect() {
    local wanted=$1 code=0
    shift
    "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null || code=$?
    [[ $code -eq $wanted ]] || fail "exit code $code instead of $wanted: $*"
}

# says STREAM TEXT...: every text is in the stream of the last expect.
says() {
    local stream=$1 text
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$folder/$stream" || fail "'$text' is not in $stream"
    done
}

# refuses CODE "TEXT|TEXT..." COMMAND...: fails with that code and one line on standard error, which has every text.
refuses() {
    local code=$1 texts
    IFS='|' read -r -a texts <<<"$2"
    shift 2
    expect "$code" "$@"
    [[ $(wc -l <"$folder/stderr") -eq 1 ]] || fail "not one line on standard error: $*"
    grep -q '^vdib: ' "$folder/stderr" || fail "standard error does not begin with 'vdib: ': $*"
    says stderr "${texts[@]}"
}

same() {
    cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# A checksum of every file of a folder.
fingerprint() {
    (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

# Bytes from hexadecimal digits: bytes 00 00 08 03 >file
bytes() {
    local byte
    for byte in "$@"; do
        # shellcheck disable=SC2059 # the escape is the point
        printf "\\x$byte"
    done
}

# recording FILE [EVENTS]: an N-MNIST file; event i at (i % 34, i / 2 % 34), alternating polarity, 5 ms apart.
recording() {
    local file=$1 events=${2-60} i t
    for ((i = 0; i < events; i++)); do
        t=$((i * 5000))
        bytes "$(printf %02x $((i % 34)))" "$(printf %02x $((i / 2 % 34)))" \
            "$(printf %02x $(((i % 2) * 128 + (t >> 16))))" "$(printf %02x $((t >> 8 & 255)))" \
            "$(printf %02x $((t & 255)))"
    done >"$file"
}

# recordings DIR: N-MNIST's layout with 2 training recordings and 1 test recording of every digit, of the images of idx.
recordings() {
    local digit
    recording "$folder/recording.bin"
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$1/Train/$digit" "$1/Test/$digit"
        cp "$folder/recording.bin" "$1/Train/$digit/$(printf %05d $((digit + 1))).bin"
        cp "$folder/recording.bin" "$1/Train/$digit/$(printf %05d $((digit + 11))).bin"
        cp "$folder/recording.bin" "$1/Test/$digit/$(printf %05d $((digit + 1))).bin"
    done
}

hex32() { printf '%02x %02x %02x %02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)); }

# images FILE COUNT SIDE: an IDX file of black images; labels FILE COUNT: labels 0, 1, ..., 9, 0, ...
images() {
    # shellcheck disable=SC2046 # a list of bytes
    {
        bytes 00 00 08 03 $(hex32 "$2") $(hex32 "$3") $(hex32 "$3")
        head -c $(($2 * $3 * $3)) < <(yes 'a picture of something') # images without contrast are refused
    } >"$1"
}
labels() {
    local i
    # shellcheck disable=SC2046
    {
        bytes 00 00 08 01 $(hex32 "$2")
        for ((i = 0; i < $2; i++)); do bytes "0$((i % 10))"; done
    } >"$1"
}

# idx DIR: 20 training and 10 test images of 28 x 28.
idx() {
    mkdir -p "$1"
    images "$1/train-images-idx3-ubyte" 20 28
    labels "$1/train-labels-idx1-ubyte" 20
    images "$1/t10k-images-idx3-ubyte" 10 28
    labels "$1/t10k-labels-idx1-ubyte" 10
}

# wait_for FILE PROCESS: until the file is there; fails if the process ends before.
wait_for() {
    until [[ -e $1 ]]; do
        kill -0 "$2" 2>/dev/null || [[ -e $1 ]] || fail "the program ended before $1 was written"
    done
}
