# SPDX-License-Identifier: MIT
"""A vdib model as a PyTorch module of 60 lines: the same spikes, to read, to train on, and back into vdib.

    model = Vdib("run/model.safetensors")
    logits, spikes, potentials = model(x, torch.rand(batch, T, NY))   # x (batch, T, NX) of 0 and 1
    torch.nn.functional.cross_entropy(logits, label).backward()
    safetensors.torch.save_file(model.state_dict(), "changed.safetensors", model.texts)     # `vdib eval` reads it

The state dict has the names and shapes of the file. Numbers in parentheses are the equations of docs/method.md.
Gradients pass hidden spikes by a fast sigmoid (8) and readout spikes straight through (21). It knows dense layers of
every neuron model (srm, cuba, lif), the skip connection, feedback of each neuron, and the decoders linear and mlp of
times and of counts: every experiment but anywhere and published/*. It refuses the rest: vdib_torch.py, beside it, has
adaptive thresholds, learnt time constants and filters, every gain, lateral feedback, decoding of first spikes and every
decoder; vdib_numpy.py convolutional layers, too.
"""
import json

import safetensors.torch
import torch

KNOWN = ("encoder.type=spiking readout.type=spiking readout.feedback=neuron neuron.gain=unit neuron.learn_tau=none "
         "neuron.adaptation_strength=[] readout.learns_filters=False readout.filter_us=0 data.blank_steps=0 "
         "decoder.type=linear|mlp decoder.coding=time|rate channel.type=none")


def raised_cosines(steps, bases, width):
    """The filters (bases, steps) of (11)."""
    place = torch.log1p(torch.arange(steps) * 10 / steps)
    away = place / (place[-1] / max(bases - 1, 1)) - torch.arange(bases)[:, None]  # of centres, in their distances
    return (1 + torch.cos((width * torch.pi * away).nan_to_num().clip(-torch.pi, torch.pi))) / 2


class Vdib(torch.nn.Module):
    def __init__(self, path):
        super().__init__()
        file = safetensors.safe_open(path, "pt")
        self.texts, self.config = file.metadata(), json.loads(file.metadata()["vdib_config"])
        for part, key, known in (word.replace("=", ".").split(".") for word in KNOWN.split()):
            assert str(self.config[part][key]) in known.split("|"), f"{part}.{key}: see vdib_torch.py or vdib_numpy.py"
        assert "conv" not in str(self.config["encoder"]["layers"]), "encoder.layers: see vdib_numpy.py"
        for name in file.keys():  # encoder.readout.weight: a module within a module
            at, (*parts, last) = self, name.split(".")
            for part in parts:
                at = at._modules.setdefault(part, torch.nn.Module())
            at.register_parameter(last, torch.nn.Parameter(file.get_tensor(name), not name.startswith("feedback.")))

    def hidden(self, layer, x):
        """Spikes (batch, NH) of a step after the other: (1) to (5), and (76) to (78) of neurons that are reset."""
        c, data, w = self.config["neuron"], self.config["data"], self.get_submodule(f"encoder.hidden.{layer}")
        step = data["step_us"] or (3750 if data["input"] == "events" else 1000)
        taus = [(c[f"{name}_tau_us"], c[f"{name}_decay"]) for name in ("synaptic", "membrane", "refractory")]
        ends = lambda tau: torch.tensor(-step / (tau or 1e-9)).exp()  # (40); of 0: none
        beta, alpha, rho = (ends(tau[layer % len(tau)]) if tau else d for tau, d in taus)
        beta = 0.0 if c["model"] == "lif" else beta  # it has no synapse
        q = p = r = h = torch.zeros(len(x), len(w.bias))
        for current in (x @ w.weight.T).unbind(1):
            if c["model"] == "srm":
                p, q, r = alpha * p + (1 - alpha) * q, beta * q + (1 - beta) * current, rho * r - (1 - rho) * h
            else:
                q = beta * q + (1 - beta) * (current + w.bias)
                p = alpha * p * (1 - h.detach()) + (1 - alpha) * q
            u = p + w.bias + r if c["model"] == "srm" else p - c["threshold"]
            # a soft spike has the gradient alone
            h = (u >= 0 if c["model"] == "srm" else u > 0) + ((s := u / (1 + c["surrogate_slope"] * u.abs())) - s.data)
            yield h

    def readout(self, x, uniform):
        """Spikes and potentials (batch, NY) of a step after the other: (9) and (10)."""
        w, r = self.encoder.readout, self.config["readout"]
        a, c = (raised_cosines(r["filter_steps"], r[name], r["basis_width"]) for name in ("bases", "feedback_bases"))
        v = torch.nn.functional.pad(torch.einsum("btj,ijk->btki", x, w.weight), (0, 0, 0, 0, a.shape[1] - 1, 0))
        past, f = torch.zeros(len(x), c.shape[1], len(w.bias)), getattr(w, "feedback", torch.zeros(len(w.bias), 0))
        for t, draw in enumerate(uniform.unbind(1)):
            u = w.bias + torch.einsum("kl,blki->bi", a.flip(1), v[:, t : t + a.shape[1]])
            u = u + torch.einsum("kl,bli,ik->bi", c, past, f)
            past = torch.cat([((draw < (p := u.sigmoid())) + (p - p.detach()))[:, None], past[:, :-1]], 1)  # y first
            yield past[:, 0], u

    def forward(self, x, uniform):
        """Logits (batch, outputs); spikes and potentials of the readout (batch, T, NY)."""
        e, d, h = self.config["encoder"], self.config["decoder"], x
        for layer in range(len(e["layers"])):
            h = torch.stack(list(self.hidden(layer, h)), 1)
        h = torch.cat([h, x], 2) if e["skip"] and e["layers"] else h
        y, u = (torch.stack(steps, 1) for steps in zip(*self.readout(h, uniform)))
        z = y[:, -d["window"] :].sum(1) if d["coding"] == "rate" else y[:, -d["window"] :].flatten(1)
        for layer in ("fc1", "fc2") if d["type"] == "mlp" else ("fc",):  # spikes are not negative: relu leaves them
            z = z.relu() @ self.get_parameter(f"decoder.{layer}.weight").T + self.get_parameter(f"decoder.{layer}.bias")
        return z, y, u
