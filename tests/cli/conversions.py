# SPDX-License-Identifier: MIT
"""conversions.py VDIB FOLDER [SEED]: options of `vdib convert` drawn at random do what docs/convert.md says."""
import json
import pathlib
import random
import subprocess
import sys

VDIB, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
RUNS, EVENTS, WIDTH, HEIGHT = 40, 400, 24, 17


def recording(draw):
    """Rows t, x, y, p of a sensor of WIDTH x HEIGHT, some of them late, some beyond it."""
    now, rows = draw.choice([-5000, 0, 7000]), []
    for _ in range(EVENTS):
        now += draw.choice([0, 0, 1, 3, 40, 700])
        late = draw.choice([0] * 9 + [25])
        x = draw.randrange(WIDTH) if draw.random() < 0.98 else WIDTH + draw.randrange(3)
        rows.append((now - late, x, draw.randrange(HEIGHT), draw.randrange(2)))
    return rows


def options_of(draw, first, last):
    """What is asked of one conversion."""
    some, asked = (lambda: draw.random() < 0.4), {}
    if some():
        asked["relative"] = draw.random() < 0.5
        low, high = sorted(draw.randrange(first, last + 2) for _ in range(2))
        base = first if asked["relative"] else 0
        asked["from"], asked["to"] = low - base, high - base + 1
    if some():
        width, height = draw.randrange(1, WIDTH + 1), draw.randrange(1, HEIGHT + 1)
        asked["crop"] = (draw.randrange(WIDTH - width + 1), draw.randrange(HEIGHT - height + 1), width, height)
    for name, values in (("polarity", ["on", "off"]), ("flip", ["x", "y", "xy"]), ("rotate", [90, 180, 270]),
                         ("down-sample", [2, 3, 5]), ("refractory", [1, 60, 900])):
        if some():
            asked[name] = draw.choice(values)
    asked["rebase"] = some()
    return asked


def expected(rows, asked):
    """The events, the sensor and the counts that the documentation promises."""
    width, height, counts = WIDTH, HEIGHT, {}

    def keep(name, good):
        nonlocal rows
        kept = [row for row in rows if good(row)]
        counts[name] = len(rows) - len(kept)
        rows = kept

    if "from" in asked:
        base = rows[0][0] if asked["relative"] else 0
        rows = [row for row in rows if asked["from"] <= row[0] - base < asked["to"]]
    keep("beyond_sensor", lambda row: row[1] < WIDTH and row[2] < HEIGHT)
    if "crop" in asked:
        left, top, width, height = asked["crop"]
        keep("cropped", lambda row: left <= row[1] < left + width and top <= row[2] < top + height)
        rows = [(t, x - left, y - top, p) for t, x, y, p in rows]
    if "polarity" in asked:
        keep("other_polarity", lambda row: row[3] == (asked["polarity"] == "on"))
    if "x" in asked.get("flip", ""):
        rows = [(t, width - 1 - x, y, p) for t, x, y, p in rows]
    if "y" in asked.get("flip", ""):
        rows = [(t, x, height - 1 - y, p) for t, x, y, p in rows]
    for _ in range(asked.get("rotate", 0) // 90):
        rows = [(t, height - 1 - y, x, p) for t, x, y, p in rows]
        width, height = height, width
    n = asked.get("down-sample", 1)
    rows = [(t, x // n, y // n, p) for t, x, y, p in rows]
    width, height = -(-width // n), -(-height // n)
    rows.sort(key=lambda row: row[0])
    if "refractory" in asked:
        last = {}

        def ready(row):
            t, place = row[0], row[1:]
            good = place not in last or t - last[place] >= asked["refractory"]
            if good:
                last[place] = t
            return good

        keep("refractory", ready)
    if asked["rebase"] and rows:
        rows = [(t - rows[0][0], x, y, p) for t, x, y, p in rows]
    return rows, (width, height), counts


def arguments_of(asked):
    found = []
    for name, value in asked.items():
        if name in ("relative", "rebase"):
            found += ["--" + name] if value else []
        else:
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            found.append(f"--{name}={text}us" if name == "refractory" else f"--{name}={text}")
    return found


def main():
    draw = random.Random(SEED)
    for run in range(RUNS):
        rows = recording(draw)
        times = [row[0] for row in rows]
        asked = options_of(draw, rows[0][0], max(times))
        wanted, sensor, counts = expected(rows, asked)
        given, made = FOLDER / "given.csv", FOLDER / "made.csv"
        given.write_text("t,x,y,p\n" + "".join("%d,%d,%d,%d\n" % row for row in rows))
        sized = f"--sensor={WIDTH}x{HEIGHT}"
        command = [VDIB, "convert", given, made, "--force", "--json", sized, *arguments_of(asked)]
        said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        lines = made.read_text().split()
        where = f"seed {SEED}, run {run}: {' '.join(map(str, command[5:]))}"
        assert lines[0] == "t,x@%d,y@%d,on" % sensor, f"{where}: {lines[0]}, not {sensor}"
        got = [tuple(map(int, line.split(","))) for line in lines[1:]]
        wrong = [i for i, (a, b) in enumerate(zip(got, wanted)) if a != b]
        assert len(got) == len(wanted), f"{where}: {len(got)} events, not {len(wanted)}"
        assert not wrong, f"{where}: event {wrong[0]} is {got[wrong[0]]}, not {wanted[wrong[0]]}"
        for name, count in counts.items():
            assert said["counts"][name] == count, f"{where}: {name} {said['counts']}, not {count}"
    print(f"{RUNS} conversions as documented")


if __name__ == "__main__":
    main()
