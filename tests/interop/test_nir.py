# SPDX-License-Identifier: MIT
"""NIR files of `vdib export`: read by the nir package, and run by NIR's equations in NumPy (nir_run.py), against vdib.

    test_nir.py [MODEL=DATA...]

Hidden spikes are the same, spike for spike, but where a potential is within 1e-5 of its threshold: from there on the
two are different sequences, so that an example is compared up to it. What the readout's nodes sum up is its potential,
if its spikes are those that vdib drew.
"""
import json
import os
import sys

from common import folder, skip, trace, vdib
from small import COMMON, SMALL

try:
    import h5py
    import nir
    import numpy as np
except ImportError as error:
    skip(f"{error}; `make interop` installs it")

from nir_run import Graph

sys.path.insert(0, os.path.join(os.environ["VDIB_SOURCE"], "examples"))
from vdib_numpy import read

BOUND = 1e-5
LEFT_OUT = ("counts",)


def layer_nodes(graph):
    """The node of each hidden layer whose output is the layer's."""
    found = []
    while f"hidden{len(found)}_neurons" in graph.nodes:
        l = len(found)
        found.append(f"hidden{l}_or" if f"hidden{l}_or" in graph.nodes else f"hidden{l}_neurons")
    return found


def compare(path, numbers, step):
    """Spikes compared and the largest difference of the readout's potentials."""
    graph = Graph(path, step)
    layers, spikes, worst, parted = layer_nodes(graph), 0, 0.0, 0
    shape = graph.nodes["input"]["shape"]
    bias = -graph.nodes["readout"]["threshold"]
    for e, x in enumerate(numbers["input"]):
        graph.reset()
        for t in range(len(x)):
            drawn = numbers["spikes"][e, t] if "spikes" in numbers else np.zeros(len(bias))
            out = graph.run(x[t].reshape(shape).astype(float), {"readout": drawn})
            same = True
            for l, node in enumerate(layers):
                want = numbers[f"hidden{l}_spikes"][e, t]
                spikes += int(want.sum())
                if not (np.reshape(out[node], -1) == want).all():
                    near = np.abs(numbers[f"hidden{l}_potentials"][e, t]).min()
                    assert near < BOUND, (path, e, t, node, near)
                    same = False
            if not same:
                parted += 1
                break
            u = graph.read["readout"] + bias
            worst = max(worst, np.abs(u - numbers["potentials"][e, t]).max() / max(1, np.abs(u).max()))
    assert worst <= BOUND, (path, worst)
    return spikes, worst, parted


def main():
    place = folder()
    model, out, file = (os.path.join(place, n) for n in ("model.safetensors", "numbers.npz", "model.nir"))
    for name, settings in SMALL.items():
        if name in LEFT_OUT:
            continue
        trace("--small", model, out, *COMMON, *settings)
        check(name, model, out, file, 3750e-6)
    for word in sys.argv[1:]:
        model, data = word.split("=")
        trace(model, data, 20, out)
        check(word, model, out, file, 1e-6 * json.loads(read(model)[1]["vdib_config"])["data"]["step_us"])


def check(name, model, out, file, step):
    if os.path.exists(file):
        os.remove(file)
    vdib("export", model, "--to", "nir", "--out", file)
    graph = nir.read(file)  # with its check of shapes
    spikes, worst, parted = compare(file, dict(np.load(out)), step)
    print(f"{name:32} {len(graph.nodes)} nodes, {spikes} hidden spikes, potentials {worst:.1e}, {parted} examples part")


main()
