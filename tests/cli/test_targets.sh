#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Targets of 64 x 48 pixels in colour: a folder of recordings with a PNG beside each, a recording with frames inside.
# Both are learnt by transposed convolutions, and their reports show it.
source "$(dirname "$0")/common.sh"
make="$(dirname "$0")/make_targets.py"
nm -D "$VDIB_LIBRARY" | grep -q __tsan_init && skip "training takes too long under the thread sanitizer"

# check REPORT LEAST: in its pictures the target's colour stands out of the reconstruction in LEAST of 100 examples.
check() {
    python3 - "$@" <<'PY' || fail "$1 does not show the targets"
import base64
import re
import struct
import sys
import zlib


def colours(png):
    """Means of red, green and blue where the target is bright, of a PNG of bytes: (width, height, rows)."""
    at, data, size = 8, b"", None
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IHDR":
            size = struct.unpack(">IIBB", png[at + 8:at + 18])
        elif kind == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += 12 + length
    width, height, depth, kind = size
    if (depth, kind) != (8, 2):
        return None
    raw, stride, last, rows = zlib.decompress(data), 3 * width, bytes(3 * width), []
    for y in range(height):
        how, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            left, up, corner = line[i - 3] if i > 2 else 0, last[i], last[i - 3] if i > 2 else 0
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda v: abs(guess - v))
            line[i] = (line[i] + (0, left, up, (left + up) // 2, paeth)[how]) & 255
        rows.append(bytes(line))
        last = line
    assert (width, height) == (64, 48), size
    return [tuple(row[3 * x:3 * x + 3]) for row in rows for x in range(width)]


page, right, seen = open(sys.argv[1]).read(), 0, 0
for figure in re.findall(r"<figure><div>(.*?)</figure>", page, re.S):
    pictures = [colours(base64.b64decode(text)) for text in re.findall(r"base64,([^\"]+)", figure)]
    assert len(pictures) == 3 and pictures[0] is None, "input in grey, target and reconstruction in colour"
    target, got = pictures[1:]
    shape = [i for i, pixel in enumerate(target) if max(pixel) > 150]
    hue = max(range(3), key=lambda c: sum(target[i][c] for i in shape))
    means = [sum(got[i][c] for i in shape) for c in range(3)]
    right += means[hue] == max(means)
    seen += 1
print(f"{right} of {seen} reconstructions have the colour of the target")
sys.exit(not (seen >= 8 and 100 * right >= int(sys.argv[2]) * seen))
PY
}

learn=(--set data.steps=10 --set data.step_us=6000 --set decoder=auto --set learning.warmup_examples=200
    --set augment.shift=0 --set augment.rotation=0 --set augment.scale=0 --set augment.shear=0
    --set objective.beta=0.0003 --set learning.batch_size=4)

# Trainings that learn which colour a shape has, and the percentage of shapes that get theirs.
pairs=(4000 60) frames_seen=(2400 50) # by chance, a third
if sanitized; then
    pairs=(160 0) frames_seen=(96 0)
    echo "under the sanitizers: trainings too short to learn colours"
fi

# ---- a folder of pairs ----
python3 "$make" "$folder/pairs" 240 24 || fail "no recordings"
expect 0 "$VDIB" train dvs --data "$folder/pairs" --set data.target=image "${learn[@]}" --examples "${pairs[0]}" \
    --out "$folder/run"
says stdout "2 x 48 x 64 -> 128 spiking, 10 steps -> upconv -> 3 x 48 x 64" "targets of 64 x 48 in colour" \
    "judge accuracy on originals" "SSIM" "PSNR"
check "$folder/run/report.html" "${pairs[1]}"
expect 0 "$VDIB" eval "$folder/run" --no-judge
grep -q judge "$folder/stdout" && fail "a judge that was left out is there"
expect 0 "$VDIB" reconstruct "$folder/run" --out "$folder/made.npz"
expect 0 "$VDIB" eval "$folder/run" --json
python3 - "$folder/stdout" <<'PY' || fail "figures of colour"
import json, sys
figures = json.load(open(sys.argv[1]))
text = json.dumps(figures)
assert "judge_accuracy" in text and "ssim" in text, text[:300]
PY

# ---- without classes, smaller, grey, by other decoders ----
python3 "$make" "$folder/flat" 12 6 flat || fail "no recordings"
few=(--set data.steps=10 --set data.step_us=6000 --set learning.warmup_examples=0 --examples 16)
for decoder in mlp upconv linear conv; do
    expect 0 "$VDIB" train dvs --data "$folder/flat" --set data.target=image --set data.target_size=21x17 \
        "${few[@]}" --set decoder.type=$decoder --out "$folder/run-$decoder"
    says stdout "18 of 18 targets are resized to 21 x 17" "no judge looks at what is decoded" \
        "-> $decoder -> 3 x 17 x 21"
    grep -q "judge accuracy" "$folder/stdout" && fail "a judge without labels"
    expect 0 "$VDIB" export "$folder/run-$decoder" --to onnx --only decoder --out "$folder/$decoder.onnx"
    grep -qa "3x17x21" "$folder/$decoder.onnx" || fail "an exported decoder does not say that its images have colour"
done
grep -q ", class" "$folder/run-mlp/report.html" && fail "the report names classes where there are none"
expect 0 "$VDIB" ridge dvs --data "$folder/flat" --set data.target=image --set data.steps=10 --set data.step_us=6000 \
    --out "$folder/ridge"
says stdout "SSIM"

# ---- a recording with frames ----
python3 "$make" "$folder/davis.aedat4" 160 || fail "no recording"
frames=(--data "$folder/davis.aedat4" --set data.target=frames --set data.window_us=60000 --set data.stride_us=20000)
expect 0 "$VDIB" train dvs "${frames[@]}" "${learn[@]}" --examples "${frames_seen[0]}" --out "$folder/run-frames"
says stdout "frames of 64 x 48 in colour" "windows of one recording" "no judge looks"
check "$folder/run-frames/report.html" "${frames_seen[1]}"
mkdir "$folder/davis"
cp "$folder/davis.aedat4" "$folder/davis/a.aedat4"
cp "$folder/davis.aedat4" "$folder/davis/b.aedat4"
expect 0 "$VDIB" train dvs --data "$folder/davis" "${frames[@]:2}" "${few[@]}" --out "$folder/run-two"

# ---- what is refused ----
wrong() {
    refuses 1 "$1" "$VDIB" train dvs --data "$2" --set data.target="$3" "${few[@]}" --out "$folder/none" "${@:4}"
    [[ ! -e $folder/none ]] || fail "a refused training left a folder"
}
wrong "davis.aedat4: is one recording|set data.window_us" "$folder/davis.aedat4" frames
refuses 2 "data.target_size is '0x3'" "$VDIB" train dvs --data "$folder/flat" --set data.target_size=0x3 \
    --out "$folder/none"
refuses 2 "upconv|data.target" "$VDIB" train classify --data "$folder/pairs" --set decoder=upconv --out "$folder/none"
printf 'P5 3 2 255\nabcdef' >"$folder/flat/Test/00001.pgm"
rm "$folder/flat/Test/00001.png"
wrong "00001.pgm: has 3 x 2 pixels|data.target_size=64x48" "$folder/flat" image
head -c 100 "$folder/flat/Test/00000.png" >"$folder/flat/Test/00001.pgm"
wrong "00001.pgm: byte|damaged PNG" "$folder/flat" image
rm "$folder/flat/Test/00001.pgm"
wrong "Test/00001.bin: has no target|beside it" "$folder/flat" image
wrong "has no target|.npy into a folder targets" "$folder/flat" values
wrong ".bin|" "$folder/flat" frames

# Values beyond 0 to 1 are shown between their smallest and their largest.
mkdir "$folder/values"
python3 - "$folder/flat" "$folder/values" <<'END'
import glob, shutil, struct, sys
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 5), }".ljust(117) + "\n"
for i, path in enumerate(sorted(glob.glob(sys.argv[1] + "/Train/*.bin"))[:12]):
    shutil.copy(path, f"{sys.argv[2]}/{i}.bin")
    with open(f"{sys.argv[2]}/{i}_target.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        file.write(struct.pack("<20f", *[-50 if k == 0 else 20 * k for k in range(20)]))
END
{
    echo path,target
    for i in 0 1 2 3 4 5 6 7 8 9 10 11; do echo "$i.bin,${i}_target.npy"; done
} >"$folder/values/list.csv"
expect 0 "$VDIB" train dvs --data "$folder/values/list.csv" --set data.target=values --examples 16 \
    --out "$folder/scaled"
grep -q "Black is -50, white 380: the smallest and the largest value" "$folder/scaled/report.html" ||
    fail "the report does not say between which values its pictures are"
grep -q "Each value by itself" "$folder/scaled/report.html" && fail "pixels are listed like values"

# Vectors: the report has the error of each of their values.
sed -i 's/_target/_vector/' "$folder/values/list.csv"
python3 - "$folder/values" <<'END'
import struct, sys
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".ljust(117) + "\n"
for i in range(12):
    with open(f"{sys.argv[1]}/{i}_vector.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        file.write(struct.pack("<2f", 7, 1000 * i))
END
expect 0 "$VDIB" train dvs --data "$folder/values/list.csv" --set data.target=values --examples 16 \
    --out "$folder/vectors"
grep -q "Each value by itself" "$folder/vectors/report.html" || fail "values have no errors of their own"
grep -q '"target_variance_by_output": \[0.0, [1-9]' "$folder/vectors/evaluation.json" ||
    fail "the spread of each value is wrong"
exit 0
