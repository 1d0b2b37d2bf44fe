#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Filmed images: as event files, as data of an experiment, and mixed with recordings.
source "$(dirname "$0")/common.sh"
idx "$folder/images"
recordings "$folder/recordings"
small=(--set data.steps=12 --set data.step_us=26000 --set encoder.layers='[20]' --set encoder.readouts=12
       --set data.target=image --set decoder.hidden=16 --set evaluation.judge=none)

# The files are N-MNIST's, as an independent reader sees them.
expect 0 "$VDIB" film --data "$folder/images" --out "$folder/films" --threads 2
says stdout "$folder/films: 20 train, 10 test recordings"
[[ ! -e $folder/films.partial ]] || fail "films.partial is left"
command -v python3 >/dev/null || skip "no python3"
python3 - "$folder/films" <<'PYTHON' || fail "the files are not of N-MNIST's layout"
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
for part, count in (("Train", 20), ("Test", 10)):
    files = sorted(folder.glob(part + "/*/*.bin"), key=lambda path: path.name)
    assert [path.name for path in files] == [f"{n:05d}.bin" for n in range(1, count + 1)]
    for n, path in enumerate(files):
        assert path.parent.name == str(n % 10), path
        data = path.read_bytes()
        assert len(data) % 5 == 0 and len(data) > 5 * 300, path
        events = [data[i:i + 5] for i in range(0, len(data), 5)]
        times = [(e[2] & 0x7F) << 16 | e[3] << 8 | e[4] for e in events]
        assert times == sorted(times) and times[0] < 100000 and 200000 < times[-1] < 315000, path
        assert all(e[0] < 34 and e[1] < 34 for e in events), path
        on = sum(e[2] >> 7 for e in events)
        assert 0.3 * len(events) < on < 0.7 * len(events), path
        assert len({e[0] for e in events}) > 20 and len({e[1] for e in events}) > 20, path
PYTHON

# Read as recordings, they teach what the images teach that are filmed on the spot.
expect 0 "$VDIB" train demo "${small[@]}" --data "film:$folder/images" --examples 12 --out "$folder/spot"
expect 0 "$VDIB" train demo "${small[@]}" --data "$folder/films" --images "$folder/images" --examples 12 \
    --out "$folder/files"
expect 0 "$VDIB" info --digest "$folder/spot"
cp "$folder/stdout" "$folder/digest"
expect 0 "$VDIB" info --digest "$folder/files"
same "$folder/digest" "$folder/stdout"

# Settings of the camera; what is left out keeps its number.
expect 0 "$VDIB" film --data "film:$folder/images" --out "$folder/few" --set data.film_exclude=0-3,19 \
    --set data.motion=circle --set data.sensor=60x50 --set data.place=anywhere --set data.test_examples=2
says stdout "5 training images are not filmed: data.film_exclude is 0-3,19" "15 train, 2 test recordings"
[[ ! -e $folder/few/Train/3/00004.bin && -e $folder/few/Train/4/00005.bin ]] || fail "other images are left out"
expect 0 "$VDIB" film --out "$folder/drawn" --set data.train_examples=10 --set data.test_examples=10
[[ -s $folder/drawn/Test/9/00010.bin ]] || fail "drawn digits are not filmed"

refuses 2 "film: --out FOLDER is missing" "$VDIB" film --data "$folder/images"
refuses 2 "data.film_exclude is '5-1'; it takes none, or numbers and ranges" "$VDIB" film --out "$folder/x" \
    --set data.film_exclude=5-1
refuses 1 "is not empty; name a new folder" "$VDIB" film --data "$folder/images" --out "$folder/films"
refuses 1 "builtin:motion: is no set of images" "$VDIB" film --data builtin:motion --out "$folder/x"
refuses 1 "data.sensor is 300x300, but N-MNIST's files hold at most 256x240" "$VDIB" film --out "$folder/x" \
    --set data.sensor=300x300
mkdir "$folder/x.partial"
refuses 1 "x.partial: is left of filming that was stopped; remove it" "$VDIB" film --out "$folder/x"
touch "$folder/file"
refuses 1 "is a file; name a new folder" "$VDIB" film --out "$folder/file"

# Mixed with recordings: the run says so, and is resumed from elsewhere to the bytes of an unbroken one.
command=("$VDIB" train demo "${small[@]}" --data recordings+film:images --examples 400 --threads 1
         --set training.validate_every=100)
cd "$folder"
expect 0 "${command[@]}" --checkpoint-every 100 --out whole
says stdout "18 of its 20 training images are filmed and mixed with 18 training recordings" \
    "2 training images are not filmed: validation recordings show them" "36 train, 2 validation, 10 test"
grep -q "\"$(realpath recordings)+film:$(realpath images)\"" whole/run.json || fail "run.json does not name the data"
"${command[@]}" --checkpoint-every 100 --out broken >stdout 2>stderr &
process=$!
wait_for broken/checkpoint.safetensors "$process"
kill -9 "$process"
[[ ! -e broken/model.safetensors ]] || fail "the run ended before it could be killed"
cp -r broken changed
cd /
expect 0 "$VDIB" train --resume "$folder/broken"
same "$folder/whole/model.safetensors" "$folder/broken/model.safetensors"
expect 0 "$VDIB" eval "$folder/broken" --split train --json
says stdout '"examples": 18,'
printf '\x55' | dd of="$folder/images/train-images-idx3-ubyte" bs=1 seek=1000 conv=notrunc status=none
refuses 1 "the data have changed since the run began" "$VDIB" train --resume "$folder/changed"

# Data that need no images, and places on a larger sensor.
expect 0 "$VDIB" train demo --set data.target=class --set encoder.layers='[]' --set encoder.readouts=8 \
    --data builtin:motion --set data.train_examples=40 --set data.test_examples=16 --examples 12 --out "$folder/motion"
says stdout "built-in motion on 16 x 16 pixels: 36 train, 4 validation, 16 test" "8 classes"
expect 0 "$VDIB" eval "$folder/motion"
expect 0 "$VDIB" train demo --set data.target=class --set encoder.layers='[]' --set encoder.readouts=8 \
    --set data.builtin=motion --set data.train_examples=40 --set data.test_examples=16 --examples 12 \
    --out "$folder/named"
says stdout "built-in motion on 16 x 16 pixels: 36 train, 4 validation, 16 test"
[ "$("$VDIB" info --digest "$folder/motion")" = "$("$VDIB" info --digest "$folder/named")" ] ||
    fail "data.builtin=motion and --data builtin:motion are not the same"
expect 0 "$VDIB" eval "$folder/named"
says stdout "built-in motion"
expect 0 "$VDIB" eval "$folder/named" --data builtin:motion
! grep -q "data.builtin" "$folder/stdout" || fail "the built-in data of the experiment are said to be others"
expect 0 "$VDIB" train demo "${small[@]}" --set data.builtin=motion --data builtin:digits --set data.train_examples=20 \
    --set data.test_examples=10 --examples 12 --out "$folder/others"
says stdout "note     data.builtin is motion, which is not read: other data are named, builtin:digits"
expect 0 "$VDIB" train demo "${small[@]}" --set data.sensor=68x68 --set data.place=anywhere \
    --set data.train_examples=40 --set data.test_examples=16 --examples 12 --out "$folder/anywhere"
says stdout "2 x 68 x 68"
refuses 1 "no room for images of 28x28 that move" "$VDIB" train demo "${small[@]}" --set data.motion=circle \
    --set data.place=anywhere --out "$folder/no"
refuses 1 "names no folder of images" "$VDIB" train demo "${small[@]}" --data film: --out "$folder/no"
refuses 1 "$folder/recordings: holds recordings, but film: films images" \
    "$VDIB" train demo "${small[@]}" --data "film:$folder/recordings" --out "$folder/no"
refuses 1 "$folder/recordings: holds recordings, but film: films images" \
    "$VDIB" train demo "${small[@]}" --data "$folder/recordings+film:$folder/recordings" --set data.target=class \
    --out "$folder/no"
mkdir "$folder/nothing"
refuses 1 "$folder/nothing: holds no images" \
    "$VDIB" train demo "${small[@]}" --data "film:$folder/nothing" --out "$folder/no"
refuses 1 "+film:$folder/images: names no recordings before the +" \
    "$VDIB" train demo "${small[@]}" --data "+film:$folder/images" --out "$folder/no"
