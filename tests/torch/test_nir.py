# SPDX-License-Identifier: MIT
"""`vdib export --to nir --for PROGRAM`: the file in that program, step by step, gives vdib's hidden spikes.

    test_nir.py [MODEL=DATA...]

Spike for spike, but where a potential of vdib is within 1e-5 of its threshold: from there on the two are different
sequences, so that an example is compared up to it. MODEL=DATA: trained models, over 20 test recordings.
"""
import contextlib
import io
import os
import sys
import warnings

source = os.environ["VDIB_SOURCE"]
sys.path.insert(0, os.path.join(source, "tests", "interop"))
from common import folder, skip, trace, vdib
from small import COMMON, SMALL

warnings.filterwarnings("ignore")
BOUND = 1e-5


def cells(program, path):
    """The program's modules from input to output, and how each takes a step: module, x, state -> y, state."""
    import nir

    graph = nir.read(path)
    with contextlib.redirect_stdout(io.StringIO()):
        if program == "norse":
            from norse.torch.utils.import_nir import _import_norse_module as make
        else:
            from snntorch.import_nir import _nir_to_snntorch_module as make
        order, name = [], "input"
        while name != "output":
            (name,) = [b for a, b in graph.edges if a == name]
            if name != "output":
                order.append(make(graph.nodes[name]))
    return order, graph.nodes["input"].input_type["input"]


def begin(module):
    """snnTorch's modules keep a state of their own, which the last example left."""
    found = module.reset_mem()
    return found if isinstance(found, tuple) else (found,)


def step(module, x, state):
    import torch

    if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)):
        return module(x), None
    if isinstance(module, torch.nn.Flatten):
        return x.reshape(1, -1), None
    if type(module).__module__.startswith("snntorch"):
        y, *state = module(x, *(state or begin(module)))
        return y, tuple(state)
    return module(x, state)


def compare(program, path, numbers):
    import numpy as np
    import torch

    modules, shape = cells(program, path)
    count, parted = 0, 0
    with torch.no_grad():
        for e, x in enumerate(numbers["input"]):
            states, apart = [None] * len(modules), False
            for t in range(len(x)):
                y, layer = torch.tensor(x[t].reshape(1, *shape).astype(np.float32)), 0
                for m, module in enumerate(modules):
                    y, states[m] = step(module, y, states[m])
                    if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d, torch.nn.Flatten)):
                        continue
                    want = numbers[f"hidden{layer}_spikes"][e, t]
                    count += int(want.sum())
                    if not (y.numpy().reshape(-1) == want).all():
                        near = np.abs(numbers[f"hidden{layer}_potentials"][e, t]).min()
                        assert near < BOUND, (program, path, e, t, layer, near)
                        apart = True
                    layer += 1
                if apart:
                    parted += 1
                    break
    return count, parted


def main():
    import numpy as np

    place = folder()
    model, out, file = (os.path.join(place, n) for n in ("model.safetensors", "numbers.npz", "model.nir"))
    # Neither has neurons that do not leak, which is refused.
    cases = {n: s for n, s in SMALL.items() if any(w in ("neuron.model=cuba", "neuron.model=lif") for w in s)
             and not n.startswith(("no leak", "a leak and none"))}
    cases["published gain, reset"] = ["neuron.model=cuba", "neuron.gain=published", "neuron.threshold=3"]
    cases["no synapse, dense"] = ["neuron.model=lif"]
    for program in ("snntorch", "norse"):
        for name, settings in cases.items():
            settings = [s.replace("s1p1m2", "s1p1") for s in settings]  # they have no OR of a window
            trace("--small", model, out, *COMMON, *settings)
            check(program, name, model, out, file)
        for word in sys.argv[1:]:
            path, data = word.split("=")
            trace(path, data, 20, out)
            check(program, word, path, out, file)


def check(program, name, model, out, file):
    import numpy as np

    if os.path.exists(file):
        os.remove(file)
    vdib("export", model, "--to", "nir", "--for", program, "--out", file)
    count, parted = compare(program, file, dict(np.load(out)))
    print(f"{program:9} {name:32} {count} hidden spikes are the same, {parted} examples part at a threshold")


try:
    import h5py
    import nir
    import norse
    import snntorch
    import torch
except ImportError as error:
    skip(f"{error}; `make test-torch` installs it")
main()
