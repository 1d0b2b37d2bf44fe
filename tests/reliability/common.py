# SPDX-License-Identifier: MIT
"""What the campaigns of tests/reliability share: the commands that are broken, small data for them, and what two
folders must have in common."""

import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
TINY = [
    "data.train_examples=60",
    "data.test_examples=20",
    "data.steps=12",
    "data.step_us=25000",
    "encoder.layers=[40]",
    "encoder.readouts=24",
    "decoder.hidden=32",
    "learning.batch_size=4",
    "training.validate_every=200",
]
# Measured times: they are another each time.
VOLATILE = {"seconds", "examples_per_second", "training_seconds"}


def program():
    return os.environ.get("VDIB", str(SOURCE / "build" / "release" / "bin" / "vdib"))


def environment(folder, **more):
    """The programs of a campaign keep their cache inside its folder."""
    return {**os.environ, "LC_ALL": "C", "VDIB_CACHE": str(folder / "cache"), "OPENBLAS_NUM_THREADS": "1", **more}


def settings(*lists):
    return [word for values in lists for value in values for word in ("--set", value)]


# ---- data ----


def recording(path, events, seed=1):
    """A text file of events, in order of time."""
    draw = random.Random(seed)
    rows = ["t,x@640,y@480,on\n"]
    rows += [f"{i * 37},{draw.randrange(640)},{draw.randrange(480)},{draw.randrange(2)}\n" for i in range(events)]
    path.write_text("".join(rows))


def nmnist(path, seed, events=60):
    draw = random.Random(seed)
    data = bytearray()
    for i in range(events):
        t = i * 5000
        data += bytes([draw.randrange(34), draw.randrange(34), draw.randrange(2) << 7 | t >> 16, t >> 8 & 255, t & 255])
    path.write_bytes(data)


def recordings(folder):
    """N-MNIST's layout: 4 training recordings and 2 test recordings of every class."""
    for split, count in (("Train", 4), ("Test", 2)):
        for label in range(10):
            (folder / split / str(label)).mkdir(parents=True)
            for i in range(count):
                nmnist(folder / split / str(label) / f"{label * count + i + 1:05d}.bin", seed=label * 10 + i)


def images(folder, train=60, test=20, side=28):
    """IDX files: a bright square on noise, whose place is the class."""
    folder.mkdir()
    for name, count in (("train", train), ("t10k", test)):
        draw = random.Random(name)
        pixels = bytearray()
        for i in range(count):
            left, top = 3 + i % 10 % 5 * 4, 4 + i % 10 // 5 * 12
            pixels += bytes(
                255 if left <= x < left + 6 and top <= y < top + 8 else draw.randrange(60)
                for y in range(side)
                for x in range(side)
            )
        (folder / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, count, side, side) + pixels)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(
            struct.pack(">2I", 0x801, count) + bytes(i % 10 for i in range(count))
        )


def make_data(folder, events=60000):
    """What the commands read, in folder/data."""
    data = folder / "data"
    data.mkdir()
    recording(data / "events.csv", events)
    (data / "many").mkdir()
    for i in range(24):
        recording(data / "many" / f"r{i:02d}.csv", events // 12, seed=i)
    recordings(data / "nmnist")
    images(data / "images")


# ---- commands ----


class Command:
    """A command of the program, and how one goes on with it when it was killed. OUT in it stands for what it writes."""

    def __init__(self, name, words, resume=None, record=None, needs=None, cold=False, keeps=False):
        self.name, self.words, self.resume, self.record = name, words, resume, record
        self.needs, self.cold, self.keeps = needs, cold, keeps

    def line(self, words, folder, out):
        return [
            program(),
            *(
                word.replace("OUT", str(out))
                .replace("DATA", str(folder / "data"))
                .replace("MODEL", str(folder / "model"))
                for word in words
            ),
        ]

    def begin(self, folder, out):
        return self.line(self.words, folder, out)

    def go_on(self, folder, out):
        """The command that goes on; a folder whose run had not begun is removed, as the message asks."""
        if self.record is not None and (out / self.record).is_file():
            return self.line(self.resume, folder, out)
        if self.record is not None:
            for place in (out, out.with_name(out.name + ".partial")):
                shutil.rmtree(place, ignore_errors=True)
        return self.begin(folder, out)


def training(name, experiment, limit, *more, words=()):
    return Command(
        name,
        [
            "train",
            experiment,
            *settings(TINY, ["evaluation.judge=none"], more),
            "--examples",
            str(limit),
            "--checkpoint-every",
            str(max(limit // 8, 1)),
            "--out",
            "OUT",
            *words,
        ],
        resume=["train", "--resume", "OUT"],
        record="run.json",
    )


def conversion(ending):
    return Command(f"convert to {ending}", ["convert", "DATA/events.csv", f"OUT.{ending}"], keeps=True)


def commands():
    batch = ["encoder.initialisation=data", "objective.prior_probability=0.3"]
    online = Command(
        "train, online",
        [
            "train",
            "predict",
            *settings(
                [
                    "data.steps=60",
                    "data.test_steps=60",
                    "data.train_examples=40",
                    "data.test_examples=2",
                    "encoder.readouts=10",
                    "evaluation.judge=none",
                    "training.validate_every=400",
                ]
            ),
            "--examples",
            "160",
            "--checkpoint-every",
            "40",
            "--out",
            "OUT",
        ],
        resume=["train", "--resume", "OUT"],
        record="run.json",
    )
    sweep = [
        "sweep",
        "demo",
        "--over",
        "objective.beta=0.002,0.02",
        "--over",
        "decoder.type=mlp,linear",
        *settings(TINY, ["evaluation.judge=none"]),
        "--examples",
        "200",
        "--checkpoint-every",
        "40",
        "--jobs",
        "2",
        "--out",
        "OUT",
    ]
    return [
        training("train, straight-through", "demo", 800, *batch),
        training(
            "train, leave-one-out, 3 draws",
            "demo",
            300,
            "learning.estimator=rloo",
            "learning.draws=3",
            "learning.credit_assignment=fa",
        ),
        training(
            "train, reinforce, one by one",
            "demo",
            400,
            "learning.estimator=reinforce",
            "learning.credit_assignment=dfa",
            "learning.batch_size=1",
        ),
        training(
            "train, through time, averaged",
            "demo",
            600,
            "learning.credit_assignment=bptt",
            "readout.feedback=lateral",
            "learning.average_memory=0.99",
        ),
        training("train, recordings, a judge", "classify", 400, "encoder.layers=[24]", words=("--data", "DATA/nmnist")),
        online,
        Command(
            "train, a series of seeds",
            [
                "train",
                "demo",
                *settings(TINY, ["evaluation.judge=none"]),
                "--examples",
                "200",
                "--checkpoint-every",
                "40",
                "--seeds",
                "3",
                "--out",
                "OUT",
            ],
            resume=["train", "--resume", "OUT"],
            record="seeds.json",
        ),
        Command("sweep", sweep, resume=sweep, record="sweep.json"),
        Command("report", ["report", "OUT", "--spikes"], needs="run"),
        Command(
            "eval, its judge is trained",
            ["eval", "MODEL/model.safetensors", "--json", "--spikes", "--data", "film:DATA/images"],
            cold=True,
        ),
        Command("reconstruct", ["reconstruct", "MODEL/model.safetensors", "--out", "OUT.npz"]),
        Command("film", ["film", "--data", "DATA/images", "--out", "OUT"], record="no record of a film", keeps=True),
        *(conversion(ending) for ending in ("es", "aedat4", "npz", "raw", "dat", "csv")),
        Command("convert a folder", ["convert", "DATA/many", "OUT", "--format", "es"]),
    ]


def make_model(folder):
    """A finished run in folder/model, which evaluation and report read."""
    command = Command(
        "",
        [
            "train",
            "demo",
            *settings(TINY, ["training.validate_every=100"]),
            "--data",
            "film:DATA/images",
            "--examples",
            "200",
            "--out",
            "MODEL",
        ],
    )
    run(command.begin(folder, ""), folder)


def run(words, folder, **more):
    """Runs a command to its end, which must be a good one; what it printed."""
    done = subprocess.run(words, env=environment(folder, **more), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(
            f"FAIL: exit code {done.returncode}: {' '.join(words)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return done.stdout


# ---- what must be the same ----


def _fields(data):
    """The fields of a protocol buffer: (number, value)."""
    at = 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            size = {1: 8, 5: 4}[key & 7] if key & 7 != 2 else varint()
            yield key >> 3, data[at : at + size]
            at += size


def _tensorboard(data):
    """Without the times of records and the curves of speed."""
    kept, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        event = list(_fields(data[at + 12 : at + 12 + size]))
        at += 16 + size
        texts = b"".join(value for number, value in event if number == 5)
        if b"_hparams_/" in texts:
            kept.append(f"a session, {len(texts)} bytes")
        elif not any(f"/{name}".encode() in texts for name in VOLATILE):
            kept.append(repr([field for field in event if field[0] != 1]))
    return "\n".join(kept).encode()


def _strip(value):
    if isinstance(value, dict):
        return {key: _strip(inside) for key, inside in value.items() if key not in VOLATILE | {"resumes", "threads"}}
    return [_strip(inside) for inside in value] if isinstance(value, list) else value


def _table(text):
    rows = [line.split(",") for line in text.splitlines()]
    kept = [i for i, name in enumerate(rows[0]) if not name.endswith(("seconds", "examples_per_second"))]
    return "\n".join(",".join(row[i] for i in kept if i < len(row)) for row in rows)


def _page(text):
    text = re.sub(r'<tr><th scope="row">(Duration|Speed)</th>.*?</tr>', "", text, flags=re.S)
    text = re.sub(r"<dt>Trained on</dt><dd>.*?</dd>", "", text)
    return re.sub(r'<path class="[^"]*" data-seconds.*?/>', "", text)


def _checkpoint(data):
    """Without the time that has passed, the last of the scalars."""
    (size,) = struct.unpack_from("<Q", data)
    end = 8 + size + json.loads(data[8 : 8 + size])["scalars"]["data_offsets"][1]
    return data[: end - 8] + data[end:]


def content(path, out):
    """What a file says beside measured times and the name of its folder."""
    data = path.read_bytes()
    if path.name in ("results.csv", "results.json", "sweep.json", "seeds.json"):
        data = data.replace(str(out).encode(), b"OUT")
    if path.name.startswith("events.out"):
        return _tensorboard(data)
    if path.suffix == ".json":
        return json.dumps(_strip(json.loads(data))).encode()
    if path.name == "results.csv":
        return _table(data.decode()).encode()
    if path.name == "report.html":
        return _page(data.decode()).encode()
    if path.name == "results.html":  # a figure for every measured time too: what it shows is compared in results.csv
        return b""
    return _checkpoint(data) if path.name == "checkpoint.safetensors" else data


def written(out):
    """What a command left at OUT and at names that begin with it: a digest of every file, by its path after OUT."""
    places = sorted(out.parent.glob(out.name + "*"))
    files = [
        path
        for place in places
        for path in ([place] if place.is_file() else sorted(place.rglob("*")))
        if path.is_file()
    ]
    return {
        str(path)[len(str(out)) :]: hashlib.sha256(content(path, out)).hexdigest()
        for path in files
        if not str(path).startswith(str(out) + "cache")
    }


def leftovers(folder):
    """Files that nobody will ever finish."""
    return [
        str(path) for path in folder.rglob("*") if ".tmp" in path.name or path.name.endswith((".unpacking", ".part"))
    ]


def printed(text):
    """Figures on standard output, without measured times."""
    try:
        return json.dumps(_strip(json.loads(text)))
    except ValueError:
        return ""
