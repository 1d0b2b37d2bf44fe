#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The player of a report, in a real browser with real clicks, keys and touches: images, classes and blobs; on a desk and
# on a phone, dark and light.
source "$(dirname "$0")/common.sh"
python3 -c "import sys; sys.path.insert(0, '$VDIB_SOURCE/tests/cli'); import browser; sys.exit(not browser.find())" ||
    skip "no chromium here; install it to see the player used"

train() { # NAME EXPERIMENT SETTINGS...
    local name=$1 experiment=$2
    shift 2
    expect 0 "$VDIB" train "$experiment" --examples 40 "$@" --out "$folder/$name"
}
train images demo "${tiny[@]}"
train classes demo "${tiny[@]}" --set data.target=class --set decoder=linear
train blobs predict --set data.test_examples=3 --set data.test_steps=90

cat >"$folder/use.py" <<'PYTHON'
import multiprocessing
import sys

sys.path.insert(0, sys.argv[1])
from browser import Browser


def need(holds, what):
    if not holds:
        raise AssertionError(f"FAIL: {name} at {width}: {what}")


def at(page):
    return page.say("Number(document.querySelector('.controls input').value)")


def label(page):
    return page.say("document.querySelector('.controls button').textContent")


def look(page):
    """What the first trial's pictures and bars are."""
    return page.say(
        "(t => [...t.querySelectorAll('canvas')].map(c => c.toDataURL()).concat("
        "[...t.querySelectorAll('.film rect')].map(r => r.getAttribute('height'))).join())"
        "(document.querySelector('.trial'))")


def play(page, last):
    page.click(".controls button")
    need(label(page) == "Pause" and at(page) < last, "Play does not begin again")
    page.wait(400)
    moved = at(page)
    need(0 < moved < last, f"after 0.4 s it is at {moved} of {last}")
    page.click(".controls button")
    paused = at(page)
    page.wait(300)
    need(label(page) == "Play" and at(page) == paused, "Pause does not stop it")


def keys(page, last):
    page.say("document.querySelector('.controls input').focus()")
    page.key("Home", 36)
    need(at(page) == 0, "Home does not go to the beginning")
    early = look(page)
    page.key("ArrowRight", 39)
    need(at(page) == 1, "the arrow key does not go on")
    page.key("End", 35)
    need(at(page) == last, "End does not go to the end")
    if name != "blobs":
        need(look(page) != early, "the pictures stay the same")


def pointer(page, last, touch):
    move = page.swipe if touch else page.drag
    page.click(".past", 0.25)
    quarter = at(page)
    need(0.15 * last < quarter < 0.4 * last, f"a click on a quarter of the raster goes to {quarter} of {last}")
    move(".past", 0.25, 0.75)
    need(at(page) > 0.6 * last, f"along the raster to three quarters: {at(page)} of {last}")
    now = float(page.say("document.querySelector('.trial').style.getPropertyValue('--now')"))
    need(abs(now - 0.75) < 0.12, f"the line stands at {now}")


def use(page, touch):
    page.open(f"file://{sys.argv[2]}/{name}/report.html")
    page.wait(200)
    last = page.say("Number(document.querySelector('.controls input').max)")
    need(at(page) == last, "it does not begin with the whole")
    need(page.say("document.querySelector('.now').textContent").startswith(starts), page.say(
        "document.querySelector('.now').textContent"))
    need(page.say("document.documentElement.scrollWidth <= innerWidth"), "wider than its window")
    play(page, last)
    keys(page, last)
    pointer(page, last, touch)
    others = page.say("[...document.querySelectorAll('.controls input')].slice(1).every(e => e.value === e.max)")
    need(others, "other trials move, too")
    page.click(".controls button")
    for _ in range(40):
        page.wait(200)
        if label(page) == "Play":
            break
    need(at(page) == last and label(page) == "Play", "it does not stop at the end")
    need(not page.problems, page.problems)


def one(case):
    global name, starts, width
    name, starts, width, dark, touch = case
    with Browser(width, 800, dark, touch) as page:
        use(page, touch)
    return f"{name} {width} used"


cases = [(name, starts, width, dark, touch)
         for name, starts in (("images", "300 of 300 ms"), ("classes", "300 of 300 ms"), ("blobs", "step 95 of 95"))
         for width, dark, touch in ((1280, False, False), (390, True, True))]
with multiprocessing.Pool(len(cases)) as pool:  # they mostly wait for the player
    print(*pool.map(one, cases, chunksize=1), sep="\n")
PYTHON
expect 0 timeout 300 python3 "$folder/use.py" "$VDIB_SOURCE/tests/cli" "$folder"
says stdout "images 1280 used" "classes 390 used" "blobs 390 used"

# Without a script the page has no dead buttons: everything of the player is hidden.
hidden=$(grep -c '<div class="controls" hidden>' "$folder/images/report.html")
[[ $hidden -eq 3 ]] || fail "$hidden players are hidden without a script"
