# SPDX-License-Identifier: MIT
"""The network and rule as they are written with snnTorch, step by step: peer_snntorch.py FOLDER THREADS."""

import sys

import snntorch
import torch
import torch.nn.functional as F
from snntorch import surrogate

from common import Case, serve
from peer_torch import Peer as Plain


class Peer(Plain):
    """As peer_torch.py, but for the encoder: dense products and the neurons of snnTorch, a step at a time."""

    def __init__(self, case):
        super().__init__(case)
        self.loss_of, self.readout_of = self.loss, self.encoded
        self.basis = torch.tensor(case.basis)  # (K, tau)
        self.own_taps = torch.tensor(case.own_taps)
        self.hidden = snntorch.Synaptic(alpha=case.synaptic_decay, beta=case.membrane_decay, reset_mechanism="none",
                                        spike_grad=surrogate.fast_sigmoid(case.slope))  # fmt: skip

    def past(self, rows, taps):
        """sum_l taps(l) rows[-1 - l], (K, tau) or (tau) taps and rows (B, ..., NY)."""
        return sum(taps[lag] * rows[-1 - lag] for lag in range(min(len(taps), len(rows))))

    def encoded(self, y, noise):
        c, p = self.case, self.p
        w, v = p["encoder.hidden.0.weight"], p["encoder.readout.weight"]
        flat, f = v.permute(1, 2, 0).reshape(v.shape[1], -1), p["encoder.readout.feedback"][:, 0]
        gain = (1 - c.synaptic_decay) * (1 - c.membrane_decay)  # both inputs of the neuron by one factor
        taps = self.basis.t()[:, :, None]
        syn, mem = self.hidden.reset_mem()
        current, refractory, filtered, drawn, potentials = torch.zeros(c.batch, len(w)), 0.0, [], [], []
        for t in range(c.steps):
            self.hidden.threshold = -(p["encoder.hidden.0.bias"] + refractory)
            h, syn, mem = self.hidden(current, syn, mem)
            current = gain * F.linear(self.x[:, t], w)  # seen a step later
            refractory = c.decay * refractory - c.refractory_gain * h.detach()
            filtered.append((h @ flat).view(c.batch, -1, v.shape[0]))
            u = self.past(filtered, taps).sum(1) + p["encoder.readout.bias"]
            u = u + f * self.past(drawn, self.own_taps) if drawn else u
            drawn.append((noise[:, t] < torch.sigmoid(u.detach())).to(u.dtype) if y is None else y[:, t])
            potentials.append(u)
        return torch.stack(potentials, 1), torch.stack(drawn, 1)

    def stream(self):
        raise SystemExit("streams are peer_torch.py's")


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    case = Case(sys.argv[1])
    print(f"snnTorch {snntorch.__version__}, PyTorch {torch.__version__}", flush=True)
    serve(Peer(case), case)
