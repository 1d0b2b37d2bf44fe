# SPDX-License-Identifier: MIT
"""The lines of docs/python.md and of the README's section, run one block after the other on small data."""
import os
import pathlib
import re
import shutil
import sys
import types

import numpy
import pytest

import vdib

SOURCE = pathlib.Path(os.environ["VDIB_SOURCE"])
LITTLE = {"data.train_examples": 20, "data.test_examples": 10, "data.allow_loss": True, "evaluation.judge": "none",
          "learning.warmup_examples": 0, "learning.decay": "constant"}  # fmt: skip


def blocks(page, heading=None):
    """Indented blocks of Python: those that do not begin with a command of a shell."""
    text = (SOURCE / page).read_text()
    if heading is not None:
        text = text[text.index(heading) :].split("\n## ", 1)[0] if heading in text else ""
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, flags=re.MULTILINE)
    shell = re.compile(r" *(scripts/|python3 -m venv)")
    blocks = ["\n".join(line[4:] for line in block.split("\n") if not shell.match(line)) for block in found]
    return [block for block in blocks if block.strip()]


@pytest.fixture
def small(monkeypatch, tmp_path, recording):
    """A folder with small data under the names that the pages have, and experiments that train a little."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(recording.parents[2], "nmnist")
    shutil.copy(recording, "00001.bin")
    events = numpy.zeros(500, vdib.events.dtype)
    events["t"], events["x"], events["y"] = numpy.arange(500) * 100, numpy.arange(500) % 640, numpy.arange(500) % 480
    for name in ("recording.raw", "long.raw"):
        vdib.events.write(name, events, format="evt3", width=640, height=480)
    begun, opened = vdib.Config.__init__, vdib.Dataset.__init__

    def config(self, source=None, values=None):
        begun(self, source, {**({} if source is None else LITTLE), **(values or {})})

    def dataset(self, data=None, config=None, *, images=None, **options):
        opened(self, data, config, **options)  # without the MNIST files: drawn digits

    monkeypatch.setattr(vdib.Config, "__init__", config)
    monkeypatch.setattr(vdib.Dataset, "__init__", dataset)


class Recordings:
    """What a data set of Tonic has, without Tonic: it would fetch its files."""

    sensor_size = (34, 34, 2)
    classes = ["0 - zero", "1 - one"]

    def __init__(self, save_to, train=True):
        self.count = 20 if train else 5

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        events = numpy.zeros(50, [("x", int), ("y", int), ("t", int), ("p", int)])
        events["x"], events["t"], events["p"] = index, numpy.arange(50) * 6000, index % 2
        return events, index % 2


def test_the_lines_of_the_page_run(small, examples, monkeypatch):
    tonic = types.SimpleNamespace(datasets=types.SimpleNamespace(NMNIST=Recordings))
    monkeypatch.setitem(sys.modules, "tonic", tonic)
    names = {"vdib": vdib, "train": examples, "test": examples[:9]}
    run = 0
    for block in blocks("docs/python.md"):
        code = block.replace('vdib.train("demo", out', 'vdib.train("demo", examples=32, progress=False, out')
        code = code.replace("examples=4000", "examples=32")
        code = code.replace('out="runs/own"', 'out="runs/own", examples=32, progress=False')
        if "model.safetensors" in code and "Model.load" in code:
            fitted = vdib.Config("classify")
            made = vdib.Model(fitted, vdib.Dataset("nmnist", fitted).geometry)
            made.save("model.safetensors")
            steps, channels = made.geometry.steps, made.geometry.channels
            names["rasters"] = [vdib.Raster(steps, channels)] * 3
            code = code.replace("steps=80", f"steps={steps}")
        exec(compile(code, "docs/python.md", "exec"), names)
        run += 1
    assert run >= 4
    assert names["images"].shape[0] == 3 and names["run"].evaluation["mse"] > 0


def test_the_lines_of_the_readme_run(small):
    found = blocks("README.md", "## From Python")
    assert len(found) == 1
    code = found[0].replace('data="nmnist"', 'data="nmnist", examples=32, progress=False')
    code = code.replace("seeds=3)", "seeds=1, examples=16, progress=False)")
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    assert len(names["table"]) == 2 and names["spikes"].spikes >= 0
