#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Data sets as they are downloaded: an archive, or a folder of archives, trains as the folder inside does.
source "$(dirname "$0")/common.sh"
export VDIB_CACHE=$folder/cache
recordings "$folder/data"
tar -C "$folder/data" -czf "$folder/all.tar.gz" Train Test
mkdir "$folder/download"
tar -C "$folder/data" -cf "$folder/download/Train.tar" Train
tar -C "$folder/data/Test" -cf "$folder/download/Test.tar" . # its classes alone
command=("$VDIB" train classify --set data.steps=10 --set encoder.layers='[20]' --set encoder.readouts=8 --threads 1
         --examples 20 --set learning.warmup_examples=0)

code=0
"$VDIB" info "$folder/all.tar.gz" >"$folder/stdout" 2>"$folder/stderr" || code=$?
if grep -q VDIB_WITH_ARCHIVE "$folder/stderr"; then
    skip "built without libarchive: archives are not unpacked"
fi
[[ $code -eq 0 ]] || fail "the archive is refused"
says stdout "all.tar.gz: recordings, 34 x 34" "note: $folder/all.tar.gz: 30 files of" \
    "unpacked in the cache folder, as archive-"
expect 0 "${command[@]}" --data "$folder/data" --out "$folder/plain"
for name in all.tar.gz download; do
    expect 0 "${command[@]}" --data "$folder/$name" --out "$folder/run"
    same "$folder/plain/model.safetensors" "$folder/run/model.safetensors"
    expect 0 "$VDIB" eval "$folder/run" --threads 1
    rm -r "$folder/run"
done

grep -rq "$folder/cache" "$folder/stdout" && fail "the cache folder is named"

# Images, too, are taken from the archive that they came in.
idx "$folder/mnist"
tar -C "$folder" -czf "$folder/mnist.tar.gz" mnist
for images in mnist mnist.tar.gz; do
    expect 0 "$VDIB" train dvs --set data.target=image --set data.steps=10 --set encoder.layers='[20]' \
        --set encoder.readouts=8 --set learning.warmup_examples=0 --threads 1 --examples 20 \
        --data "$folder/all.tar.gz" --images "$folder/$images" --out "$folder/of-$images"
done
says stdout "$folder/mnist.tar.gz: 4 files of"
same "$folder/of-mnist/model.safetensors" "$folder/of-mnist.tar.gz/model.safetensors"
rm -r "$folder/of-mnist" "$folder/of-mnist.tar.gz"
head -c 300 "$folder/mnist.tar.gz" >"$folder/cut-mnist.tar.gz"
refuses 1 "$folder/cut-mnist.tar.gz: the tar archive is damaged or cut short" "$VDIB" train dvs \
    --data "$folder/all.tar.gz" --images "$folder/cut-mnist.tar.gz" --out "$folder/none"

# An archive with a password, by its flags.
(cd "$folder/data" && python3 - "$folder/locked.zip") <<'PY' || fail "no locked archive"
import glob, re, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as made:
    for name in glob.glob("T*/*/*"):
        made.write(name)
data = open(sys.argv[1], "rb").read()
data = re.sub(rb"(PK\x03\x04..|PK\x01\x02....).", lambda found: found[1] + bytes([1]), data, flags=re.S)
open(sys.argv[1], "wb").write(data)
PY
refuses 1 "$folder/locked.zip: the ZIP archive is encrypted; unpack it by hand" "$VDIB" info "$folder/locked.zip"

# Manifests name what is in an archive, and read it there.
for name in all.tar.gz download; do
    rm -f "$folder/list.csv" "$folder/again.csv"
    expect 0 "$VDIB" info "$folder/$name" --manifest "$folder/list.csv"
    grep -q "^$name/Train/1/.*,train,1," "$folder/list.csv" || fail "the manifest does not name what is in $name"
    expect 0 "${command[@]}" --data "$folder/list.csv" --out "$folder/run"
    says stdout "are unpacked in the cache folder" "trained on 20 examples"
    [[ -f $folder/$name ]] || refuses 2 "$name/list.csv: lies among the archives that it would name" \
        "$VDIB" info "$folder/$name" --manifest "$folder/$name/list.csv"
    expect 0 "$VDIB" info "$folder/list.csv" --manifest "$folder/again.csv"
    same "$folder/list.csv" "$folder/again.csv"
    rm -r "$folder/run"
done
printf 'path,label\nall.tar.gz/Train/1/99999.bin,1\n' >"$folder/list.csv"
refuses 1 "list.csv: line 2, column 'path': $folder/all.tar.gz: Train/1/99999.bin: cannot be read" \
    "$VDIB" info "$folder/list.csv"
printf 'path,label\n%s,1\n%s,1\n' "$(cd "$folder" && find data/Train -name "*.bin" | head -1)" all.tar.gz/Train \
    >"$folder/list.csv"
refuses 1 "list.csv: line 3, column 'path': " "$VDIB" info "$folder/list.csv"
printf 'path,label\n%s,1\n%s,1\n' all.tar.gz/x download/Train/x >"$folder/list.csv"
sed -i "s,all.tar.gz/x,all.tar.gz/$(cd "$folder/data" && find Train -name '*.bin' | head -1)," "$folder/list.csv"
refuses 1 "leads into a second archive, after $folder/all.tar.gz" "$VDIB" info "$folder/list.csv"

head -c 700 "$folder/all.tar.gz" >"$folder/cut.tar.gz"
refuses 1 "$folder/cut.tar.gz: the tar archive is damaged or cut short after" "$VDIB" info "$folder/cut.tar.gz"
refuses 1 "$folder/cut.tar.gz: the tar archive is damaged or cut short after" "${command[@]}" \
    --data "$folder/cut.tar.gz" --out "$folder/none"
[[ $(find "$folder/cache" -maxdepth 1 -name "archive-*" -type d | wc -l) -eq 3 ]] || fail "something damaged was kept"
refuses 1 "archives are unpacked into the cache folder, and there is none" "${command[@]}" --data "$folder/all.tar.gz" \
    --no-cache --out "$folder/none"
expect 0 "$VDIB" info "$folder/all.tar.gz" --strict
refuses 2 "$folder/all.tar.gz: is an archive of several files" "$VDIB" info "$folder/all.tar.gz" --from 1s

# One recording in an archive is that recording, everywhere.
one=$(find "$folder/data/Train" -name "*.bin" | sort | head -n 1)
cp "$one" "$folder/one.bin"
mkdir "$folder/.hidden"
touch "$folder/.hidden/two.bin"
tar -C "$folder" -czf "$folder/one.tar.gz" one.bin .hidden
tar -C "$folder" -cf "$folder/one.tar" one.bin
events=$("$VDIB" info "$folder/one.bin" | grep events)
for name in one.tar.gz one.tar; do
    expect 0 "$VDIB" info "$folder/$name" --strict
    says stdout "$folder/$name: recording, format nmnist" "$events"
done
expect 0 "$VDIB" convert "$folder/one.bin" "$folder/plain.csv"
expect 0 "$VDIB" convert "$folder/one.tar.gz" "$folder/packed.csv"
same "$folder/plain.csv" "$folder/packed.csv"
expect 0 "$VDIB" view "$folder/one.tar" --out "$folder/one.png"
refuses 1 "$folder/all.tar.gz (unpacked): is a tar archive of several files, not of one recording; unpack it" \
    "$VDIB" convert "$folder/all.tar.gz" "$folder/all.csv"
expect 1 bash -c "'$VDIB' info - <'$folder/one.tar'"
says stderr "standard input: is a tar archive, which is read twice; put it into a file of its own"
expect 0 "$VDIB" view "$folder/all.tar.gz" --out "$folder/sheet.png"
says stdout "of 10 of 10 classes"

# What lies in an archive is called by the archive and its own name; few unreadable files are left out, and said.
cp -r "$folder/data" "$folder/damaged"
mapfile -t recordings < <(find "$folder/damaged/Train" -name "*.bin" | sort)
printf 'xyz' >"${recordings[1]}"
touch "$folder/damaged/Train/.DS_Store"
tar -C "$folder/damaged" -czf "$folder/damaged.tar.gz" Train Test
member=${recordings[1]#"$folder/damaged/"}
expect 0 "$VDIB" info "$folder/damaged.tar.gz"
says stdout "1 file of training recordings cannot be read and is left out: $folder/damaged.tar.gz: $member: ends" \
    "hidden files (.DS_Store, __MACOSX) that are left out: 1"
expect 1 "$VDIB" info "$folder/damaged.tar.gz" --strict
says stderr "damaged.tar.gz: files that cannot be read: 1; --strict refuses such data"
expect 0 "$VDIB" info "$folder/damaged"
says stdout "cannot be read and is left out: ${recordings[1]}: ends inside" \
    "hidden files and folders are left out: 1, the first is $folder/damaged/Train/.DS_Store"
expect 0 "${command[@]}" --data "$folder/damaged.tar.gz" --out "$folder/run"
says stdout "recordings of 34 x 34 pixels in $folder/damaged.tar.gz" "$folder/damaged.tar.gz: $member: ends inside"
expect 0 "$VDIB" eval "$folder/run" --json
says stdout '"unreadable_files"' '"cut_recordings"'
grep -rqF "$folder/cache/archive" "$folder/run" && fail "the run folder names the cache folder"
rm -r "$folder/run"
for recording in "${recordings[@]}"; do
    printf 'xyz' >"$recording"
done
tar -C "$folder/damaged" -cf "$folder/damaged.tar" Train Test
refuses 1 "$folder/damaged.tar: Train/" "$VDIB" info "$folder/damaged.tar"

# Archives in archives, as they come from the web; and the cache of them has a bound.
command -v python3 >/dev/null || skip "python3 is missing: scripts/install-dependencies --tests"
python3 - "$folder" <<'PY' || fail "no archives were made"
import os, sys, zipfile
os.chdir(sys.argv[1])
for part in ("Train", "Test"):
    with zipfile.ZipFile(part + ".zip", "w") as z:
        for at, _, files in os.walk("data/" + part):
            for name in files:
                z.write(os.path.join(at, name), os.path.relpath(os.path.join(at, name), "data"))
with zipfile.ZipFile("web.zip", "w") as z:
    for part in ("Train", "Test"):
        z.write(part + ".zip", "N-MNIST/" + part + ".zip")
    z.writestr("__MACOSX/N-MNIST/._Train.zip", "x")
content = open("web.zip", "rb").read()
open("cut.zip", "wb").write(content[: len(content) // 2])
for i in range(6):
    with zipfile.ZipFile(f"loop{i}.zip", "w") as z:
        z.write(f"loop{i - 1}.zip" if i > 0 else "one.bin", "loop.zip" if i > 0 else "text.txt")
PY
expect 0 "${command[@]}" --data "$folder/web.zip" --out "$folder/run"
same "$folder/plain/model.safetensors" "$folder/run/model.safetensors"
rm -r "$folder/run"
refuses 1 "$folder/cut.zip: the ZIP archive is damaged or cut short" "$VDIB" info "$folder/cut.zip"
refuses 1 "$folder/loop5.zip: holds archives in archives, after 3 levels still loop.zip: it may hold itself" \
    "$VDIB" info "$folder/loop5.zip"
# What is packed in a way that is not read is not called locked.
python3 - "$folder" <<'PY' || fail "no archives were made"
import os, sys, zipfile
os.chdir(sys.argv[1])
with zipfile.ZipFile("wavpack.zip", "w") as z:
    z.writestr("one.csv", "t,x,y,p\n" + "0,1,2,1\n" * 100)
data = bytearray(open("wavpack.zip", "rb").read())
data[8] = data[data.find(b"PK\1\2") + 10] = 97  # the method
open("wavpack.zip", "wb").write(data)
PY
refuses 1 "pack it again by DEFLATE, and without a password" "$VDIB" convert "$folder/wavpack.zip" "$folder/wavpack.es"
VDIB_UNPACKED_BYTES=1 expect 0 "$VDIB" info "$folder/all.tar.gz"
[[ $(find "$folder/cache" -maxdepth 1 -name "archive-*" -type d | wc -l) -eq 1 ]] || fail "the cache was not trimmed"
