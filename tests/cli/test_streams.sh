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
