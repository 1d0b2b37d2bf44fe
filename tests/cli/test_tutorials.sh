#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tutorials run from their first line to their last, in their smaller settings.
source "$(dirname "$0")/common.sh"
run=$VDIB_SOURCE/scripts/tutorials

# With the package of the build folder, where `make python` has made the Python for it.
python=python3
filled=$VDIB_SOURCE/build/python/bin/python3
if [[ -e $VDIB_PYTHONPATH/vdib/_binding.abi3.so ]] && "$filled" -c "import cffi, numpy" 2>/dev/null; then
    python=$filled
fi
export PYTHONPATH=$VDIB_PYTHONPATH PYTHONDONTWRITEBYTECODE=1
expect 0 "$python" "$run" --small --out "$folder/pages" "$VDIB"
cat "$folder/stdout"
for name in 1-first-model 2-own-recordings 3-rate-distortion 4-in-the-timing 6-nir-onnx 7-paper; do
    says stdout "$name: "
    grep -q '^```text' "$folder/pages/$name.md" || fail "$name.md shows nothing of what its blocks print"
done
[[ -s $folder/pages/2-own-recordings-sheet.png ]] || fail "the sheet of recordings is not beside its page"
grep -q '](2-own-recordings-sheet.png)' "$folder/pages/2-own-recordings.md" || fail "the page does not show the sheet"
if [[ $python != python3 ]]; then
    grep -q "becomes Raster(" "$folder/pages/1-first-model.md" || fail "the page does not show spikes in Python"
    grep -q "exact  *encoder.hidden.0" "$folder/pages/6-nir-onnx.md" || fail "the page does not show a report in Python"
fi
grep -q "that is how it says so" "$folder/pages/2-own-recordings.md" || fail "the mistake in a list is not refused"
grep -q '"accuracy"' "$folder/pages/2-own-recordings.md" || fail "the page does not show the figures"

# A page that is wrong is noticed, with the line of the block.
mkdir -p "$folder/copy/scripts" "$folder/copy/docs/tutorials"
cp "$run" "$folder/copy/scripts"
printf '# 1\n\n```sh\nvdib --version\n```\n\n```python\nassert 1 == 2\n```\n' >"$folder/copy/docs/tutorials/1-wrong.md"
expect 1 python3 "$folder/copy/scripts/tutorials" "$VDIB"
says stderr "1-wrong.md:7: the block fails" "assert 1 == 2" AssertionError
printf '# 1\n\n```sh\nvdib train nothing\n```\n' >"$folder/copy/docs/tutorials/1-wrong.md"
expect 1 python3 "$folder/copy/scripts/tutorials" "$VDIB"
says stderr "1-wrong.md:3: the block fails"
expect 1 python3 "$run" "$VDIB" 99
says stderr "no tutorial has such a name"
