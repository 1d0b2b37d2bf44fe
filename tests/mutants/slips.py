# SPDX-License-Identifier: MIT
"""One-line slips: how they are kept, applied and undone. A list is a file of JSON objects, one a line:

file    the source file, from the root of the repository
line    where the line stood when the slip was written down; of several equal lines the nearest is taken
old     the line as it is, without the blanks around it
new     the line with the slip
kind    what kind of slip it is; for those that a tool drew, the tool's name
why     for a slip that no test can or need catch: "proof: ..." that it changes nothing, or "reason: ..."
"""
import json
import pathlib

LISTS = ("hand.jsonl", "drawn.jsonl")


def part_of(file):
    """src/learn/optimizer.c belongs to learn; files beside the folders to the library as a whole."""
    parts = pathlib.PurePosixPath(file).parts
    return parts[1] if len(parts) > 2 else "library"


def load(folder):
    slips = []
    for name in LISTS:
        path = folder / name
        if not path.exists():
            continue
        for number, text in enumerate(path.read_text().splitlines(), 1):
            if text.strip():
                slip = json.loads(text)
                slip["list"] = name.split(".")[0]
                slip["place"] = f"{name}:{number}"
                slips.append(slip)
    return slips


def save(path, slips):
    keys = ("file", "line", "old", "new", "kind", "why")
    lines = [json.dumps({key: slip[key] for key in keys if slip.get(key)}, ensure_ascii=False) for slip in slips]
    path.write_text("\n".join(lines) + "\n")


def find(root, slip):
    """Index of the slip's line in its file; ValueError if the line is gone."""
    path = root / slip["file"]
    if not path.exists():
        raise ValueError(f"{slip['place']}: {slip['file']} is not there any more; mend or draw the slip anew")
    lines = path.read_text().splitlines()
    places = [i for i, line in enumerate(lines) if line.strip() == slip["old"].strip()]
    if not places:
        raise ValueError(f"{slip['place']}: {slip['file']} has no line '{slip['old'].strip()}' any more; "
                         "mend or draw the slip anew")
    return min(places, key=lambda i: abs(i + 1 - slip["line"]))


def apply(root, slip):
    """Makes the slip in the tree; returns the file's text as it was."""
    path = root / slip["file"]
    before = path.read_text()
    lines = before.splitlines(keepends=True)
    index = find(root, slip)
    old = lines[index]
    indent = old[: len(old) - len(old.lstrip())]
    lines[index] = indent + slip["new"].strip() + "\n"
    path.write_text("".join(lines))
    return before
