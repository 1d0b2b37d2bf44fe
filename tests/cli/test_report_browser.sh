#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The report of a run in a real browser: pictures and charts are there, nothing is fetched, nothing goes wrong, on a
# desk and on a phone.
source "$(dirname "$0")/common.sh"
check=$VDIB_SOURCE/tests/cli/report_check.html

browser=
for name in chromium chromium-browser google-chrome; do
    browser=$(command -v "$name") && break
done
[[ -n $browser ]] || skip "no chromium here; install it to see reports checked in a browser"

# word N: a big-endian 32-bit number. rows N BYTE: N rows of 28 pixels.
word() { printf "$(printf '\\%03o' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"; }
rows() { head -c $(($1 * 28)) /dev/zero | tr '\0' "$2"; }

# images FOLDER PART COUNT: an IDX folder whose class c is a bar that begins in row 2 c. Few images: a judge in a
# moment.
images() {
    local i
    {
        word 2051 && word "$3" && word 28 && word 28
        for ((i = 0; i < $3; i++)); do
            rows $((i % 10 * 2)) '\0' && rows 8 '\377' && rows $((20 - i % 10 * 2)) '\0'
        done
    } >"$1/$2-images-idx3-ubyte"
    {
        word 2049 && word "$3"
        for ((i = 0; i < $3; i++)); do printf "\\$(printf '%03o' $((i % 10)))"; done
    } >"$1/$2-labels-idx1-ubyte"
}

# look NAME WIDTH: the page with the check in it, in a window of that width; its verdict goes to $folder/stdout.
look() {
    sed -e "/^<head>\$/r $check" "$run/report.html" >"$folder/$1.html"
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$folder/profile" --window-size="$2,1200" --virtual-time-budget=5000 --dump-dom \
        "file://$folder/$1.html" >"$folder/dom" 2>"$folder/stderr" || fail "the browser gave up"
    sed -n '/<p id="check">/,/<\/p>/p' "$folder/dom" | tail -n 40 >"$folder/stdout"
    [[ -s $folder/stdout ]] || fail "the page has not loaded"
}

run=$folder/run
mkdir "$folder/images"
images "$folder/images" train 40
images "$folder/images" t10k 30
expect 0 "$VDIB" train published/mnist-rate --data "$folder/images" --examples 40 --set training.validate_every=20 \
    --set data.steps=12 --set encoder.layers='[40]' --set encoder.readouts=24 --set decoder=linear --out "$run"
rm "$run/report.html"
expect 0 "$VDIB" report "$run"
says stdout "$run/report.html"
grep -q '<head>$' "$run/report.html" || fail "the page has no head"

for width in 1200 500; do
    look "width-$width" "$width"
    says stdout 'title "published/mnist-rate · vdib report"' "72 pictures" " 0 problems"
done

# Names from data, of the run and of files are text, whatever they are: nothing of them becomes an element or runs.
right_to_left=$'\xe2\x80\xaetxt'
names=('<img src=x onerror=bad()>' "'\"><svg onload=bad()>" "<script>bad()<" $'two\nlines' "$right_to_left")
mkdir "$folder/hostile"
for i in 0 1 2 3 4; do
    for part in Train Test; do
        mkdir -p "$folder/hostile/$part/${names[i]}"
        for number in 1 2 3 4; do
            recording "$folder/hostile/$part/${names[i]}/$number.bin" $((20 + 7 * i + number))
        done
    done
done
shown=$run
run="$folder/${names[0]}${names[1]}${names[2]}$right_to_left"
expect 0 "$VDIB" train classify --data "$folder/hostile" --examples 20 --set data.steps=12 --set encoder.layers='[8]' \
    --set encoder.readouts=10 --out "$run"
expect 0 "$VDIB" compare "$run" "$run" --html "$folder/compared.html"
cp "$folder/hostile/Test/${names[0]}/1.bin" "$folder/${names[1]}.bin"
expect 0 "$VDIB" view "$folder/${names[1]}.bin" --page --out "$folder/viewed.html"
for page in "$run/report.html" "$folder/compared.html" "$folder/viewed.html"; do
    mkdir -p "$folder/page"
    cp "$page" "$folder/page/report.html"
    run=$folder/page
    look hostile 1200
    says stdout " 0 problems"
    ! grep -q $'\xe2\x80\xae' "$page" || fail "$page: a name turns the direction of writing"
    ! grep -q "script-src 'unsafe-inline'" "$page" || fail "$page: any script may run"
done
grep -q '&lt;img src=x onerror=bad()&gt;' "$shown/../page/report.html" ||
    grep -q '&#39;&quot;&gt;&lt;svg onload=bad()&gt;' "$shown/../page/report.html" || fail "the names are not there"
run=$shown

# A script that is not the page's own does not run, nor does one that was changed.
sed 's|<main>|<main><script>document.title = "run";</script>|' "$run/report.html" >"$folder/page/report.html"
run=$folder/page
look changed 1200
says stdout "refused to load inline"
run=$shown

# The check itself sees what is wrong: a damaged picture, an address outside.
sed -i '0,/base64,iVBOR/s//base64,AAAAA/' "$run/report.html"
look damaged 1200
says stdout "picture not loaded"
sed -i -e '0,/base64,AAAAA/s//base64,iVBOR/' -e 's|<main>|<main><img alt="x" src="http://localhost:9/x.png">|' \
    "$run/report.html"
look outside 1200
says stdout "refused to load http://localhost:9/x.png"
