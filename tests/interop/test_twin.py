# SPDX-License-Identifier: MIT
"""examples/vdib_numpy.py beside vdib: potentials, spikes and outputs of small models, and the way back."""
import os
import sys

from common import folder, skip, trace, vdib
from small import COMMON, SMALL

try:
    import numpy as np
except ImportError as error:
    skip(f"{error}; `make interop` installs it")

sys.path.insert(0, os.path.join(os.environ["VDIB_SOURCE"], "examples"))
from vdib_numpy import Vdib

BOUND = 1e-5
# What has no spikes, and what the decoder is told of a channel, is not the twin's.
LEFT_OUT = ("gaussian readout", "counts", "packets")


def gap(got, want):
    assert got.shape == want.shape and np.isfinite(got).all()
    return float(np.abs(got - want).max() / max(1, np.abs(want).max()))


def compare(path, numbers, seed):
    model, worst = Vdib(path), 0.0
    blank = model.config["data"]["blank_steps"]
    for i, x in enumerate(numbers["input"]):
        spikes, potentials = model.encode(x[blank:].astype(float), seed, i)
        near = np.abs(numbers["uniform"][i] - numbers["probabilities"][i]).min()
        assert near < BOUND or (spikes == numbers["spikes"][i, blank:]).all(), "spikes differ"
        worst = max(worst, gap(potentials, numbers["potentials"][i, blank:]))
        worst = max(worst, gap(model.decode(spikes), numbers["output"][i, 0]))
    assert worst <= BOUND, (path, worst)
    return model, worst


def refuse(name, path, out):
    trace("--small", path, out, *COMMON, *SMALL[name])
    try:
        Vdib(path)
    except AssertionError as error:
        assert "does not know" in str(error), (name, error)
        return
    sys.exit(f"FAIL: {name} is not refused")


def main():
    place = folder()
    path, changed, out = (os.path.join(place, n) for n in ("model.safetensors", "changed.safetensors", "numbers.npz"))
    for name, settings in SMALL.items():
        if name in LEFT_OUT:
            refuse(name, path, out)
            continue
        trace("--small", path, out, *COMMON, *settings)
        model, worst = compare(path, dict(np.load(out)), 5)
        model.save(changed)
        assert vdib("info", "--digest", path) == vdib("info", "--digest", changed), "saving changes weights"
        for tensor in model.weights.values():  # what the twin changes is what vdib reads again
            tensor *= 1.125
        model.save(changed)
        trace("--small-again", changed, out)
        print(f"{name:32} {worst:.1e}, changed {compare(changed, dict(np.load(out)), 5)[1]:.1e}")


main()
