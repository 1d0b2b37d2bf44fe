#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/folds: every recording is tested in one fold, and trains in the others.
source "$(dirname "$0")/common.sh"
command -v python3 >/dev/null || skip "no python3"
recordings "$folder/recordings"
folds=$VDIB_SOURCE/scripts/folds
all=$(cd "$folder/recordings" && find Train Test -type f | wc -l)

expect 0 "$folds" "$folder/recordings" "$folder/folds" 2
says stdout "$folder/folds: 2 folds of $all recordings"
tested=$(find "$folder/folds" -path '*/Test/*' -type l -exec readlink {} \; | sort)
[[ $(wc -l <<<"$tested") -eq $all ]] || fail "$(wc -l <<<"$tested") test recordings, not $all"
[[ $(uniq <<<"$tested" | wc -l) -eq $all ]] || fail "a recording is tested twice"
for k in 1 2; do
    trains=$(find "$folder/folds/$k/Train" -type l -exec readlink {} \; | sort)
    tests=$(find "$folder/folds/$k/Test" -type l -exec readlink {} \; | sort)
    [[ $(sort <(echo "$trains") <(echo "$tests") | uniq | wc -l) -eq $all ]] || fail "fold $k lacks recordings"
    [[ $(($(wc -l <<<"$trains") + $(wc -l <<<"$tests"))) -eq $all ]] || fail "a recording trains and tests in fold $k"
done
find "$folder/folds" -type l | while read -r link; do
    of=$(dirname "$link") to=$(dirname "$(readlink "$link")")
    [[ $(basename "$of") == "$(basename "$to")" ]] || fail "$link: another class"
done
expect 0 "$VDIB" train demo "${tiny[@]}" --set data.target=class --data "$folder/folds/2" --examples 4 \
    --out "$folder/run"

expect 1 "$folds" "$folder/recordings" "$folder/folds"
says stderr "folds: $folder/folds: is there already"
expect 1 "$folds" "$folder/recordings" "$folder/other" 1
says stderr "K is '1'"
expect 1 "$folds" "$folder" "$folder/other"
says stderr "has no folder Train"
mkdir -p "$folder/empty/Train" "$folder/empty/Test"
expect 1 "$folds" "$folder/empty" "$folder/other"
says stderr "no class has more than 0 recordings"
[[ ! -e $folder/other ]] || fail "folder made in spite of an error"
