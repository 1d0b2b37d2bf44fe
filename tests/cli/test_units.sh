#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a file does not say - unit of times, order of columns, polarities - is recognised, said, and may be named.
source "$(dirname "$0")/common.sh"

# Whole milliseconds are taken for microseconds, which is doubted; --unit names them.
for ((i = 0; i < 300; i++)); do
    echo "$((i % 7)) $((i % 5)) $((i % 2)) $((i / 2))"
done >"$folder/ms.txt"
expect 0 "$VDIB" info "$folder/ms.txt"
says stdout "time stamps   microseconds in the file, by the numbers; --unit names another" \
    "doubt         all events would come within a millisecond" "columns       x y p t, by their values" "0 .. 149 us"
expect 0 "$VDIB" info "$folder/ms.txt" --unit ms
says stdout "time stamps   milliseconds in the file, as asked for" "0 .. 149000 us"
if grep -q doubt "$folder/stdout"; then fail "a unit that was asked for is doubted"; fi
expect 0 "$VDIB" convert "$folder/ms.txt" "$folder/out.csv" --unit ms --json
says stdout '"recognized": {' '"unit": "milliseconds"' '"unit_by": "as asked for"' '"columns": "x y p t"'
[[ $(sed -n '$p' "$folder/out.csv") == 149000,* ]] || fail "$(sed -n '$p' "$folder/out.csv")"
expect 0 "$VDIB" convert "$folder/ms.txt" "$folder/out.csv" --force
says stdout "time stamps   microseconds in the file, by the numbers; --unit names another"
[[ $(sed -n '$p' "$folder/out.csv") == 149,* ]] || fail "$(sed -n '$p' "$folder/out.csv")"
expect 0 "$VDIB" view "$folder/ms.txt" --unit ms --out "$folder/ms.png"
refuses 2 "'weeks' is no unit of times: s, ms, us or ns" "$VDIB" info "$folder/ms.txt" --unit weeks
recording "$folder/in.bin" 60
refuses 2 "is of format nmnist, which says the unit of its times; leave out the one that was asked for (ms)" \
    "$VDIB" info "$folder/in.bin" --unit ms
refuses 2 "data.time_unit" "$VDIB" info "$folder" --unit ms

# Events without polarity, places with fractions.
printf 't,x,y\n1000,2.5,3.25\n3000,4.5,5.25\n' >"$folder/bare.csv"
expect 0 "$VDIB" info "$folder/bare.csv"
says stdout "polarities    none: all events are ON" "rounded       2 (x or y has a fraction: the nearest pixel is it)"
expect 0 "$VDIB" convert "$folder/bare.csv" "$folder/bare.es" --json
says stdout '"unpolarized": 2' '"rounded": 2' '"polarities": "none: all events are ON"'

# What an event file holds, for programs.
expect 0 "$VDIB" info "$folder/bare.csv" --json
python3 - "$folder/stdout" <<'PYTHON' || fail "info --json says something else"
import json, sys
said = json.load(open(sys.argv[1]))
wrong = {key: count for key, count in said["counts"].items() if count}
assert wrong == {"rounded": 2, "unpolarized": 2} and len(said["counts"]) == 12, said
assert said["recognized"]["polarities"] == "none: all events are ON", said
keys = "format events on_events first_us last_us width height recordings label split".split()
assert [said[key] for key in keys] == ["text", 2, 2, 1000, 3000, 6, 6, 1, -1, None], said
PYTHON
refuses 2 "--json is for event files; leave it out, or name an event file" "$VDIB" info "$folder" --json
printf '' >"$folder/net.nir"
refuses 2 "net.nir: --json is for event files" "$VDIB" info "$folder/net.nir" --json

# The same of data sets, by a key and notes.
for class in 0 1; do
    mkdir -p "$folder/data/Train/$class" "$folder/data/Test/$class"
    for n in 1 2 3; do
        echo "t,x,y" >"$folder/data/Train/$class/$n.csv"
        awk '{print $4 "," $1 + '"$class"' "," $2}' "$folder/ms.txt" >>"$folder/data/Train/$class/$n.csv"
        cp "$folder/data/Train/$class/$n.csv" "$folder/data/Test/$class/$n.csv"
    done
done
expect 0 "$VDIB" info "$folder/data"
says stdout "have events without polarity, which are all ON" "data.time_unit names another" "is taken for microseconds"
train=(train classify --data "$folder/data" --examples 4 --set data.steps=10 --set data.step_us=20000
       --set encoder.layers='[8]' --set encoder.readouts=8)
expect 0 "$VDIB" "${train[@]}" --set data.time_unit=ms --out "$folder/run"
grep -q 'time_unit: ms' "$folder/run/config.yaml" || fail "the key is not in the run's configuration"
refuses 2 "data.time_unit" "$VDIB" "${train[@]}" --set data.time_unit=weeks --out "$folder/none"

# Environment variables that are no numbers.
VDIB_KEPT_BYTES=many refuses 2 "VDIB_KEPT_BYTES=many: use a whole number of bytes" "$VDIB" info "$folder/data"
if "$VDIB" convert "$folder/in.bin" "$folder/probe.h5" >/dev/null 2>&1; then
    VDIB_HDF5_SECONDS=foo refuses 2 "VDIB_HDF5_SECONDS=foo: use a whole number of seconds, 1 to 86400" \
        "$VDIB" info "$folder/probe.h5"
fi
echo "units, orders and polarities are recognised and said"
