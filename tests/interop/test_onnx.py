# SPDX-License-Identifier: MIT
"""The ONNX files of `vdib export`, run over whole examples, against vdib's own numbers.

    test_onnx.py [--plain] [MODEL=DATA...]

By onnxruntime, and checked by onnx; with --plain by plain_onnx.py. Beside small models of every kind of part, trained
ones may be named; DATA "-" is the built-in data.

Potentials and outputs agree to 1e-5 of the largest of their layer, absolutely where that is below 1. Spikes are the
same but where a potential is within 1e-5 of its threshold; from there on the two are different sequences, so that an
example is compared up to it, and how many part so is printed.
"""
import json
import os
import sys

from common import folder, run, skip, trace, vdib
from small import COMMON, SMALL

PLAIN = "--plain" in sys.argv
try:
    import numpy as np

    if PLAIN:
        import plain_onnx
    else:
        import onnx
        import onnxruntime
except ImportError as error:
    skip(f"{error}; `make interop` installs it")

sys.path.insert(0, os.path.join(os.environ["VDIB_SOURCE"], "examples"))
from vdib_numpy import read

BOUND = 1e-5


class Worst:
    """The largest difference to numbers of vdib; `relative` in parts of the largest of a layer's where that is above 1:
    with the published gain potentials are sums of terms of hundreds, and round accordingly."""

    def __init__(self):
        self.absolute = self.relative = 0.0

    def see(self, got, want):
        assert got.shape == want.shape, (got.shape, want.shape)
        assert np.isfinite(got).all() and np.isfinite(want).all()
        gap = np.abs(got.astype(np.float64) - want)
        self.absolute = max(self.absolute, float(gap.max(initial=0)))
        self.relative = max(self.relative, float(gap.max(initial=0) / max(1, np.abs(want).max(initial=0))))


def session(path):
    if PLAIN:
        return plain_onnx.InferenceSession(path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Encoder:
    """The encoder's step with its states, over a batch of examples."""

    def __init__(self, path):
        self.session = session(path)
        self.inputs = {i.name: i.shape[1:] for i in self.session.get_inputs()}
        self.outputs = [o.name for o in self.session.get_outputs()]
        self.states = [n for n in self.inputs if n + ".next" in self.outputs]
        self.draw = "noise" if "noise" in self.inputs else "uniform"
        assert set(self.inputs) == set(self.states) | {"input", self.draw}, self.inputs
        self.layers = sum(n.endswith(".synapse") for n in self.states)

    def begin(self, batch):
        return {name: np.zeros([batch] + list(self.inputs[name]), np.float32) for name in self.states}

    def step(self, states, x, draw):
        out = self.session.run(None, {"input": x.astype(np.float32), self.draw: draw, **states})
        return dict(zip(self.outputs, out))


def compare_hidden(encoder, out, want, t, rows, worst):
    """Whether each of `rows`, the examples that are compared, has a hidden spike that differs: only where u is near 0.
    """
    parted = np.zeros(len(rows), bool)
    for layer in range(encoder.layers):
        u, h = want[f"hidden{layer}_potentials"][rows, t], want[f"hidden{layer}_spikes"][rows, t]
        mine, spikes = out[f"hidden.{layer}.potentials"][rows], out[f"hidden.{layer}.spikes"][rows]
        read = out.get(f"hidden.{layer}.pooled", out[f"hidden.{layer}.spikes"])[rows]
        worst.see(mine[~parted], u[~parted])  # a layer behind spikes that differ reads something else
        wrong = (spikes == 1) != (u >= 0)
        assert (np.abs(u[wrong & ~parted[:, None]]) < BOUND).all(), "a spike differs, and its potential is not near 0"
        parted |= wrong.any(1)
        assert (read[~parted] == h[~parted]).all(), "spikes are the same, and what is read of them is not"
    return parted


def compare_readout(out, want, t, rows, parted, worst):
    """The same of the readout."""
    same = rows[~parted]
    worst.see(out["potentials"][same], want["potentials"][same, t])
    if "noise" in want:
        worst.see(out["values"][same], want["values"][same, t])
        return parted
    worst.see(out["probabilities"][same], want["probabilities"][same, t])
    wrong = out["spikes"][rows] != want["spikes"][rows, t]
    gap = np.abs(want["uniform"][rows, t] - want["probabilities"][rows, t])
    assert (gap[wrong & ~parted[:, None]] < BOUND).all(), "a spike differs, and its number is not near its probability"
    return parted | wrong.any(1)


def compare_encoder(path, want, worst):
    """Every step, all examples in one batch; an example that has parted from vdib's at a spike near its threshold is
    left out from there on. Returns how many have, the steps of examples that were compared, and the spikes."""
    encoder = Encoder(path)
    examples, steps = want["input"].shape[:2]
    states, rows, compared, spikes = encoder.begin(examples), np.arange(examples), 0, 0
    for t in range(steps):
        out = encoder.step(states, want["input"][:, t], want[encoder.draw][:, t])
        parted = compare_hidden(encoder, out, want, t, rows, worst)
        parted = compare_readout(out, want, t, rows, parted, worst)
        compared += len(rows)
        spikes += sum(int(out[f"hidden.{layer}.spikes"][rows].sum()) for layer in range(encoder.layers))
        spikes += int(out["spikes"][rows].sum()) if "spikes" in out else 0
        states = {name: out[name + ".next"] for name in states}
        rows = rows[~parted]
    return examples - len(rows), compared, spikes


def counts_of(raster, bins):
    """How often each channel spikes in each part of the time: step t of T is in part bins t / T."""
    examples, steps, channels = raster.shape
    made = np.zeros((examples, bins, channels), np.float32)
    for t in range(steps):
        made[:, bins * t // steps] += raster[:, t]
    return made


def check_metadata(opened, part, model):
    """What a file says of the model, against the model file."""
    said = opened.metadata if PLAIN else opened.get_modelmeta().custom_metadata_map
    texts = read(model)[1]
    config, g = json.loads(texts["vdib_config"]), json.loads(texts["vdib_geometry"])
    sizes = [g["target_height"], g["target_width"]]
    target = sizes if 0 not in sizes and config["data"]["target"] != "class" else [1, g["classes"]]
    want = {"vdib.part": part, "vdib.steps": g["steps"], "vdib.target": "x".join(map(str, target)),
            "vdib.input": "x".join(str(g[f"input_{name}"]) for name in ("channels", "height", "width")),
            "vdib.blank_steps": config["data"]["blank_steps"], "vdib.window": config["decoder"]["window"] or g["steps"]}
    if config["encoder"]["type"] == "counts":
        want["vdib.window"] = config["encoder"]["bins"]
    assert {key: said[key] for key in want} == {key: str(value) for key, value in want.items()}, (said, want)


def compare_decoder(path, want, worst):
    decoder = session(path)
    name = decoder.get_inputs()[0].name
    window = want["window"] if name == "window" else counts_of(want["input"], want["window"].shape[1])
    logits, output = decoder.run(["logits", "output"], {name: window.astype(np.float32)})
    worst.see(logits, want["logits"][:, 0])
    worst.see(output, want["output"][:, 0])
    for i in range(len(window)):  # the batch is free: one example alone is the same example
        alone, = decoder.run(["logits"], {name: window[i : i + 1].astype(np.float32)})
        worst.see(alone[0], want["logits"][i, 0])


def compare(name, model, numbers, place):
    where = os.path.join(place, "exported")
    vdib("export", model, "--to", "onnx", "--out", where)
    want = dict(np.load(numbers))
    worst, shown = Worst(), Worst()
    parted = compared = spikes = 0
    total = want["input"].shape[0] * want["input"].shape[1]
    path = os.path.join(where, "encoder.onnx")
    check_metadata(session(os.path.join(where, "decoder.onnx")), "decoder", model)
    if os.path.exists(path):
        check_metadata(session(path), "encoder", model)
        parted, compared, spikes = compare_encoder(path, want, worst)
        assert spikes > 0 or "noise" in want, "nothing spikes: nothing is compared"
        assert parted > 0 or compared == total
    compare_decoder(os.path.join(where, "decoder.onnx"), want, shown)
    run("rm", "-r", where)
    print(f"{name:32} encoder {worst.absolute:.1e} (relative {worst.relative:.1e}), decoder {shown.absolute:.1e} "
          f"({shown.relative:.1e}), "
          f"{compared} of {total} steps, {spikes} spikes, {parted} examples part at a spike near its threshold")
    assert worst.relative <= BOUND and shown.relative <= BOUND, name


def main():
    place = folder()
    model, numbers = os.path.join(place, "model.safetensors"), os.path.join(place, "numbers.npz")
    for name, settings in SMALL.items():
        trace("--small", model, numbers, *COMMON, *settings)
        compare(name, model, numbers, place)
    for path, data in [word.split("=") for word in sys.argv[1:] if word != "--plain"]:
        trace(path, data, 8, numbers)
        compare(path, path, numbers, place)


if __name__ == "__main__":
    main()
