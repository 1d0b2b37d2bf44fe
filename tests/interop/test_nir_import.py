# SPDX-License-Identifier: MIT
"""NIR files written by the nir package in the manner of other programs, imported: what is said to be exact gives the
spikes of NIR's own equations (nir_run.py); the rest is refused in one line, or said to be left out."""
import json
import os
import re
import subprocess

from common import folder, skip, trace, vdib
from small import COMMON, SMALL

try:
    import h5py
    import nir
    import numpy as np
except ImportError as error:
    skip(f"{error}; `make interop` installs it")

from nir_run import Graph

STEP, SHAPE, INPUTS, BOUND = 3750e-6, (2, 7, 6), 84, 1e-5
SETTINGS = ["data.target=image", "data.steps=19", "encoder.readouts=9", "decoder=linear", "seed=5"]
draw = np.random.default_rng(4)


def weights(*shape, scale=0.3):
    return (draw.normal(size=shape) * scale).astype("f4")


def linear(out, inputs):
    return nir.Linear(weight=weights(out, inputs))


def affine(out, inputs, kind="f4"):
    return nir.Affine(weight=weights(out, inputs).astype(kind), bias=weights(out, scale=0.05).astype(kind))


def lif(*shape, tau=0.02, **more):
    given = {"tau": np.full(shape, tau), "r": np.ones(shape), "v_leak": np.zeros(shape)}
    given["v_threshold"] = np.full(shape, 0.2)
    return nir.LIF(**{**given, **more})


def cuba(*shape, **more):
    given = {"tau_syn": np.full(shape, 0.01), "tau_mem": np.full(shape, 0.02), "r": np.ones(shape),
             "v_leak": np.zeros(shape), "v_threshold": np.full(shape, 0.15), "w_in": np.full(shape, 1.5)}
    return nir.CubaLIF(**{**given, **more})


def integrator(*shape, r=1.0):
    each = draw.uniform(0.5, 1.5, (shape[0],) + (1,) * (len(shape) - 1))
    return nir.IF(r=np.full(shape, r), v_threshold=np.broadcast_to(each, shape).copy())


def conv(out, inputs, rows, columns, kernel=3, stride=1, padding=1, dilation=1, groups=1):
    return nir.Conv2d(input_shape=(rows, columns), weight=weights(out, inputs // groups, kernel, kernel), stride=stride,
                      padding=padding, dilation=dilation, groups=groups, bias=weights(out, scale=0.05))


def oblong(kernel, padding, inputs=2):
    return nir.Conv2d(input_shape=(7, 6), weight=weights(4, inputs, *kernel), stride=1, padding=padding, dilation=1,
                      groups=1, bias=weights(4, scale=0.05))


def pool(kind, side, hop=None, padding=0):
    return kind(kernel_size=np.array([side] * 2), stride=np.array([hop or side] * 2), padding=np.array([padding] * 2))


def flat(*shape):
    return nir.Flatten(input_type={"input": np.array(shape)}, start_dim=0, end_dim=-1)


def li(size):
    return nir.LI(tau=np.full(size, 0.02), r=np.ones(size), v_leak=np.zeros(size))


def threshold(size, value):
    return nir.Threshold(threshold=np.full(size, value))


def chain(*nodes, shape=(INPUTS,)):
    """Names as of a Sequential: 0, 1, 2 ..."""
    names = ["input", *map(str, range(len(nodes))), "output"]
    inner = dict(zip(names[1:-1], nodes))
    ends = {"input": nir.Input({"input": np.array(shape)}), "output": nir.Output({"output": np.array([9])})}
    return nir.NIRGraph({**inner, **ends}, list(zip(names, names[1:])), type_check=False)


def recurrent(size):
    nodes = {"input": nir.Input({"input": np.array([size])}), "lif": cuba(size), "w_rec": linear(size, size),
             "output": nir.Output({"output": np.array([size])})}
    edges = [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")]
    return nir.NIRGraph(nodes, edges, type_check=False)


def branches():
    nodes = {"input": nir.Input({"input": np.array([INPUTS])}), "a": linear(9, INPUTS), "b": linear(9, INPUTS),
             "lif": lif(9), "output": nir.Output({"output": np.array([9])})}
    return nir.NIRGraph(nodes, [("input", "a"), ("input", "b"), ("a", "lif"), ("b", "lif"), ("lif", "output")],
                        type_check=False)


def row(more=(), edges=()):
    """Two layers, with nodes and edges beside them."""
    nodes = {"input": nir.Input({"input": np.array([INPUTS])}), "w": affine(12, INPUTS), "n": lif(12),
             "v": linear(9, 12), "m": lif(9), "output": nir.Output({"output": np.array([9])}), **dict(more)}
    chained = [("input", "w"), ("w", "n"), ("n", "v"), ("v", "m"), ("m", "output")]
    return nir.NIRGraph(nodes, chained + list(edges), type_check=False)


# A graph, and the nodes whose spikes are those of the hidden layers.
EXACT = {
    "LIF, as Norse": (chain(affine(12, INPUTS), lif(12), affine(9, 12), lif(9)), ["1", "3"]),
    "CubaLIF, as Lava": (chain(linear(12, INPUTS), cuba(12), linear(9, 12), cuba(9)), ["1", "3"]),
    "float64": (chain(affine(12, INPUTS, "f8"), lif(12)), ["1"]),
    "constants of each neuron": (chain(affine(12, INPUTS), lif(12, r=draw.uniform(0.5, 2, 12), v_threshold=draw.uniform(
        0.1, 0.4, 12))), ["1"]),
    "a readout of LI": (chain(linear(12, INPUTS), lif(12), linear(9, 12), li(9)), ["1"]),
    "convolutions": (chain(conv(4, 2, 7, 6), lif(4, 7, 6), conv(3, 4, 7, 6, stride=2), lif(3, 4, 3), flat(3, 4, 3),
                           linear(9, 36), lif(9), shape=SHAPE), ["1", "3", "6"]),
    "groups, dilation": (chain(conv(4, 2, 7, 6, groups=2, dilation=2, padding=2), lif(4, 7, 6), shape=SHAPE), ["1"]),
    "padding same": (chain(conv(4, 2, 7, 6, padding="same"), lif(4, 7, 6), shape=SHAPE), ["1"]),
    "sums before a convolution": (chain(conv(4, 2, 7, 6), lif(4, 7, 6), pool(nir.SumPool2d, 2), conv(
        3, 4, 3, 3, padding=0), lif(3, 1, 1), shape=SHAPE), ["1", "4"]),
    "sums of the sensor": (chain(pool(nir.SumPool2d, 2), flat(2, 3, 3), linear(9, 18), lif(9), shape=SHAPE), ["3"]),
    "means before dense weights": (chain(conv(4, 2, 7, 6), lif(4, 7, 6), pool(nir.AvgPool2d, 2), flat(4, 3, 3), linear(
        9, 36), lif(9), shape=SHAPE), ["1", "5"]),
    "means behind a convolution": (chain(conv(4, 2, 7, 6), pool(nir.AvgPool2d, 2), lif(4, 3, 3), shape=SHAPE), ["2"]),
    "sums behind one, that overlap": (chain(conv(4, 2, 7, 6, stride=2), pool(nir.SumPool2d, 2, 1), lif(
        4, 3, 2, tau=0.05, v_threshold=np.ones((4, 3, 2))), flat(4, 3, 2), linear(9, 24), lif(9), shape=SHAPE), [
            "2", "5"]),
    "sums before and behind one": (chain(conv(4, 2, 7, 6), lif(4, 7, 6), pool(nir.SumPool2d, 2), conv(
        3, 4, 3, 3, kernel=2, padding=0), pool(nir.AvgPool2d, 2), nir.Scale(
            scale=np.array([[[1.0]], [[2]], [[3]]])), lif(3, 1, 1), shape=SHAPE), ["1", "6"]),
    "sums behind groups, dilation": (chain(conv(4, 2, 7, 6, groups=2, dilation=2, padding=2), nir.Scale(
        scale=np.array([[[0.5]], [[1]], [[2]], [[3]]])), pool(nir.SumPool2d, 3, 2), integrator(
            4, 3, 2), shape=SHAPE), ["3"]),
    "an OR": (chain(conv(4, 2, 7, 6), lif(4, 7, 6), pool(nir.SumPool2d, 2), threshold((4, 3, 3), 0.5), flat(4, 3, 3),
                    linear(9, 36), lif(9), shape=SHAPE), ["3", "6"]),
    "factors": (chain(nir.Scale(scale=np.full(INPUTS, 0.5)), linear(12, INPUTS), nir.Scale(scale=draw.uniform(
        1, 3, 12)), lif(12)), ["3"]),
    "a factor of each channel": (chain(conv(4, 2, 7, 6), nir.Scale(scale=np.broadcast_to(np.array(
        [[[0.5]], [[1]], [[2]], [[3]]]), (4, 7, 6)).copy()), lif(4, 7, 6), shape=SHAPE), ["2"]),
    "one bias for all": (chain(nir.Affine(weight=weights(12, INPUTS), bias=np.full(1, 0.07)), lif(12)), ["1"]),
    "constants of channels": (chain(conv(4, 2, 7, 6), lif(4, 1, 1, v_threshold=draw.uniform(
        0.1, 0.4, (4, 1, 1))), shape=SHAPE), ["1"]),
    "LIF and CubaLIF": (chain(linear(12, INPUTS), cuba(12), linear(9, 12), lif(9)), ["1", "3"]),
    "times of a step": (chain(linear(12, INPUTS), cuba(12, tau_syn=np.full(12, 1.05 * STEP)), linear(9, 12), cuba(
        9, tau_mem=np.full(9, STEP))), ["1", "3"]),
    "no leak": (chain(linear(12, INPUTS), integrator(12, r=1 / STEP), affine(9, 12), integrator(
        9, r=1 / STEP)), ["1", "3"]),
    "no leak, as sinabs": (chain(conv(4, 2, 7, 6), integrator(4, 7, 6), shape=SHAPE), ["1"]),
    "IF, LIF and CubaLIF": (chain(linear(12, INPUTS), integrator(12), linear(9, 12), lif(9), linear(12, 9), cuba(
        12)), ["1", "3", "5"]),
    "outputs beside the way": (row([("seen", nir.Output({"output": np.array([12])})), ("probe", li(12))],
                                   [("n", "seen"), ("n", "probe")]), ["n", "m"]),
    "sides that differ": (chain(oblong((3, 5), (1, 2)), lif(4, 7, 6), oblong((1, 3), (0, 1), inputs=4), pool(
        nir.AvgPool2d, 2), lif(4, 3, 3), shape=SHAPE), ["1", "4"]),
    "sides that differ, padding same": (chain(oblong((5, 1), "same"), lif(4, 7, 6), shape=SHAPE), ["1"]),
}
# What a row says that is not exact.
SAID = {
    "recurrent": (chain(linear(12, INPUTS), recurrent(12)), "recurrent weights are left out"),
    "a delay": (chain(linear(12, INPUTS), nir.Delay(delay=np.full(12, 0.01)), lif(12)), "a delay before it is left"),
    "another reset": (chain(linear(12, INPUTS), lif(12, v_reset=np.full(12, -0.1))), "reset to another potential"),
    "times of each neuron": (chain(linear(12, INPUTS), lif(12, tau=draw.uniform(0.01, 0.04, 12))), "their mean"),
    "rows left over": (chain(conv(4, 2, 7, 6), lif(4, 7, 6), pool(nir.SumPool2d, 2), conv(3, 4, 3, 3), lif(
        3, 3, 3), shape=SHAPE), "leaves rows over"),
    "its own spikes": (row((), [("n", "n")]), "what else comes into it is left out"),
    "feedback": (row([("back", linear(12, 9))], [("m", "back"), ("back", "n")]), "what else comes into it is left out"),
    "recurrent, by a delay": (row([("back", linear(12, 12)), ("late", nir.Delay(delay=np.full(12, STEP)))],
                                  [("n", "back"), ("back", "late"), ("late", "n")]), "what else comes into it is left"),
    "a rest that is not 0": (chain(linear(12, INPUTS), lif(12, v_leak=np.full(12, 0.1), v_reset=np.full(
        12, 0.1))), "begins at the potential that it leaks to"),
    "factors before sums": (chain(conv(4, 2, 7, 6), lif(4, 7, 6), nir.Scale(scale=np.full((4, 7, 6), 0.3)), pool(
        nir.SumPool2d, 2), threshold((4, 3, 3), 0.5), shape=SHAPE), "no OR of the spikes"),
    "skip": (chain(linear(12, INPUTS), lif(12), linear(9, 12), threshold(9, 0.2)), "without a potential that leaks"),
}
REFUSED = {
    "a Threshold": (chain(linear(12, INPUTS), threshold(12, 0.2)), "node 1 (Threshold) is no hidden layer's"),
    "an integrator": (chain(linear(12, INPUTS), nir.I(r=np.ones(12))), "node 1 (I) is no hidden layer's"),
    "weights twice": (chain(affine(12, INPUTS), affine(9, 12), lif(9)), "node 1 (Affine) is no hidden layer's"),
    "sums of the edge": (chain(conv(4, 2, 7, 6), pool(nir.SumPool2d, 2, padding=1), lif(
        4, 4, 4), shape=SHAPE), "node 1 (SumPool2d) is no hidden layer's: windows between a convolution and its"),
    "a factor of each place": (chain(conv(4, 2, 7, 6), nir.Scale(scale=draw.uniform(1, 2, (4, 7, 6))), lif(
        4, 7, 6), shape=SHAPE), "node 1 (Scale) is no hidden layer's: it has neither one factor nor one for each unit"),
    "one axis": (chain(nir.Conv1d(input_shape=42, weight=weights(4, 2, 3), stride=1, padding=1, dilation=1, groups=1,
                                  bias=weights(4)), lif(4, 42), shape=(2, 42)), "node 0 (Conv1d) is no hidden layer's"),
    "sides that differ, no padding": (chain(oblong((3, 5), 0), lif(4, 5, 2), shape=SHAPE), "node 0 (Conv2d)"),
    "unequal axes": (chain(conv(4, 2, 7, 6, stride=(1, 2)), lif(4, 7, 3), shape=SHAPE), "node 0 (Conv2d)"),
    "two ways": (branches(), "branches behind input, to a and b"),
    "a second Input": (row([("on", nir.Input({"input": np.array([9])}))], [("on", "m")]), "several Inputs, input and"),
    "another order of the sensor": (chain(flat(7, 6, 2), linear(12, INPUTS), lif(12), shape=(
        7, 6, 2)), "made for 7 x 6 x 2, and the data are 2 x 7 x"),
    "values of places": (chain(conv(4, 2, 7, 6), lif(7, 6), shape=SHAPE), "tau has 42 values for a layer of 4 chan"),
    "other data": (chain(linear(12, 50), lif(12)), "node 0 reads 50 inputs"),
}


# What lies behind or beside the hidden layers, of which nothing is taken.
BEHIND = r"at the end|\(LI\)|^LI:|leads to no hidden neurons"


def write(graph, path):
    if os.path.exists(path):
        os.remove(path)
    nir.write(path, graph)


def imported(path, model, out, settings=SETTINGS):
    """Rows of the report by the part's name."""
    parts = json.loads(trace("--import", path, model, out, *settings))["parts"]
    return {p["part"]: p for p in parts}


def same(graph, nodes, numbers, shape=None):
    """Spikes compared; a layer may part from NIR's where a potential is within BOUND of its threshold."""
    shape, spikes = graph.nodes["input"]["shape"] if shape is None else shape, 0
    for e, x in enumerate(numbers["input"]):
        graph.reset()
        for step in range(len(x)):
            given = graph.run(x[step].reshape(shape).astype(float))
            for l, node in enumerate(nodes):
                want = np.reshape(given[node], -1)
                got = numbers[f"hidden{l}_spikes"][e, step]
                spikes += int(want.sum())
                assert (got == want).all(), (e, step, node, np.abs(numbers[f"hidden{l}_potentials"][e, step]).min())
    assert spikes > 20, f"{spikes} spikes"
    return spikes


def main():
    place = folder()
    path, model, out = (os.path.join(place, n) for n in ("graph.nir", "model.safetensors", "numbers.npz"))
    for name, (graph, nodes) in EXACT.items():
        write(graph, path)
        rows = imported(path, model, out)
        assert sum(r["as"].startswith("encoder.hidden.") for r in rows.values()) == len(nodes), (name, rows)
        for row in rows.values():
            assert row["fidelity"] == "exact" or re.search(BEHIND, row["note"]), (name, row)
        print(f"{name:32} {same(Graph(path, STEP), nodes, dict(np.load(out)))} spikes")
    for name, (graph, says) in SAID.items():
        write(graph, path)
        rows = imported(path, model, out)
        assert any(says in r["note"] and r["fidelity"] != "exact" for r in rows.values()), (name, rows)
    for name, (graph, says) in REFUSED.items():
        write(graph, path)
        done = subprocess.run([os.environ["VDIB_TRACE"], "--import", path, model, out, *SETTINGS], capture_output=True,
                              text=True)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, (name, done)
        assert says in done.stderr and "graph.nir" in done.stderr, (name, done.stderr)
    versions(path, model, out)
    own(path, model, out)


def versions(path, model, out):
    """The version of the format may be missing, bytes, text or a number."""
    for value in (None, np.bytes_("0.2"), "1.0.8", 1):
        write(EXACT["float64"][0], path)
        with h5py.File(path, "a") as file:
            del file["version"]
            if value is not None:
                file["version"] = value
        imported(path, model, out)
        same(Graph(path, STEP), ["1"], dict(np.load(out)))
    with h5py.File(path, "a") as file:  # what is beside the arrays of a node
        for node in file["node/nodes"].values():
            for extra in (*(f"a{i}" for i in range(9)), "the name of an array that is longer than any other"):
                node[extra] = np.ones(3)
            node["input_type/input"], node["output_type/output"] = np.array([INPUTS]), np.array([9])
        del file["node/nodes/input/shape"]
    rows = imported(path, model, out)
    assert "graph" in rows and "none that is known: left out" in rows["graph"]["note"], rows
    same(Graph(path, STEP), ["1"], dict(np.load(out)), (INPUTS,))
    with h5py.File(path, "a") as file:  # scalars beside vectors
        for name in ("tau", "r", "v_leak", "v_threshold", "v_reset"):
            value = float(file[f"node/nodes/1/{name}"][0])
            del file[f"node/nodes/1/{name}"]
            file[f"node/nodes/1/{name}"] = value
    imported(path, model, out)
    same(Graph(path, STEP), ["1"], dict(np.load(out)), (INPUTS,))


def own(path, model, out):
    """vdib's own files come back: the same spikes of the same sensor."""
    for name, settings in SMALL.items():
        trace("--small", model, out, *COMMON, "data.blank_steps=0", *settings)
        want, layers = dict(np.load(out)), name not in ("no hidden layer", "counts")
        if not layers:
            continue
        if os.path.exists(path):
            os.remove(path)
        vdib("export", model, "--to", "nir", "--out", path)
        rows = imported(path, model, out, [*COMMON, "data.blank_steps=0"])
        hidden = [r for r in rows.values() if r["as"].startswith("encoder.hidden.")]
        assert len(hidden) == sum(n.endswith("_spikes") and n.startswith("hidden") for n in want), (name, rows)
        if "learnt t" in name or name == "convolution with learnt times":
            assert any("their mean" in r["note"] for r in hidden), (name, rows)
            continue
        got, spikes = dict(np.load(out)), 0
        assert all(r["fidelity"] == "exact" for r in hidden), (name, rows)
        for l in range(len(hidden)):
            spikes += int(want[f"hidden{l}_spikes"].sum())
            assert (got[f"hidden{l}_spikes"] == want[f"hidden{l}_spikes"]).all(), (name, l)
        assert spikes > 10, name
        print(f"{name:32} {spikes} spikes, out and in")


main()
