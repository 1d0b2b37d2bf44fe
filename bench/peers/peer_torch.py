# SPDX-License-Identifier: MIT
"""The network and rule in PyTorch: peer_torch.py FOLDER THREADS.

Inputs are gathered (embedding_bag), filters are products over time, what is sequential is compiled with the rest, and
the updates are fused. PEER_DENSE=1 in the environment takes dense products of the inputs, PEER_EAGER=1 does not
compile; both were slower.
"""
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

from common import Case, serve


class Spike(torch.autograd.Function):
    """(5), (8)"""

    @staticmethod
    def forward(ctx, u, slope):
        ctx.save_for_backward(u)
        ctx.slope = slope
        return (u >= 0).to(u.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (u,) = ctx.saved_tensors
        return gradient / (ctx.slope * u.abs() + 1) ** 2, None


class Peer:
    def __init__(self, case):
        self.case = case
        trained = {name: value for name, value in case.before.items() if not name.startswith("feedback.")}
        self.p = {name: torch.nn.Parameter(torch.tensor(value)) for name, value in trained.items()}
        k = case.readout_filters.shape[0]
        self.filters = torch.tensor(case.readout_filters.transpose(1, 2, 0).reshape(case.steps, case.steps * k).copy())
        self.membrane, self.own = torch.tensor(case.membrane), torch.tensor(case.own_filter)
        self.logit = float(np.log(case.prior / (1 - case.prior)))
        flat = case.x.reshape(-1, case.inputs)
        self.gathers = os.environ.get("PEER_DENSE") is None
        self.x = torch.tensor(case.x)
        self.indices = torch.tensor(np.nonzero(flat)[1])
        self.offsets = torch.tensor(np.concatenate(([0], np.cumsum(flat.sum(1))[:-1])).astype(np.int64))
        self.targets = torch.tensor(case.targets)
        self.optimizer = torch.optim.Adam(self.p.values(), lr=1e-3, fused=True)
        compiled = os.environ.get("PEER_EAGER") is None
        self.loss_of = torch.compile(self.loss) if compiled else self.loss
        self.readout_of = torch.compile(self.encoded) if compiled else self.encoded
        self.state = None

    def refractory(self, u):
        """(3), (5), not differentiated: R of every step."""
        c, rows = self.case, []
        r = torch.zeros_like(u[:, 0])
        for t in range(c.steps):
            rows.append(r)
            r = c.decay * r - c.refractory_gain * (u[:, t] + r >= 0).to(u.dtype)
        return torch.stack(rows, 1)

    def sample(self, u, noise):
        """(9), (10), not differentiated: y step by step."""
        c, rows, f = self.case, [], self.p["encoder.readout.feedback"][:, 0]
        for t in range(c.steps):
            own = torch.zeros_like(u[:, 0])
            for lag in range(min(c.taps, t)):
                own = own + float(c.own_taps[lag]) * rows[t - 1 - lag]
            rows.append((noise[:, t] < torch.sigmoid(u[:, t] + f * own)).to(u.dtype))
        return torch.stack(rows, 1)

    def encoded(self, y, noise):
        """Potentials and spikes of the readout, y forced or drawn."""
        c, p = self.case, self.p
        w = p["encoder.hidden.0.weight"]
        if self.gathers:
            currents = F.embedding_bag(self.indices, w.t(), self.offsets, mode="sum").view(c.batch, c.steps, -1)
        else:
            currents = self.x @ w.t()
        u = self.membrane @ currents + p["encoder.hidden.0.bias"]
        u = u + self.refractory(u.detach())
        h = Spike.apply(u, c.slope)
        v = p["encoder.readout.weight"]
        z = h.reshape(c.batch * c.steps, -1) @ v.permute(1, 2, 0).reshape(v.shape[1], -1)
        u = self.filters @ z.view(c.batch, -1, v.shape[0]) + p["encoder.readout.bias"]
        if y is None:
            y = self.sample(u.detach(), noise)
        return u + p["encoder.readout.feedback"][:, 0] * (self.own @ y), y

    def decoded(self, y):
        p = self.p
        if "decoder.fc1.weight" in p:
            hidden = F.relu(F.linear(y.flatten(1), p["decoder.fc1.weight"], p["decoder.fc1.bias"]))
            return F.linear(hidden, p["decoder.fc2.weight"], p["decoder.fc2.bias"])
        maps = F.conv1d(y, p["decoder.conv1.weight"], p["decoder.conv1.bias"], stride=2, padding=1)
        maps = F.relu(F.conv1d(maps, p["decoder.conv2.weight"], p["decoder.conv2.bias"], stride=2, padding=1))
        return F.linear(maps.flatten(1), p["decoder.fc.weight"], p["decoder.fc.bias"])

    def loss(self, y, noise):
        """(18), (19), (21)"""
        c = self.case
        u, y = self.encoded(y, noise)
        q = torch.sigmoid(u)
        distortion = F.binary_cross_entropy_with_logits(self.decoded(q + (y - q).detach()), self.targets)
        rate = (q * (u - self.logit) - F.softplus(u) - float(np.log(1 - c.prior))).mean()
        return distortion + c.beta * rate

    def check(self):
        loss = self.loss(torch.tensor(self.case.y), None)
        loss.backward()
        gradients = {name: value.grad.numpy().copy() for name, value in self.p.items()}
        return float(loss.detach()), gradients

    def noise(self):
        return torch.rand(self.case.batch, self.case.steps, self.case.readouts)

    def train(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss_of(None, self.noise()).backward()
        self.optimizer.step()

    @torch.no_grad()
    def encode(self):
        self.readout_of(None, self.noise())

    @torch.no_grad()
    def stream(self):
        """One step of one example: rows of the inputs and hidden neurons that spike."""
        c, p = self.case, self.p
        if self.state is None:
            torch.set_num_threads(1)  # so little work is slower on more
            hidden = c.before["encoder.hidden.0.weight"].shape[0]
            self.rows = [torch.tensor(np.nonzero(c.x[0, t])[0]) for t in range(c.steps)]
            self.w = p["encoder.hidden.0.weight"].detach().t().contiguous()
            v = p["encoder.readout.weight"].detach()
            self.v = v.permute(1, 2, 0).reshape(v.shape[1], -1).contiguous()
            past, own = torch.zeros(c.taps, v.shape[2], v.shape[0]), torch.zeros(c.taps, v.shape[0])
            self.state = [torch.zeros(hidden), torch.zeros(hidden), torch.zeros(hidden), past, own]
            self.taps, self.own_taps = torch.tensor(c.basis.T.copy()), torch.tensor(c.own_taps)
            self.t = 0
        q, m, r, past, own = self.state
        m.mul_(c.membrane_decay).add_(q, alpha=1 - c.membrane_decay)
        q.mul_(c.synaptic_decay).add_(self.w[self.rows[self.t % c.steps]].sum(0), alpha=1 - c.synaptic_decay)
        h = m + p["encoder.hidden.0.bias"] + r >= 0
        r.mul_(c.decay).sub_(h.float(), alpha=c.refractory_gain)
        past.copy_(torch.roll(past, 1, 0))
        past[0] = self.v[h.nonzero()[:, 0]].sum(0).view(past.shape[1:])
        u = torch.einsum("lk,lkn->n", self.taps, past) + p["encoder.readout.bias"]
        u += p["encoder.readout.feedback"][:, 0] * (self.own_taps @ own)
        y = torch.bernoulli(torch.sigmoid(u))
        own.copy_(torch.roll(own, 1, 0))
        own[0] = y
        self.t += 1


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    case = Case(sys.argv[1])
    print(f"PyTorch {torch.__version__}", flush=True)
    serve(Peer(case), case)
