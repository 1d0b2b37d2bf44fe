# SPDX-License-Identifier: MIT
"""A NIR file in Euler steps, from NIR's equations alone: h5py reads the file, NumPy runs it in float64."""
import h5py
import numpy as np


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


class Graph:
    def __init__(self, path, step):
        with h5py.File(path) as file:
            assert text(file["node/type"][()]) == "NIRGraph"
            self.edges = [(text(a), text(b)) for a, b in file["node/edges"][()]]
            self.nodes = {n: {k: v[()] for k, v in g.items() if isinstance(v, h5py.Dataset)}
                          for n, g in file["node/nodes"].items()}
        for node in self.nodes.values():
            node["type"] = text(node["type"])
        self.sources = {n: [a for a, b in self.edges if b == n] for n in self.nodes}
        self.step = step
        self.reset()

    def reset(self):
        self.state = {n: {} for n in self.nodes}
        self.before = {}

    def run(self, x, forced=None):
        """One step; outputs of all nodes by name. `forced` replaces what a node gives to others."""
        self.now, self.read, self.open, self.x, self.forced = {}, {}, set(), x, forced or {}
        for name in self.nodes:
            self.output(name)
        for name in self.nodes:  # delays keep what came in
            if self.nodes[name]["type"] == "Delay":
                self.state[name]["kept"].append(self.gather(name))
        self.before = {n: self.forced.get(n, v) for n, v in self.now.items()}
        return self.now

    def gather(self, name):
        return sum(self.output(s) for s in self.sources[name])

    def output(self, name):
        if name in self.now:
            return self.forced.get(name, self.now[name])
        if name in self.open:  # a circle: what it gave a step before
            return self.before.get(name, 0.0)
        self.open.add(name)
        node, state = self.nodes[name], self.state[name]
        if node["type"] == "Delay":
            kept, steps = state.setdefault("kept", []), int(round(float(np.max(node["delay"])) / self.step))
            self.now[name] = kept[-steps] if len(kept) >= steps else np.zeros(np.shape(node["delay"]))
        else:
            self.read[name] = self.x if node["type"] == "Input" else self.gather(name)
            self.now[name] = self.take(node, state, self.read[name])
        self.open.discard(name)
        return self.forced.get(name, self.now[name])

    def take(self, node, state, x):
        kind, dt = node["type"], self.step
        if kind in ("Input", "Output"):
            return x
        if kind == "Flatten":
            return np.reshape(x, -1)
        if kind in ("Linear", "Affine"):
            return node["weight"].astype(float) @ x + (node["bias"] if kind == "Affine" else 0.0)
        if kind == "Conv2d":
            return convolve(x, node)
        if kind in ("SumPool2d", "AvgPool2d"):
            (h, w), (s, t) = pair(node["kernel_size"]), pair(node["stride"])
            y = np.lib.stride_tricks.sliding_window_view(x, (h, w), (1, 2))[:, ::s, ::t].sum((3, 4))
            return y / (h * w if kind == "AvgPool2d" else 1)
        if kind == "Scale":
            return node["scale"].astype(float) * x
        if kind == "Threshold":
            return (x > node["threshold"]) * 1.0
        if kind.startswith("Cuba"):
            i = state.get("i", 0.0)
            x = state["i"] = i + dt / node["tau_syn"] * (node["w_in"] * x - i)
            tau = node["tau_mem"]
        elif kind == "IF":  # r a second, or, of programs without time, a step
            rate = node["r"] * (dt if np.allclose(node["r"] * dt, 1, atol=1e-3) else 1.0)
            v = state.get("v", 0.0) + rate * x
            spikes = v > node["v_threshold"]
            state["v"] = np.where(spikes, node.get("v_reset", 0.0), v)
            return spikes * 1.0
        else:
            assert kind in ("LIF", "LI"), kind
            tau = node["tau"]
        v = state.get("v", 0.0)
        v = v + dt / tau * (node["v_leak"] - v + node["r"] * x)
        if not kind.endswith("F"):
            state["v"] = v
            return v
        spikes = v > node["v_threshold"]
        state["v"] = np.where(spikes, node["v_reset"], v)
        return spikes * 1.0


def convolve(x, node):
    w, groups = node["weight"].astype(float), int(node["groups"])
    (s, t), (d, e) = (pair(node[name]) for name in ("stride", "dilation"))
    p, q = ((d * (w.shape[2] - 1) // 2, e * (w.shape[3] - 1) // 2) if text(node["padding"]) == "same" else pair(
        node["padding"]))
    x = np.pad(x, [(0, 0), (p, p), (q, q)])
    reach = (d * (w.shape[2] - 1) + 1, e * (w.shape[3] - 1) + 1)
    view = np.lib.stride_tricks.sliding_window_view(x, reach, (1, 2))[:, ::s, ::t, ::d, ::e]
    parts = zip(np.split(view, groups), np.split(w, groups))
    y = np.concatenate([np.einsum("cyxij,ocij->oyx", v, k) for v, k in parts])
    return y + node["bias"][:, None, None]


def pair(value):
    return np.broadcast_to(value, 2)
