#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `vdib info --digest` is the documented SHA-256, computed here from the file by another program; it follows the
# weights alone.
source "$(dirname "$0")/common.sh"
command -v python3 >/dev/null || skip "there is no python3"

cat >"$folder/digest.py" <<'PYTHON'
import hashlib, json, struct, sys
data = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + size])
header.pop("__metadata__", None)
digest = hashlib.sha256()
for name in sorted(header):
    shape, (begin, end) = header[name]["shape"], header[name]["data_offsets"]
    digest.update(name.encode() + b"\0" + struct.pack("<%dQ" % (1 + len(shape)), len(shape), *shape))
    digest.update(data[8 + size + begin:8 + size + end])
print(digest.hexdigest())
PYTHON

expect 0 "$VDIB" train demo "${tiny[@]}" --examples 8 --out "$folder/one"
expect 0 "$VDIB" train demo "${tiny[@]}" --examples 8 --set experiment=other --out "$folder/same-weights"
expect 0 "$VDIB" train demo "${tiny[@]}" --examples 12 --out "$folder/other-weights"
for run in one same-weights other-weights; do
    expect 0 "$VDIB" info --digest "$folder/$run"
    cp "$folder/stdout" "$folder/$run.digest"
    [[ $(wc -l <"$folder/stdout") -eq 1 ]] || fail "more than the digest is printed"
    python3 "$folder/digest.py" "$folder/$run/model.safetensors" >"$folder/expected"
    same "$folder/expected" "$folder/$run.digest"
    expect 0 "$VDIB" info "$folder/$run/model.safetensors" --digest
    same "$folder/stdout" "$folder/expected"
done
same "$folder/one.digest" "$folder/same-weights.digest"
! cmp -s "$folder/one/model.safetensors" "$folder/same-weights/model.safetensors" || fail "the two files do not differ"
! cmp -s "$folder/one.digest" "$folder/other-weights.digest" || fail "other weights have the same digest"

mkdir "$folder/empty"
refuses 2 "--digest|$folder/empty|run folder" "$VDIB" info --digest "$folder/empty"
refuses 1 "$folder/none.safetensors" "$VDIB" info --digest "$folder/none.safetensors"
head -c 1000 "$folder/one/model.safetensors" >"$folder/cut.safetensors"
refuses 1 "$folder/cut.safetensors" "$VDIB" info --digest "$folder/cut.safetensors"
