# SPDX-License-Identifier: MIT
"""vdib.torch, with a decoder, a loss and an optimiser of PyTorch: peer_module.py FOLDER THREADS.

The package is that of the build folder, $VDIB_PYTHONPATH. The encoder is updated in its backward pass; with
VDIB_UPDATES=behind, behind it, as PyTorch's optimisers do.
"""

import os
import sys

import torch
import torch.nn.functional as F

from common import Case, serve

sys.path.insert(0, os.environ["VDIB_PYTHONPATH"])

import vdib
import vdib.torch


class Peer:
    def __init__(self, case, folder, threads):
        self.case = case
        self.encoder = vdib.torch.Encoder(os.path.join(folder, "before.safetensors"), threads=threads)
        self.decoder = vdib.torch.Decoder(self.encoder.model)
        self.rasters = [vdib.Raster.from_dense(x.astype("u1")) for x in case.x]
        self.targets = torch.tensor(case.targets)
        self.optimizer = None  # the check looks at gradients

    def loss(self, out):
        """(18), (19)"""
        c = self.case
        distortion = F.binary_cross_entropy_with_logits(self.decoder(out.spikes), self.targets)
        return distortion + c.beta / (c.steps * c.readouts) * out.rate.mean()

    def check(self):
        out = self.encoder(self.rasters, index=0)  # the numbers of the exported update
        if not (out.spikes.detach().numpy() == self.case.y).all():
            sys.exit("vdib.torch draws other spikes than the library")
        loss = self.loss(out)
        loss.backward()
        modules = {"encoder": self.encoder, "decoder": self.decoder}
        gradients = {
            f"{part}.{name}": p.grad.numpy().copy() for part, m in modules.items() for name, p in m.named_parameters()
        }
        return float(loss.detach()), gradients

    def begin(self):
        parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        inside = self.encoder if os.environ.get("VDIB_UPDATES") != "behind" else None
        self.optimizer = vdib.torch.Adam(parameters, lr=1e-3, in_backward=inside)

    def train(self):
        if self.optimizer is None:
            self.begin()
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.encoder(self.rasters)).backward()
        self.optimizer.step()

    @torch.no_grad()
    def encode(self):
        self.encoder(self.rasters)

    def stream(self):
        raise SystemExit("streams are vdib.Stream's, which is not a module")


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    case = Case(sys.argv[1])
    print(f"vdib.torch {vdib.__version__}, PyTorch {torch.__version__}", flush=True)
    serve(Peer(case, sys.argv[1], int(sys.argv[2])), case)
