#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Event files converted into others: what is said, what is refused, and that nothing is lost on the way.
source "$(dirname "$0")/common.sh"
recording "$folder/in.bin" 60

# Through every format and back: the same events.
expect 0 "$VDIB" convert "$folder/in.bin" "$folder/all.csv"
says stdout "$folder/in.bin: nmnist, 60 events" "$folder/all.csv: csv, 60 events"
[[ $(head -n 3 "$folder/all.csv") == $'t,x,y,on\n0,0,0,0\n5000,1,0,1' ]] || fail "$(head -n 3 "$folder/all.csv")"
[[ $(wc -l <"$folder/all.csv") -eq 61 ]] || fail "not 60 events in the CSV file"
tail -n +2 "$folder/all.csv" >"$folder/rows"
names=(es:es dat:dat evt2:raw evt3:raw nmnist:bin slayer:bs2 slayer3:bs3 aedat4:aedat4 npz:npz)
if "$VDIB" convert "$folder/in.bin" "$folder/probe.h5" >/dev/null 2>&1; then
    names+=(openeb:hdf5 dsec:h5)
else
    echo "HDF5 is left out: $("$VDIB" convert "$folder/in.bin" "$folder/probe.h5" 2>&1)"
fi
for name in "${names[@]}"; do
    format=${name%:*} file=$folder/${name%:*}.${name#*:}
    expect 0 "$VDIB" convert "$folder/in.bin" "$file" --format "$format" --sensor 34x34
    expect 0 "$VDIB" convert "$file" "$folder/back.csv" --force
    tail -n +2 "$folder/back.csv" | cmp -s - "$folder/rows" || fail "$format: other events come back"
done
cmp -s "$folder/in.bin" "$folder/nmnist.bin" || fail "the bytes of N-MNIST are others"

# --help names every format that is written.
refuses 2 "there are: es (.es)" "$VDIB" convert "$folder/in.bin" "$folder/x" --format none
grep -oE '[a-z0-9]+ \(\.' "$folder/stderr" | cut -d ' ' -f 1 >"$folder/formats"
[[ $(wc -l <"$folder/formats") -ge 11 ]] || fail "too few formats: $(cat "$folder/formats")"
expect 0 "$VDIB" convert --help
while read -r format; do
    grep -qw "$format" <(grep OUT "$folder/stdout") || fail "--help does not name $format"
done <"$folder/formats"

# By the ending of the name; the sensor by the events, which is said.
expect 0 "$VDIB" convert "$folder/in.bin" "$folder/out.es"
says stdout "out.es: es, 60 events, 34 x 30 pixels (as many as the events need; --sensor names others)"
expect 0 "$VDIB" info "$folder/out.es"
says stdout "34 x 30"

# Through pipes; what is said goes to standard error then.
expect 0 "$VDIB" convert "$folder/in.bin" - --format csv
says stderr "-: csv, 60 events"
cmp -s "$folder/stdout" "$folder/all.csv" || fail "standard output has other events"
mkfifo "$folder/fifo"
cat "$folder/fifo" >"$folder/piped" &
expect 0 "$VDIB" convert "$folder/in.bin" "$folder/fifo" --format csv
wait
[[ -p $folder/fifo ]] || fail "the pipe was replaced by a file"
cmp -s "$folder/piped" "$folder/all.csv" || fail "the pipe had other events"

"$VDIB" convert - - --format dat <"$folder/all.csv" 2>/dev/null |
    "$VDIB" convert - "$folder/through.csv" >"$folder/stdout"
says stdout "-: dat, 60 events"
cmp -s "$folder/through.csv" "$folder/all.csv" || fail "other events came through two pipes"
cat "$folder/all.csv" >"$folder/fifo" &
refuses 2 "fifo: does not say how large the sensor is, which has to be known|name its size (--sensor)" \
    "$VDIB" convert "$folder/fifo" "$folder/x.es"
wait
cat "$folder/all.csv" >"$folder/fifo" &
refuses 2 "fifo: is a pipe, and hot pixels are found by reading a recording twice; copy it into a file" \
    "$VDIB" convert "$folder/fifo" "$folder/x.csv" --hot-pixels
wait
refuses 2 "-: format aedat4 is not written front to back and does not go through a pipe" \
    "$VDIB" convert "$folder/in.bin" - --format aedat4 --sensor 34x34
gzip -k "$folder/all.csv"
expect 0 "$VDIB" convert "$folder/all.csv.gz" "$folder/gzip.es"
says stdout "gzip.es: es, 60 events, 34 x 30 pixels"

# Steps and counts.
expect 0 "$VDIB" convert "$folder/in.bin" "$folder/steps.csv" --sensor 34x34 --from 10ms --to 0.2s --crop 2,0,20,10 \
    --polarity on --flip x --rotate 90 --down-sample 2 --rebase --json
python3 - "$folder/stdout" "$folder/steps.csv" <<'PYTHON' || fail "other counts or events"
import json, sys
said = json.load(open(sys.argv[1]))
kept = []
for i in range(60):
    t, x, y, p = i * 5000, i % 34, i // 2 % 34, i % 2
    if 10000 <= t < 200000 and 2 <= x < 22 and y < 10 and p:
        x, y = 19 - (x - 2), y          # flip
        x, y = 10 - 1 - y, x            # rotate
        kept.append((t, x // 2, y // 2, p))
rows = ["t,x@5,y@10,on"] + [f"{t - kept[0][0]},{x},{y},{p}" for t, x, y, p in kept]
assert open(sys.argv[2]).read().split() == rows, rows
counts = said["counts"]
assert (said["read"], said["written"], said["width"], said["height"]) == (38, len(kept), 5, 10), said
assert sum(counts.values()) == 38 - len(kept), counts
assert (said["from_format"], said["to_format"], said["measured"]) == ("nmnist", "csv", False), said
PYTHON

# Options together, against what docs/convert.md says of each.
python3 "$(dirname "$0")/conversions.py" "$VDIB" "$folder" || fail "options together do something else"

# Hot pixels are listed.
{
    echo "t,x@32,y@32,on"
    for ((i = 0; i < 400; i++)); do echo "$i,$((i % 20)),$((i / 20)),1"; done
    for ((i = 400; i < 450; i++)); do echo "$i,7,9,1"; done
} >"$folder/hot.csv"
expect 0 "$VDIB" convert "$folder/hot.csv" "$folder/cold.dat" --hot-pixels
says stdout "51            of hot pixels" "hot pixels    1: (7, 9) with 51 events" "cold.dat: dat, 399 events, 32 x 32"

# Late events.
printf 't,x@4,y@3,on\n30,0,2,1\n10,0,0,1\n' >"$folder/late.csv"
expect 0 "$VDIB" convert "$folder/late.csv" "$folder/sorted.dat"
says stdout "1             late: moved into the order of time"

# A folder: the tree stays, other files are passed over, what is there is kept, one that fails does not end the others.
mkdir -p "$folder/tree/Train/3" "$folder/tree/Test/cat"
cp "$folder/in.bin" "$folder/tree/Train/3/00001.bin"
cp "$folder/all.csv" "$folder/tree/Train/3/00002.csv"
cp "$folder/in.bin" "$folder/tree/Test/cat/a.b.bin"
echo "not events" >"$folder/tree/labels.csv"
expect 0 "$VDIB" convert "$folder/tree" "$folder/made" --format es --sensor 34x34
says stdout "tree: 3 recordings, 180 events" "1             file that are no recordings" \
    "made: 3 files written, 180 events"
(cd "$folder/made" && find . -type f | sort) >"$folder/list"
[[ $(cat "$folder/list") == $'./Test/cat/a.b.es\n./Train/3/00001.es\n./Train/3/00002.es' ]] ||
    fail "$(cat "$folder/list")"
printf 'a' >>"$folder/tree/Test/cat/a.b.bin"
rm "$folder/made/Train/3/00001.es" "$folder/made/Test/cat/a.b.es"
touch -d 2001-01-01 "$folder/made/Train/3/00002.es"
expect 1 "$VDIB" convert "$folder/tree" "$folder/made" --format es --sensor 34x34
says stdout "made: 1 file written, 60 events; 1 were there and are kept (--force replaces them)"
says stderr "a.b.bin: ends inside event 60" "1 of 3 recordings could not be converted"
[[ $(date -r "$folder/made/Train/3/00002.es" +%Y) == 2001 ]] || fail "a file that was there was written again"
expect 1 "$VDIB" convert "$folder/tree" "$folder/made" --format es --sensor 34x34 --force --json
says stdout '"converted": 2,' '"failed": 1,' '"written": 120,'
expect 1 "$VDIB" convert "$folder/tree" "$folder/unknown" --format es
says stderr "00001.bin: does not say how large the sensor is, which has to be known" ", and be the same"
refuses 2 "tree: the recordings of a folder are converted into one format; name it (--format)" "$VDIB" convert \
    "$folder/tree" "$folder/none"
cp "$folder/in.bin" "$folder/tree/Train/3/00002.bin"
refuses 1 "both would become Train/3/00002.dat; rename one" "$VDIB" convert "$folder/tree" "$folder/two" --format dat
refuses 2 "two/: is a folder, into which a file of several recordings is converted; name the file that" \
    "$VDIB" convert "$folder/in.bin" "$folder/two/"
# Links that lead back are not followed round and round, what is written is not read, hidden files are passed over.
mkdir "$folder/round"
cp "$folder/in.bin" "$folder/round/a.bin"
ln -s . "$folder/round/same"
ln -s ../round "$folder/round/again"
expect 0 timeout 20 "$VDIB" convert "$folder/round" "$folder/straight" --format es --sensor 34x34
says stdout "round: 1 recording, 60 events"
mkdir "$folder/round/__MACOSX" "$folder/round/sub"
cp "$folder/in.bin" "$folder/round/__MACOSX/b.bin"
cp "$folder/in.bin" "$folder/round/sub/._c.bin"
for _ in 1 2; do
    expect 0 "$VDIB" convert "$folder/round" "$folder/round/out" --format es --sensor 34x34
    says stdout "round: 1 recording, " "2             files that are no recordings"
done
mkdir "$folder/empty"
refuses 1 "empty: holds no recordings" "$VDIB" convert "$folder/empty" "$folder/two" --format dat
refuses 2 "in.bin: holds one recording; name the file that it is to become" "$VDIB" convert "$folder/in.bin" \
    "$folder/two/" --format dat
[[ ! -e $folder/two ]] || fail "a folder was made for nothing"

# Refused, in one line; nothing is left.
cp "$folder/all.csv" "$folder/kept.csv"
refuses 2 "kept.csv: exists; name another file" "$VDIB" convert "$folder/in.bin" "$folder/kept.csv"
same "$folder/all.csv" "$folder/kept.csv"
refuses 2 "kept.csv: would be converted into itself" "$VDIB" convert "$folder/kept.csv" "$folder/kept.csv" --force
refuses 2 "its name does not say in which format" "$VDIB" convert "$folder/in.bin" "$folder/x.abc"
refuses 2 "evt9: is no format that is written; there are: es (.es)" "$VDIB" convert "$folder/in.bin" "$folder/x" \
    --format evt9
refuses 1 "x.es: cannot be created: No such file or directory" "$VDIB" convert "$folder/in.bin" "$folder/no/x.es"
refuses 1 "none.bin: cannot be" "$VDIB" convert "$folder/none.bin" "$folder/x.es"
refuses 1 "the crop of 20x20 pixels at (20, 0) goes beyond the sensor of 34x34" "$VDIB" convert "$folder/in.bin" \
    "$folder/x.es" --sensor 34x34 --crop 20,0,20,20
printf 't,x@4,y@3,on\n1605537493718345,0,2,1\n' >"$folder/unix.csv"
refuses 1 "event 0 is at 1605537493718345 us, but format dat holds times|(--rebase)" "$VDIB" convert \
    "$folder/unix.csv" "$folder/x.dat"
expect 0 "$VDIB" convert "$folder/unix.csv" "$folder/unix.dat" --rebase
for wrong in "--sensor 34" "--sensor 0x4" "--crop 1,2,3" "--polarity up" "--flip z" "--rotate 45" "--down-sample 0" \
    "--refractory 0" "--from 5h" "--from nan" "--to inf"; do
    # shellcheck disable=SC2086 # an option and its word
    refuses 2 "${wrong%% *}: '${wrong##* }'" "$VDIB" convert "$folder/in.bin" "$folder/x.es" $wrong
done
refuses 2 "--to" "$VDIB" convert "$folder/in.bin" "$folder/x.es" --from 20ms --to 5
refuses 2 "--relative says what --from and --to count from" "$VDIB" convert "$folder/in.bin" "$folder/x.es" --relative
printf 'a' >>"$folder/in.bin"
refuses 1 "in.bin: ends inside event 60" "$VDIB" convert "$folder/in.bin" "$folder/x.es"
refuses 1 "/dev/full: cannot be written" "$VDIB" convert "$folder/all.csv" /dev/full --format csv
[[ -c /dev/full ]] || fail "/dev/full was replaced by a file"
left=$(find "$folder" -name 'x*' -o -name '*.tmp-*')
[[ -z $left ]] || fail "left: $left"

# What a killed conversion left goes with the next one.
sleep 0 &
dead=$!
wait "$dead"
mkdir "$folder/many"
cp "$folder/all.csv" "$folder/many/one.csv"
mkdir "$folder/killed"
touch "$folder/killed.es.tmp-$dead-0" "$folder/killed/one.es.tmp-$dead-0"
expect 0 "$VDIB" convert "$folder/all.csv" "$folder/killed.es"
expect 0 "$VDIB" convert "$folder/many" "$folder/killed" --format es --sensor 34x34
left=$(find "$folder" -name '*.tmp-*')
[[ -z $left ]] || fail "left: $left"
