# SPDX-License-Identifier: MIT
"""examples/vdib_twin.py, of 60 lines, beside vdib: whole examples, gradients, the way back, what it refuses."""
import os
import re
import sys

source = os.environ["VDIB_SOURCE"]
sys.path += [os.path.join(source, "tests/interop"), os.path.join(source, "examples")]

from common import folder, skip, trace, vdib
from small import COMMON, SMALL

try:
    import numpy as np
    import safetensors.torch
    import torch
except ImportError as error:
    skip(f"{error}; `make test-torch` installs it")

from vdib_twin import Vdib

BOUND, LINES = 1e-5, 60
KNOWN = ("dense", "two layers", "neurons that are reset", "reset, no synapse", "times of layers", "no hidden layer",
         "joined", "no feedback", "filters of one step", "mlp", "rates", "classes", "gaussian head")
REFUSED = {"published gain": "neuron.gain", "lateral": "readout.feedback", "learnt filters": "readout.learns_filters",
           "learnt times": "neuron.learn_tau", "gaussian readout": "readout.type", "counts": "encoder.type",
           "conv": "decoder.type", "upconv": "decoder.type", "first spikes": "decoder.coding",
           "two layers, adaptive": "neuron.adaptation_strength", "packets": "channel.type",
           "convolutions": "encoder.layers"}
MODELS = {**SMALL, "two layers": ["encoder.layers=[14, 9]"],
          "times of layers": ["encoder.layers=[14, 9]", "neuron.membrane_tau_us=[20000, 9000]",
                              "neuron.synaptic_tau_us=[7000]", "data.step_us=2000"]}


def gap(got, want):
    assert got.shape == want.shape and np.isfinite(got).all()
    return float(np.abs(got - want).max() / max(1, np.abs(want).max()))


def compare(path, numbers):
    """Outputs of all examples in one batch, with vdib's own uniform numbers."""
    model = Vdib(path)
    logits, spikes, potentials = model(torch.tensor(numbers["input"]).float(), torch.tensor(numbers["uniform"]))
    assert np.abs(numbers["uniform"] - numbers["probabilities"]).min() > 1e-6, "a draw is too near: take another seed"
    assert (spikes.detach().numpy() == numbers["spikes"]).all(), "spikes differ"
    worst = gap(potentials.detach().numpy(), numbers["potentials"])
    worst = max(worst, gap(logits.detach().numpy(), numbers["logits"][:, 0]))
    assert worst <= BOUND, (path, worst)
    return model, logits, worst


def save(model, path):
    safetensors.torch.save_file(model.state_dict(), path, model.texts)


def both_ways(name, path, out, changed):
    trace("--small", path, out, *COMMON, "data.blank_steps=0", *MODELS[name])
    model, logits, worst = compare(path, dict(np.load(out)))
    save(model, changed)
    assert vdib("info", "--digest", path) == vdib("info", "--digest", changed), "saving changes weights"
    logits.square().mean().backward()
    fixed = {n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0}
    assert all(n.startswith("feedback.") for n in fixed), f"no gradient for {fixed}"
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.1 * p.grad if p.grad is not None else 0
    save(model, changed)
    assert vdib("info", "--digest", path) != vdib("info", "--digest", changed)
    trace("--small-again", changed, out)
    print(f"{name:32} {worst:.1e}, after a step of descent {compare(changed, dict(np.load(out)))[2]:.1e}")


def refused(name, key, path, out):
    trace("--small", path, out, *COMMON, "data.blank_steps=0", *MODELS[name])
    try:
        Vdib(path)
    except AssertionError as error:
        assert key in str(error), (name, error)
        return
    sys.exit(f"FAIL: {name} is not refused")


def main():
    text = open(os.path.join(source, "examples/vdib_twin.py")).read()
    code = [line for line in re.sub('"""(.|\n)*?"""', "", text).splitlines() if line.split("#")[0].strip()]
    assert len(code) <= LINES, f"{len(code)} lines of code"
    place = folder()
    path, changed, out = (os.path.join(place, n) for n in ("model.safetensors", "changed.safetensors", "numbers.npz"))
    for name in KNOWN:
        both_ways(name, path, out, changed)
    for name, key in REFUSED.items():
        refused(name, key, path, out)


main()
