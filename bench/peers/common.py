# SPDX-License-Identifier: MIT
"""What both peers share: the files that vdib-peer exports, the filters as matrices over time, and the loop of commands.

Equation numbers are those of docs/method.md. Filters over T steps are (T, T) matrices: one product instead of a loop.
"""
import json
import struct
import sys
import time

import numpy as np


def load_tensors(path):
    """Tensors of a safetensors file by name, and the configuration in its metadata."""
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        data = file.read()
    config = json.loads(header.pop("__metadata__")["vdib_config"])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[begin:end], dtype=np.float32).reshape(entry["shape"]).copy()
    return tensors, config


class Case:
    """One exported update."""

    def __init__(self, folder):
        b, t, nx, ny, outputs, rate = open(f"{folder}/shape").read().split()
        self.batch, self.steps, self.inputs, self.readouts, self.outputs = map(int, (b, t, nx, ny, outputs))
        self.before, self.config = load_tensors(f"{folder}/before.safetensors")
        after, _ = load_tensors(f"{folder}/after.safetensors")
        self.gradients = {name: (self.before[name].astype(np.float64) - after[name]) / float(rate)
                          for name in after if not name.startswith("feedback.")}
        spikes = lambda name, width: np.fromfile(f"{folder}/{name}", np.uint8).reshape(self.batch, self.steps, width)
        self.x = spikes("x", self.inputs).astype(np.float32)
        self.y = spikes("y", self.readouts).astype(np.float32)
        self.targets = np.fromfile(f"{folder}/targets", dtype=np.float32).reshape(self.batch, self.outputs)
        self.loss = float(np.mean([float(line) for line in open(f"{folder}/losses")]))
        neuron, readout, objective = (self.config[part] for part in ("neuron", "readout", "objective"))
        learning = self.config["learning"]
        assert neuron["gain"] == "unit" and neuron["surrogate"] == "fast-sigmoid"
        assert len(self.config["encoder"]["layers"]) == 1
        assert learning["estimator"] == "straight-through" and learning["credit_assignment"] == "bp"
        assert objective["reduction"] == "mean" and readout["feedback"] == "neuron" and readout["feedback_bases"] == 1
        self.slope, self.beta, self.prior = neuron["surrogate_slope"], objective["beta"], objective["prior_probability"]
        self.decay, self.refractory_gain = neuron["refractory_decay"], 1 - neuron["refractory_decay"]
        self.membrane = membrane_matrix(self.steps, neuron["synaptic_decay"], neuron["membrane_decay"])
        tau, width = readout["filter_steps"], readout["basis_width"]
        self.taps = tau
        self.basis = basis(tau, readout["bases"], width)
        self.readout_filters = np.stack([lag_matrix(self.steps, taps, 0) for taps in self.basis])
        self.own_taps = basis(tau, 1, width)[0]
        self.own_filter = lag_matrix(self.steps, self.own_taps, 1)
        self.synaptic_decay, self.membrane_decay = neuron["synaptic_decay"], neuron["membrane_decay"]


def membrane_matrix(steps, beta, alpha):
    """(1), (2): p = matrix @ (W s), over time."""
    response = np.zeros(steps)
    q = p = 0.0
    for t in range(steps):
        p = alpha * p + (1 - alpha) * q
        q = beta * q + (1 - beta) * (t == 0)
        response[t] = p
    return lag_matrix(steps, response, 0)


def basis(tau, count, width):
    """(11): (count, tau)."""
    n = np.log(np.arange(tau) + tau / 10)
    spacing = (n[-1] - n[0]) / max(count - 1, 1)
    centres = n[0] + spacing * np.arange(count)
    phase = np.clip(width * np.pi * (n[None, :] - centres[:, None]) / spacing, -np.pi, np.pi)
    return ((1 + np.cos(phase)) / 2).astype(np.float32)


def lag_matrix(steps, taps, delay):
    matrix = np.zeros((steps, steps), dtype=np.float32)
    for lag, tap in enumerate(taps):
        for t in range(lag + delay, steps):
            matrix[t, t - lag - delay] = tap
    return matrix


def compare(case, loss, gradients):
    """The largest difference of a tensor's gradient, over its largest entry; and the loss's relative difference."""
    worst = abs(loss - case.loss) / abs(case.loss)
    names = "loss"
    for name, want in case.gradients.items():
        scale = np.abs(want).max()
        difference = np.abs(gradients[name].astype(np.float64) - want).max() / scale
        if difference > worst:
            worst, names = difference, name
    return worst, names


def serve(peer, case):
    """Reads "check", "train S", "encode S" or "stream S"; answers with the difference or microseconds."""
    for line in sys.stdin:
        words = line.split()
        if words[0] == "check":
            worst, name = compare(case, *peer.check())
            print(f"{worst:.3g} {name}", flush=True)
            continue
        work = {"train": peer.train, "encode": peer.encode, "stream": peer.stream}[words[0]]
        units = 1 if words[0] == "stream" else case.batch
        work()
        runs, start, now = 0, time.perf_counter(), 0.0
        while now - start < float(words[1]):
            work()
            runs += 1
            now = time.perf_counter()
        print(f"{1e6 * (now - start) / (runs * units):.3f}", flush=True)
