# SPDX-License-Identifier: MIT
"""A vdib model in plain NumPy: what `vdib` computes, from a model file alone.

    model = Vdib("run/model.safetensors")
    spikes, potentials = model.encode(x, seed=1, index=0)   # x (T, NX) of 0 and 1 -> (T, NY): those of `vdib encode`
    output = model.decode(spikes)                           # probabilities of pixels or classes, or values
    model.weights["decoder.fc.bias"] += 0.1                 # names and shapes of the file, PyTorch order
    model.save("changed.safetensors")                       # a model file again: `vdib eval changed.safetensors`

Numbers in parentheses are the equations of docs/method.md. Sums are in float64: potentials differ from vdib's in the
last digits of float32, and a spike whose potential is that near to its threshold may, too. The decoder reads the
spikes as they are sent: a channel that loses or flips some is the caller's.
"""
import json
import re
import struct

import numpy as np


def read(path):
    """Tensors and metadata of a safetensors file of float32."""
    data = open(path, "rb").read()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:begin])
    texts = header.pop("__metadata__", {})
    part = {name: data[begin + t["data_offsets"][0] : begin + t["data_offsets"][1]] for name, t in header.items()}
    return {n: np.frombuffer(part[n], "<f4").reshape(t["shape"]).astype(float) for n, t in header.items()}, texts


def write(path, tensors, texts):
    header, data = {"__metadata__": texts}, b""
    for name, tensor in sorted(tensors.items()):
        values = np.ascontiguousarray(tensor, "<f4").tobytes()
        place = [len(data), len(data) + len(values)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": place}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)


def uniform(seed, index, steps, neurons):
    """vdib's own numbers (steps, neurons) in [0, 1) of a readout: Philox 4x32-10, keyed by step and neuron."""
    blocks = np.arange((neurons + 3) // 4, dtype=np.uint64)
    t, block = np.meshgrid(np.arange(steps, dtype=np.uint64), blocks, indexing="ij")
    c = [np.full_like(t, index & 0xFFFFFFFF), block, t | (index >> 32) << 24, np.full_like(t, 4 | 1 << 8)]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
        c = [b >> shift ^ c[1] ^ np.uint64(key[0]), b & low, a >> shift ^ c[3] ^ np.uint64(key[1]), a & low]
        key = [key[0] + 0x9E3779B9 & 0xFFFFFFFF, key[1] + 0xBB67AE85 & 0xFFFFFFFF]
    return (np.stack(c, -1).reshape(steps, -1)[:, :neurons] >> np.uint64(8)) * 2.0**-24


def convolve(x, w, b=0.0, stride=1, padding=0):
    """Cross-correlation of (batch, channels, axes...) with (out, in, kernel...), one axis or two."""
    axes = x.ndim - 2
    x = np.pad(x, [(0, 0)] * 2 + [(padding, padding)] * axes)
    view = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], tuple(range(2, 2 + axes)))
    view = view[(slice(None), slice(None)) + (slice(None, None, stride),) * axes]
    taken = [1] + list(range(2 + axes, 2 + 2 * axes))
    return np.moveaxis(np.tensordot(view, w, (taken, list(range(1, 2 + axes)))) + b, -1, 1)


def pool(x, window):
    """The largest of each window x window; what is left over at the edges belongs to none."""
    rows, columns = x.shape[2] // window, x.shape[3] // window
    x = x[:, :, : rows * window, : columns * window]
    return x.reshape(*x.shape[:2], rows, window, columns, window).max((3, 5))


def raised_cosines(steps, bases, width):
    """The filters (bases, steps) of (11)."""
    place = np.log(np.arange(steps) + steps / 10)
    spacing = (place[-1] - place[0]) / max(bases - 1, 1)
    away = place - place[0] - spacing * np.arange(bases)[:, None]
    phase = width * np.pi * away / spacing if spacing > 0 else 0 * away
    return (1 + np.cos(np.clip(phase, -np.pi, np.pi))) / 2


class Vdib:
    def __init__(self, path):
        self.weights, self.texts = read(path)
        self.config, self.geometry = json.loads(self.texts["vdib_config"]), json.loads(self.texts["vdib_geometry"])
        for section, key, unknown in (("encoder", "type", "counts"), ("readout", "type", "gaussian"),
                                      ("channel", "type", "packets")):
            assert self.config[section][key] != unknown, f"this twin does not know {section}.{key}={unknown}"
        data = self.config["data"]
        self.step_us = data["step_us"] or (3750 if data["input"] == "events" else 1000)

    def save(self, path):
        write(path, self.weights, self.texts)

    def decay(self, layer, name):
        """Of a trace, a number or one a unit: learnt, from a time constant (40), or as it stands."""
        learnt = self.weights.get(f"encoder.hidden.{layer}.log_tau_{name.replace('synaptic', 'synapse')}")
        neuron, taus = self.config["neuron"], self.config["neuron"][f"{name}_tau_us"]
        if learnt is not None:
            return np.exp(-np.exp(-learnt))
        tau = taus[layer % len(taus)] if taus else None
        return neuron[f"{name}_decay"] if tau is None else np.exp(-self.step_us / tau) if tau else 0.0

    def constants(self, layer, area):
        """beta, alpha, alpha_r, their gains, alpha_a and the strength of the adaptation; repeated over maps."""
        b, a, r = (self.decay(layer, name) for name in ("synaptic", "membrane", "refractory"))
        b, a, r = (np.repeat(d, area) if np.ndim(d) else d for d in (b, a, r))
        b = 0.0 if self.config["neuron"]["model"] == "lif" else b  # it has no synapse
        neuron = self.config["neuron"]
        gains = {"unit": lambda: (1 - b, 1 - a, 1 - r), "published": lambda: (1 / (1 - b), 1 / (1 - a), 1.0),
                 "one": lambda: (1.0, 1.0, 1.0)}[neuron["gain"]]()
        strength = neuron["adaptation_strength"]
        adapts = (self.decay(layer, "adaptation"), strength[layer % len(strength)]) if strength else (0.0, 0.0)
        return (b, a, r, *gains, *adapts)

    def hidden(self, layer, x):
        """Spikes (T, ...) of inputs (T, ...), maps (channels, rows, columns) or flat: (1) to (5), (43), (76)."""
        w, bias = (self.weights[f"encoder.hidden.{layer}.{n}"] for n in ("weight", "bias"))
        kind = str(self.config["encoder"]["layers"][layer])
        shape = re.fullmatch(r"conv\d+k\d+(?:s(\d+))?(?:p(\d+))?(?:m(\d+))?", kind)
        stride, padding, window = (int(n or d) for n, d in zip(shape.groups(), (1, 0, 1))) if shape else (1, 0, 1)
        drive = convolve(x, w, 0.0, stride, padding) if shape else x.reshape(len(x), -1) @ w.T
        maps, drive = drive.shape, drive.reshape(len(drive), -1)
        bias = np.repeat(bias, drive.shape[1] // len(bias))
        beta, alpha, rho, g_s, g_m, g_r, alpha_a, s = self.constants(layer, drive.shape[1] // len(w) if shape else 1)
        q = p = r = a = h = np.zeros(drive.shape[1])
        spikes, neuron = np.empty_like(drive), self.config["neuron"]
        for t, current in enumerate(drive if neuron["model"] != "srm" else ()):  # (76) to (78)
            q = beta * q + g_s * (current + bias)
            p = alpha * p * (1 - h) + g_m * q
            h = spikes[t] = (p > neuron["threshold"]) * 1.0
        for t, current in enumerate(drive if neuron["model"] == "srm" else ()):
            p, q = alpha * p + g_m * q, beta * q + g_s * current
            r, a = rho * r - g_r * h, alpha_a * a + s * (1 - alpha_a) * h
            h = spikes[t] = (p + bias + r - a >= 0) * 1.0
        return pool(spikes.reshape(maps), window) if shape else spikes

    def filters(self):
        """a (K, tau) and c (KF, tau) of the readout."""
        r, learnt = self.config["readout"], self.weights.get("encoder.readout.basis")
        steps = -(-r["filter_us"] // self.step_us) if r["filter_us"] else r["filter_steps"]
        a = raised_cosines(steps, r["bases"], r["basis_width"]) if learnt is None else learnt
        return a, raised_cosines(steps, r["feedback_bases"], r["basis_width"])

    def readout(self, x, draws):
        """Spikes and potentials (T, NY) of the readout with given uniform numbers: (9) and (10)."""
        w = {name: self.weights.get(f"encoder.readout.{name}") for name in ("weight", "bias", "feedback")}
        a, c = self.filters()
        steps, f = a.shape[1], w["feedback"]
        v = np.einsum("tj,ijk->tki", x, w["weight"])
        u, y = np.zeros((2, len(x), len(w["bias"])))
        back = np.zeros((len(x), len(c), len(w["bias"])))
        for t in range(len(x)):
            u[t] = w["bias"] + sum(a[:, lag] @ v[t - lag] for lag in range(min(steps, t + 1)))
            u[t] += sum(c[:, lag] @ back[t - 1 - lag] for lag in range(min(steps, t)))
            y[t] = draws[t] < 1 / (1 + np.exp(-u[t]))
            if f is not None:
                back[t] = np.einsum("ijk,j->ki", f, y[t]) if f.ndim == 3 else (f * y[t, :, None]).T
        return y, u

    def encode(self, x, seed=0, index=0):
        g, blank = self.geometry, self.config["data"]["blank_steps"]
        x = np.concatenate([np.zeros((blank, x.shape[1])), x])
        h = x.reshape(len(x), g["input_channels"], g["input_height"], g["input_width"])
        for layer in range(len(self.config["encoder"]["layers"])):
            h = self.hidden(layer, h)
        h = h.reshape(len(x), -1)
        if self.config["encoder"]["skip"] and self.config["encoder"]["layers"]:
            h = np.concatenate([h, x], 1)
        y, u = self.readout(h, uniform(seed, index, len(x), self.config["encoder"]["readouts"]))
        return y[blank:], u[blank:]

    def affine(self, name, x):
        return self.weights[f"decoder.{name}.weight"] @ x.reshape(-1) + self.weights[f"decoder.{name}.bias"]

    def conv(self, name, x, stride):
        return convolve(x, self.weights[f"decoder.{name}.weight"], self.weights[f"decoder.{name}.bias"], stride, 1)

    def image(self, x):
        """upconv: a small map, which transposed convolutions double until it covers the target, cut to its size."""
        ups = sum(name.startswith("decoder.up") and name.endswith(".weight") for name in self.weights)
        sides = lambda left: [-(-self.geometry[f"target_{side}"] // 2**left) for side in ("height", "width")]
        if "decoder.fc1.weight" in self.weights:
            x = np.maximum(self.affine("fc1", x), 0)
        z = self.affine("fc2", x).reshape(-1, *sides(ups))
        for left in range(ups - 1, -1, -1):
            w, b = (self.weights[f"decoder.up{ups - left}.{part}"] for part in ("weight", "bias"))
            z, (rows, columns) = np.maximum(z, 0), z.shape[1:]
            wide = np.zeros((w.shape[1], 2 * rows + 2, 2 * columns + 2))
            for ky in range(4):
                for kx in range(4):
                    to = wide[:, ky : ky + 2 * rows : 2, kx : kx + 2 * columns : 2]
                    to += np.einsum("co,cyx->oyx", w[:, :, ky, kx], z)
            height, width = sides(left)
            z = wide[:, 1 : height + 1, 1 : width + 1] + b[:, None, None]
        return z.reshape(-1)

    def decode(self, spikes):
        """What the decoder gives for the last steps of spikes (T, NY), as received."""
        d, window = self.config["decoder"], self.config["decoder"]["window"] or self.geometry["steps"]
        x, kind = spikes[-window:], d["type"]
        if d["coding"] == "rate":
            x = x.sum(0)
        elif d["coding"] == "first":
            x = (x * (1 - np.arange(window) / window)[:, None]).max(0)  # (66)
        if kind == "conv":
            x = np.maximum(self.conv("conv2", self.conv("conv1", x[None], 2), 2), 0)
        elif kind == "conv2d":
            x = np.maximum(self.conv("conv2", self.conv("conv1", x[None, None], 2), 1), 0)
            x = np.maximum(self.conv("conv3", x, 2), 0)
        elif kind not in ("linear", "mlp", "upconv"):
            raise ValueError(f"this twin does not know decoder.type={kind}")
        if kind == "upconv":
            z = self.image(x)
        elif kind in ("mlp", "conv2d"):
            z = self.affine("fc2", np.maximum(self.affine("fc1", x), 0))
        else:
            z = self.affine("fc", x)
        classes = self.config["data"]["target"] in ("class", "units")
        head = d["head"] if d["head"] != "auto" else "categorical" if classes else "bernoulli"
        if head == "categorical":
            return np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        return 1 / (1 + np.exp(-z)) if head == "bernoulli" else z
