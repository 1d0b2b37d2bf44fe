#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# docs/extending.md: its code, put into a copy of the tree, adds a surrogate, an estimator, a head and an event
# format, each by one file and one row.
source "${BASH_SOURCE%/*}/common.sh"
command -v python3 >/dev/null || skip "there is no python3 to take the code out of the page"
command -v cmake >/dev/null || skip "there is no cmake to build the copy"

tree=$folder/tree
mkdir "$tree"
for part in CMakeLists.txt cmake src include experiments; do
    cp -r "$VDIB_SOURCE/$part" "$tree/"
done

# <!-- file: PATH --> is followed by a whole file. <!-- row: PATH --> is followed by a line of that file, and the
# lines that go behind it.
python3 - "$VDIB_SOURCE/docs/extending.md" "$tree" <<'PYTHON' || fail "the page's code does not fit the tree"
import os, re, sys

page, tree = open(sys.argv[1]).read(), sys.argv[2]
blocks = re.findall(r"<!-- (file|row): (\S+) -->\n```c\n(.*?)```\n", page, re.S)
plain = lambda line: line.rstrip("\\\n ").rstrip()
for kind, name, code in blocks:
    path = os.path.join(tree, name)
    if kind == "file":
        assert not os.path.exists(path), name + " is there already"
        open(path, "w").write(code)
        continue
    lines, (first, *rows) = open(path).read().splitlines(), code.splitlines()
    at = [i for i, line in enumerate(lines) if plain(line) == plain(first)]
    assert len(at) == 1, "%s: %d lines are '%s'" % (name, len(at), first)
    assert len(rows) == 1, name + ": more than one row"
    open(path, "w").write("\n".join(lines[: at[0] + 1] + rows + lines[at[0] + 1 :]) + "\n")
kinds = [kind for kind, _, _ in blocks]
assert kinds == ["file", "row"] * 4, kinds
PYTHON

# The copy is configured as the program under test was, and takes over the objects of its build: Make then compiles what
# the page adds and changes, which is newer than they are, and nothing else.
host=${VDIB%/*/*}
settings=()
while IFS= read -r setting; do settings+=("$setting"); done < <(sed -nE \
    's/^(CMAKE_(BUILD_TYPE|C_COMPILER|C_FLAGS[A-Z_]*)|VDIB_(SANITIZE|WITH_[A-Z0-9]*)):[A-Z]+=(.*)/-D\1=\4/p' \
    "$host/CMakeCache.txt")
expect 0 cmake -S "$tree" -B "$folder/build" -G "Unix Makefiles" "${settings[@]}" -DVDIB_TESTS=OFF -DVDIB_INSTALL=OFF \
    -DVDIB_PYTHON=OFF -DVDIB_WARNINGS_AS_ERRORS=ON
(cd "$host" && find src -name '*.o' -exec cp --parents {} "$folder/build/" \;)
sed -nE 's/^<!-- (file|row): (\S+) -->$/\2/p' "$VDIB_SOURCE/docs/extending.md" | (cd "$tree" && xargs touch)
expect 0 nice cmake --build "$folder/build" --target vdib_program -j "$(nproc)"
extended=$(find "$folder/build" -name vdib -type f -perm -u+x | head -n 1)
[[ -x $extended ]] || fail "no program was built"

# ---- help ----
expect 0 "$extended" help keys
says stdout "one of boxcar | logistic | arctan | fast-sigmoid" "1 / (1 + (k u)^2)" \
    "one of reinforce | ranked | rloo | straight-through" "weighed by the rank of the loss" \
    "one of auto | bernoulli | categorical | laplace | gaussian" "values with outliers"
expect 0 "$VDIB" help keys
! grep -qE "arctan|ranked|laplace" "$folder/stdout" || fail "the program knows the example already"

# ---- surrogate, estimator and head, from --set; what they need is checked ----
train() { # NAME SETTING...
    local run=$folder/$1 settings=()
    shift
    for setting in "$@"; do settings+=(--set "$setting"); done
    expect 0 "$extended" train demo "${tiny[@]}" "${settings[@]}" --examples 24 --threads 1 --out "$run"
}
train arctan neuron.surrogate=arctan neuron.surrogate_slope=2 learning.batch_size=4
train ranked learning.estimator=ranked learning.batch_size=4
train laplace decoder.head=laplace
train plain learning.batch_size=4
for run in arctan ranked laplace; do
    grep -q ": $run\$" "$folder/$run/config.yaml" || fail "config.yaml does not say $run"
    cmp -s "$folder/$run/model.safetensors" "$folder/plain/model.safetensors" && fail "$run changes nothing"
    expect 0 "$extended" eval "$folder/$run" --json
done
refuses 2 "learning.estimator is 'ranked', which needs learning.batch_size of at least 2, not 1; ranks need samples" \
    "$extended" train demo --set learning.estimator=ranked --set learning.batch_size=1 --out "$folder/no"
refuses 2 "decoder.head is 'laplace', which needs data.target image, class-image, values or frames, not class" \
    "$extended" train demo --set data.target=class --set decoder.head=laplace --out "$folder/no"
refuses 2 "neuron.surrogate is 'arctan'; it takes one of boxcar" \
    "$VDIB" train demo --set neuron.surrogate=arctan --out "$folder/no"

# ---- event format ----
tape() { # FILE BYTES...: 20 x 10 pixels
    local file=$1
    shift
    { printf 'tape\n\x14\0\x0a\0'; printf '%b' "$@"; } >"$folder/$file"
}
tape three.tape '\x64\0\0\0\0\0\0\0\x03\0\x04\0\x01' '\xfa\0\0\0\0\0\0\0\x05\0\x06\0\0' \
    '\x84\x03\0\0\0\0\0\0\x13\0\x09\0\x01'
expect 0 "$extended" info "$folder/three.tape" --strict
says stdout "format tape" "events        3" "100 .. 900 us" "20 x 10"
tape bad.tape '\x64\0\0\0\0\0\0\0\x03\0\x04\0\x02' '\xfa\0\0\0\0\0\0\0\x14\0\x06\0\0' '\x01'
expect 0 "$extended" info "$folder/bad.tape"
says stdout "events        0" "damaged       1" "outside       1" "cut           1"
refuses 1 "bad.tape: byte 9: a polarity that is neither 0 nor 1" "$extended" info "$folder/bad.tape" --strict
printf 'tape\n\x14' >"$folder/short.tape"
refuses 1 "short.tape: byte 6: ends inside its header" "$extended" info "$folder/short.tape"
refuses 1 "is no event file by its name or content" "$VDIB" info "$folder/three.tape"
