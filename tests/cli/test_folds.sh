#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/folds: every recording is tested in one fold, and trains in the others. bench/paired compares by recording.
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

# Two folds of three and two recordings, one seed: right on 3 and 1 against 1 and 1.
paired=$VDIB_SOURCE/bench/paired
answers() {
    echo "{\"label_by_example\": $2, \"answer_by_example\": $3, \"spikes_per_example\": $4}" >"$folder/$1.json"
}
answers a1 '[0, 1, 2]' '[0, 1, 2]' 10
answers a2 '[1, 1]' '[1, 0]' 20
answers b1 '[0, 1, 2]' '[0, 0, 0]' 30
answers b2 '[1, 1]' '[0, 1]' 50
a=("$folder/a1.json" "$folder/a2.json") b=("$folder/b1.json" "$folder/b2.json")
expect 0 "$paired" --folds 2 "${a[@]}" -- "${b[@]}"
says stdout "first   accuracy 0.7500, 15.0 spikes" "second  accuracy 0.4167, 40.0 spikes" "difference +0.4000, 95 %" \
    "5 recordings, 1 of each side"
expect 1 "$paired" "${a[@]}" -- "${b[@]}"
says stderr "is of other recordings than file 1" "--folds"
expect 1 "$paired" --folds 2 "${a[@]}" -- "${b[1]}" "${b[0]}"
says stderr "are not of the same recordings"
expect 1 "$paired" "${a[0]}" -- "$folder/none.json"
says stderr "none.json: No such file"
expect 1 "$paired" "${a[@]}" -- "${b[0]}"
says stderr "files before --: 2, behind it: 1"
