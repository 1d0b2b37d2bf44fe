#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# README and pages: links lead somewhere, commands are ones that the program knows, and blocks that say so are run.
source "$(dirname "$0")/common.sh"
check=$VDIB_SOURCE/tests/cli/documentation.py

expect 0 python3 "$check" links "$VDIB_SOURCE"
cat "$folder/stdout"
expect 0 python3 "$check" commands "$VDIB_SOURCE" "$VDIB"
cat "$folder/stdout"

# The checks see what is wrong.
mkdir -p "$folder/other/docs"
cp "$VDIB_SOURCE/README.md" "$VDIB_SOURCE/CHANGELOG.md" "$VDIB_SOURCE/CONTRIBUTING.md" "$folder/other"
cat >"$folder/other/docs/wrong.md" <<'PAGE'
# Wrong

[one](missing.md) [two](#nowhere) [three](#wrong)

    vdib info recording.raw

<!-- shown: a key -->

    vdib train demo --set objetive.beta=1

<!-- shown: an option, after one that there is -->

    vdib eval RUN --json \
        --jsom

<!-- run -->

    vdib train demos

<!-- tested by tests/nothing.sh -->

    vdib frobnicate
PAGE
expect 1 python3 "$check" links "$folder/other"
says stdout "there is no missing.md" "has no heading #nowhere"
expect 1 python3 "$check" commands "$folder/other" "$VDIB"
says stdout "wrong.md:5: say before this block" "no key 'objetive.beta'" "eval has no option --jsom" \
    "no experiment 'demos'" "there is no tests/nothing.sh" "no command 'frobnicate'"
[[ $(grep -c "wrong.md" "$folder/stdout") -eq 6 ]] || fail "not each fault once"

# Small data under the names that the pages have, and a program that trains on few examples.
base=$folder/base
mkdir -p "$base/build/release/bin" "$base/bin"
(
    cd "$base"
    recordings nmnist
    idx mnist
    recording 00001.bin
    cp -r nmnist/Train N-Caltech101
    python3 - >wide.csv <<'PYTHON'
print("t_us,x,y,p")
for i in range(6000):
    print(f"{i * 1000},{(i * 7) % 346},{(i * 13) % 260},{i % 2}")
PYTHON
    {
        echo "path,split,label"
        for digit in 0 1 2 3; do
            echo "nmnist/Train/$digit/$(printf %05d $((digit + 1))).bin,train,class $digit"
            echo "nmnist/Test/$digit/$(printf %05d $((digit + 1))).bin,test,class $digit"
        done
    } >recordings.csv
) || fail "the data"
for name in recording.raw recording.aedat4 recording.dat; do
    expect 0 "$VDIB" convert "$base/wide.csv" "$base/$name"
done
cp "$folder/recording.bin" "$base/recording.bin"
cat >"$base/bin/vdib" <<'PROGRAM'
#!/usr/bin/env bash
# As the program, but trained a little, with two seeds where more are asked for.
small=(--examples 8 --set training.validate_every=0 --set data.train_examples=40 --set data.test_examples=10
       --set learning.warmup_examples=0)
words=() previous=
for word; do
    [[ $previous == --seeds ]] && word=2
    words+=("$word") previous=$word
done
set -- "${words[@]}"
case $1 in
train | sweep)
    case " $* " in
    *" --resume "* | *" --table "*) ;;
    *predict*) set -- "$@" "${small[@]}" --set data.test_steps=60 ;;
    *) set -- "$@" "${small[@]}" ;;
    esac ;;
bench) set -- "$@" --filter rate-term ;;
esac
exec "$VDIB" "$@"
PROGRAM
chmod +x "$base/bin/vdib"

# run_page PAGE: its blocks one after the other, in a folder of their own.
run_page() {
    local place=$folder/place block count
    rm -rf "$place" "$folder/blocks"
    mkdir "$folder/blocks"
    count=$(python3 "$check" blocks "$VDIB_SOURCE" "$1" "$folder/blocks")
    [[ $count -gt 0 ]] || return 0
    cp -r "$base" "$place"
    for block in "$folder"/blocks/*.sh; do
        (cd "$place" && PATH=$place/bin:$PATH bash -eu "$block") >"$folder/stdout" 2>"$folder/stderr" </dev/null ||
            fail "$1: $(basename "$block" .sh) does not run"
    done
    echo "$1: $count blocks run"
    pages=$((pages + 1))
}
pages=0
while read -r page; do
    run_page "$page"
done < <(python3 "$check" pages "$VDIB_SOURCE")
[[ $pages -ge 8 ]] || fail "only $pages pages have blocks that run"
