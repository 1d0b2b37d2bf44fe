#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# vdib view: files by their names, what is said, what is refused, and the page in a real browser.
source "$(dirname "$0")/common.sh"

few=$folder/few.csv
printf 't,x@8,y@4,p\n1000,1,1,1\n1500,2,1,0\n2500,7,3,1\n3400,1,1,1\n' >"$few"
cd "$folder"
expect 0 "$VDIB" view "$few" --window 1ms --fps 4
says stdout "events        4, format text" "3 pictures of 1 ms, 4 a second: 0.004 times the speed"
says stdout "animation: few.csv.png"
[[ $(head -c 4 few.csv.png | tail -c 3) == PNG ]] || fail "few.csv.png is no PNG"
refuses 2 "few.csv.png: is there already" "$VDIB" view "$few"
expect 0 "$VDIB" view "$few" --out few.csv.png
refuses 2 "$few: is there already, and is no earlier picture" "$VDIB" view "$few" --out "$few"
refuses 2 "$few: is there already, and is no earlier picture" "$VDIB" view "$few" --page --out "$few"
[[ $(wc -l <"$few") -eq 5 ]] || fail "the recording was written over"
expect 0 "$VDIB" view "$few" --page
says stdout "page: few.csv.html"
expect 0 bash -c '"$0" view - --out stdin.png <"$1"' "$VDIB" "$few"
says stdout "animation: stdin.png"
expect 0 "$VDIB" view "$few" --from 1ms --to 2ms --relative --terminal
says stdout "events        1, format text" "▄"
grep -q $'\x1B' "$folder/stdout" && fail "colours where there is no terminal"
COLUMNS=20 expect 0 "$VDIB" view "$few" --terminal
[[ $(grep -c . "$folder/stdout") -ge 5 ]] || fail "too few lines"

refuses 1 "few.csv: has no event to show in this range of time" "$VDIB" view "$few" --from 9s --out no.png
[[ ! -e no.png ]] || fail "a file of nothing"
refuses 1 "nowhere: " "$VDIB" view "$folder/nowhere"
refuses 2 "--fps: 'fast' is not a number" "$VDIB" view "$few" --fps fast
refuses 2 "--window: '0ms' is not longer than 0" "$VDIB" view "$few" --window 0ms
refuses 2 "--window: 'x' is no time" "$VDIB" view "$few" --window x
refuses 2 "--terminal prints" "$VDIB" view "$few" --terminal --out a.png
refuses 2 "--examples counts recordings of a class" "$VDIB" view "$few" --examples 3
refuses 1 "nowhere/a.png" "$VDIB" view "$few" --out nowhere/a.png

mkdir -p data/{Train,Test}/{bird,cat}
for file in data/{Train,Test}/{bird,cat}/0000{1,2,3,4,5,6,7,8,9}.bin; do printf '\3\5\200\0\1\4\5\0\0\2' >"$file"; done
expect 0 "$VDIB" view data --examples 2
says stdout "4 recordings of 2 of 2 classes" "sheet: data.png"
refuses 2 "of data with classes there is a sheet" "$VDIB" view data --page
refuses 2 "data.png: is there already" "$VDIB" view data/
refuses 2 "name the file to write with --out" "$VDIB" view .
refuses 1 "$folder/none/: " "$VDIB" view "$folder/none/" --out a.png

# The page in a browser: it plays, its slider moves the picture, nothing is fetched.
browser=
for name in chromium chromium-browser google-chrome; do
    browser=$(command -v "$name") && break
done
[[ -n $browser ]] || skip "no chromium here; install it to see pages checked in a browser"
cat >check.html <<'CHECK'
<script>
const problems = [];
addEventListener('error', event => problems.push(`error: ${event.message || event.target.outerHTML}`), true);
addEventListener('securitypolicyviolation', event => problems.push(`refused to load ${event.blockedURI}`));
addEventListener('load', async () => {
  const one = id => document.getElementById(id), wait = ms => new Promise(done => setTimeout(done, ms));
  const said = [], say = () => said.push(`${one('time').textContent}/${one('count').textContent}`);
  const first = one('picture').src;
  say();
  one('slider').value = 2;
  one('slider').dispatchEvent(new Event('input'));
  say();
  if (one('picture').src === first) problems.push('the picture does not change');
  one('play').click();
  await wait(400); // 4 a second: one further
  one('play').click();
  say();
  const box = document.querySelector('.rate').getBoundingClientRect();
  document.querySelector('.rate').dispatchEvent(new MouseEvent('click', { clientX: box.left + box.width / 2 }));
  say();
  await wait(50);
  if (one('picture').naturalWidth !== 8) problems.push('the picture is not loaded');
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) problems.push('wider than its window');
  if (performance.getEntriesByType('resource').some(entry => !entry.name.startsWith('data:'))) problems.push('fetched');
  const now = document.querySelectorAll('.rate rect.now').length;
  document.title = `${said.join(' ')}, ${now} now, ${problems.length} problems ${problems.join('; ')}`;
});
</script>
CHECK
expect 0 "$VDIB" view "$few" --window 1ms --fps 4 --page --out page.html
for width in 1200 500; do
    sed -e '/^<head>$/r check.html' page.html >checked.html
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$folder/profile" --window-size="$width,900" --virtual-time-budget=5000 \
        --dump-dom "file://$folder/checked.html" >dom 2>stderr ||
        fail "the browser gave up"
    grep -o '<title>[^<]*' dom >stdout || true
    says stdout "0.000 ms/2 2.000 ms/1 0.000 ms/2 1.000 ms/1, 1 now, 0 problems"
done
