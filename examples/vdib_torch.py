# SPDX-License-Identifier: MIT
"""A vdib model as a PyTorch module, to train on or to take apart. Its state dict has names and shapes of the file.

    model = Vdib("run/model.safetensors")
    logits, spikes, potentials = model(x)             # x (batch, T, NX) of 0 and 1; uniform numbers drawn by PyTorch
    torch.nn.functional.cross_entropy(logits, label).backward()
    model.save("changed.safetensors")                 # a model file again: `vdib eval changed.safetensors`

Dense layers, and every decoder; vdib_numpy.py, beside this file, has convolutional layers too. Equations:
docs/method.md. Gradients pass hidden spikes by a fast sigmoid (8) and readout spikes straight through (21);
learnt time constants stay as they are. The decoder reads the spikes as they are sent: a channel that loses or flips
some is the caller's.
"""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import vdib_numpy


class Step(torch.autograd.Function):
    """Theta(u), with the derivative 1 / (k |u| + 1)^2."""

    @staticmethod
    def forward(context, u, slope):
        context.save_for_backward(u)
        context.slope = slope
        return (u >= 0).to(u.dtype)

    @staticmethod
    def backward(context, gradient):
        (u,) = context.saved_tensors
        return gradient / (context.slope * u.abs() + 1) ** 2, None


class Vdib(nn.Module):
    def __init__(self, path):
        super().__init__()
        self.plain = vdib_numpy.Vdib(path)  # configuration and constants
        assert "conv" not in str(self.plain.config["encoder"]["layers"]), "encoder.layers: see vdib_numpy.py"
        for name, values in self.plain.weights.items():
            at, (*path, last) = self, name.split(".")
            for part in path:
                at = at._modules.setdefault(part, nn.Module())
            fixed = name.startswith("feedback.")
            values = torch.tensor(values, dtype=torch.float32)
            at.register_buffer(last, values) if fixed else at.register_parameter(last, nn.Parameter(values))

    def tensor(self, name):
        return self.get_parameter(name)

    def save(self, path):
        vdib_numpy.write(path, {n: v.detach().numpy() for n, v in self.state_dict().items()}, self.plain.texts)

    def hidden(self, layer, x):
        """(1) to (5), (43) and (76) to (78) of (batch, T, NX)."""
        beta, alpha, rho, g_s, g_m, g_r, alpha_a, s = (
            torch.as_tensor(c, dtype=torch.float32) for c in self.plain.constants(layer, 1))
        drive = F.linear(x, self.tensor(f"encoder.hidden.{layer}.weight"))
        bias, slope = self.tensor(f"encoder.hidden.{layer}.bias"), self.plain.config["neuron"]["surrogate_slope"]
        q = p = r = a = h = torch.zeros_like(drive[:, 0])
        spikes = []
        neuron = self.plain.config["neuron"]
        for current in drive.unbind(1):
            if neuron["model"] != "srm":  # (76) to (78)
                q = beta * q + g_s * (current + bias)
                p = alpha * p * (1 - h.detach()) + g_m * q
                h = Step.apply(p - np.nextafter(np.float32(neuron["threshold"]), np.float32(np.inf)), slope)
                spikes.append(h)
                continue
            p, q = alpha * p + g_m * q, beta * q + g_s * current
            r, a = rho * r - g_r * h, alpha_a * a + s * (1 - alpha_a) * h
            h = Step.apply(p + bias + r - a, slope)
            spikes.append(h)
        return torch.stack(spikes, 1)

    def readout(self, x, uniform):
        """(9) and (10): spikes and potentials (batch, T, NY)."""
        a, c = (torch.as_tensor(f, dtype=torch.float32) for f in self.plain.filters())
        if self.plain.config["readout"]["learns_filters"]:
            a = self.tensor("encoder.readout.basis")
        v = torch.einsum("btj,ijk->btki", x, self.tensor("encoder.readout.weight"))
        bias, u, y, back = self.tensor("encoder.readout.bias"), [], [], []
        for t in range(x.shape[1]):
            now = bias + sum(torch.einsum("k,bki->bi", a[:, l], v[:, t - l]) for l in range(min(a.shape[1], t + 1)))
            lags = range(min(c.shape[1], len(back)))
            now = now + sum(torch.einsum("k,bki->bi", c[:, l], back[t - 1 - l]) for l in lags)
            p = torch.sigmoid(now)
            spikes = p + ((uniform[:, t] < p).to(p.dtype) - p).detach()
            u.append(now), y.append(spikes)
            if len(c):
                f = self.tensor("encoder.readout.feedback")
                back.append(torch.einsum("ijk,bj->bki" if f.ndim == 3 else "ik,bi->bki", f, spikes))
        return torch.stack(y, 1), torch.stack(u, 1)

    def decode(self, y):
        """Logits (batch, outputs) of the last steps of y (batch, T, NY)."""
        d = self.plain.config["decoder"]
        x = y[:, -(d["window"] or self.plain.geometry["steps"]) :]
        layer = {n: m for n, m in self.decoder.named_children()}
        affine = lambda n, z: F.linear(z.flatten(1), layer[n].weight, layer[n].bias)
        conv = lambda n, z, s: (F.conv1d if z.ndim == 3 else F.conv2d)(z, layer[n].weight, layer[n].bias, s, 1)
        if d["coding"] == "rate":
            x = x.sum(1)
        elif d["coding"] == "first":
            x = (x * (1 - torch.arange(x.shape[1]) / x.shape[1])[:, None]).amax(1)
        if d["type"] == "conv":
            x = torch.relu(conv("conv2", conv("conv1", x, 2), 2))
        elif d["type"] == "conv2d":
            x = torch.relu(conv("conv3", torch.relu(conv("conv2", conv("conv1", x[:, None], 2), 1)), 2))
        elif d["type"] == "upconv":
            g, ups = self.plain.geometry, sum(n.startswith("up") for n in layer)
            sides = lambda left: [-(-g[f"target_{side}"] // 2**left) for side in ("height", "width")]
            z = affine("fc2", torch.relu(affine("fc1", x)) if "fc1" in layer else x).unflatten(1, (-1, *sides(ups)))
            for left in range(ups - 1, -1, -1):
                m, (height, width) = layer[f"up{ups - left}"], sides(left)
                z = F.conv_transpose2d(torch.relu(z), m.weight, m.bias, 2, 1)[:, :, :height, :width]
            return z.flatten(1)
        return affine("fc2", torch.relu(affine("fc1", x))) if "fc2" in layer else affine("fc", x)

    def forward(self, x, uniform=None):
        blank = self.plain.config["data"]["blank_steps"]
        x = F.pad(x, (0, 0, blank, 0))
        uniform = torch.rand(*x.shape[:2], self.plain.config["encoder"]["readouts"]) if uniform is None else uniform
        h = x
        for layer in range(len(self.plain.config["encoder"]["layers"])):
            h = self.hidden(layer, h)
        if self.plain.config["encoder"]["skip"] and h is not x:
            h = torch.cat([h, x], 2)
        y, u = self.readout(h, uniform)
        return self.decode(y[:, blank:]), y[:, blank:], u[:, blank:]
