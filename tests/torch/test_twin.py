# SPDX-License-Identifier: MIT
"""examples/vdib_torch.py beside vdib: potentials, spikes and outputs of small models, and the way back of its state."""
import os
import sys

source = os.environ["VDIB_SOURCE"]
sys.path += [os.path.join(source, "tests/interop"), os.path.join(source, "examples")]

from common import folder, skip, trace, vdib
from small import COMMON, SMALL

try:
    import numpy as np
    import torch
except ImportError as error:
    skip(f"{error}; `make test-torch` installs it")

from vdib_torch import Vdib

BOUND = 1e-5


def kept(name, settings):
    return name not in ("gaussian readout", "counts", "packets") and not any("[conv" in s for s in settings)


def gap(got, want):
    assert got.shape == want.shape and np.isfinite(got).all()
    return float(np.abs(got - want).max() / max(1, np.abs(want).max()))


def compare(path, numbers):
    """All examples in one batch, with vdib's own uniform numbers."""
    model = Vdib(path)
    blank = model.plain.config["data"]["blank_steps"]
    with torch.no_grad():
        x = torch.tensor(numbers["input"][:, blank:], dtype=torch.float32)
        logits, spikes, potentials = model(x, torch.tensor(numbers["uniform"]))
    assert np.abs(numbers["uniform"] - numbers["probabilities"]).min() > 1e-6, "a draw is too near: take another seed"
    assert (spikes.numpy().round(3) == numbers["spikes"][:, blank:]).all(), "spikes differ"
    worst = gap(potentials.numpy(), numbers["potentials"][:, blank:])
    worst = max(worst, gap(logits.numpy(), numbers["logits"][:, 0]))
    assert worst <= BOUND, (path, worst)
    return model, worst


def descend(model, numbers):
    """A step of gradient descent on the logits: every parameter that is read has a gradient."""
    logits, _, _ = model(torch.tensor(numbers["input"], dtype=torch.float32))
    logits.square().mean().backward()
    read = [n for n, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0]
    assert {"encoder.readout.weight", "encoder.readout.bias"} <= set(read), read
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.1 * p.grad if p.grad is not None else 0


def main():
    place = folder()
    path, changed, out = (os.path.join(place, n) for n in ("model.safetensors", "changed.safetensors", "numbers.npz"))
    for name, settings in SMALL.items():
        if not kept(name, settings):
            continue
        trace("--small", path, out, *COMMON, *settings)
        numbers = dict(np.load(out))
        model, worst = compare(path, numbers)
        model.save(changed)
        assert vdib("info", "--digest", path) == vdib("info", "--digest", changed), "saving changes weights"
        descend(model, numbers)
        model.save(changed)
        assert vdib("info", "--digest", path) != vdib("info", "--digest", changed)
        trace("--small-again", changed, out)
        print(f"{name:32} {worst:.1e}, after a step of descent {compare(changed, dict(np.load(out)))[1]:.1e}")


main()
