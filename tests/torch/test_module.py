# SPDX-License-Identifier: MIT
"""vdib.torch: gradients beside a plain PyTorch twin, and everything that a module of PyTorch does."""

import copy
import gc
import io
import os
import pickle
import sys
import warnings

sys.path += [os.path.join(os.environ["VDIB_SOURCE"], part) for part in ("tests/interop", "examples")]
sys.path.insert(0, os.environ["VDIB_PYTHONPATH"])

from common import folder, skip

try:
    import numpy as np
    import pytest
    import torch
    from torch.nn import functional as F

    import vdib
except ImportError as error:
    skip(f"{error}; `make python test-torch` installs it")

import vdib.torch as vt
import vdib_numpy
from vdib_torch import Vdib

STEPS, SHAPE = 19, (2, 6, 5)
COMMON = [
    "data.target=image",
    "data.steps=19",
    "data.blank_steps=2",
    "encoder.layers=14",
    "encoder.readouts=9",
    "decoder=linear",
    "decoder.window=11",
    "seed=5",
    "learning.estimator=straight-through",
    "neuron.surrogate=fast-sigmoid",
    "neuron.surrogate_slope=3",
    "learning.credit_assignment=bptt",
]
BOUND = 1e-4


def small(*settings):
    config = vdib.Config()
    for setting in [*COMMON, *settings]:
        config.set(setting)
    return vdib.Model(config, vdib.Geometry(*SHAPE, STEPS, 3, 4, 3))


def inputs(count=4, seed=1, density=0.2):
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(count, STEPS, 60, generator=generator) < density).float()


def moved(model, scale=0.3):
    """Weights that are not those of the beginning, so that neurons spike."""
    generator = np.random.default_rng(3)
    for name, values in model.tensors.items():
        if "log_tau" not in name and "basis" not in name:
            model.set_tensor(name, (values + scale * generator.standard_normal(values.shape)).astype("f4"))
    return model


class Given(Vdib):
    """The plain twin with spikes that are given: y is not drawn, and its past is no variable."""

    def readout(self, x, uniform):
        a, c = (torch.as_tensor(f, dtype=torch.float32) for f in self.plain.filters())
        v = torch.einsum("btj,ijk->btki", x, self.tensor("encoder.readout.weight"))
        if self.plain.config["readout"]["learns_filters"]:
            a = self.tensor("encoder.readout.basis")
        u = []
        for t in range(x.shape[1]):
            now = self.tensor("encoder.readout.bias")
            now = now + sum(torch.einsum("k,bki->bi", a[:, l], v[:, t - l]) for l in range(min(a.shape[1], t + 1)))
            f = self.tensor("encoder.readout.feedback") if len(c) else None
            for l in range(min(c.shape[1], t) if len(c) else 0):
                past = uniform[:, t - 1 - l]
                taps = f @ c[:, l]
                now = now + (past @ taps.T if f.ndim == 3 else past * taps)
            u.append(now)
        return uniform, torch.stack(u, 1)


NETWORKS = {
    "dense": [],
    "two layers": ["encoder.layers=[14, 9]"],
    "adaptive": ["neuron.adaptation_strength=0.5", "neuron.adaptation_tau_us=30000"],
    "lateral": ["readout.feedback=lateral", "readout.feedback_bases=2"],
    "no feedback": ["readout.feedback_bases=0"],
    "no hidden layer": ["encoder.layers=[]"],
    "joined": ["encoder.skip=true"],
    "learnt filters": ["readout.learns_filters=true"],
    "published gain": ["neuron.gain=published"],
}


def uniform_for(spikes):
    """Numbers below every probability where a neuron spikes, and above where it does not."""
    return torch.where(spikes > 0, torch.tensor(-1.0), torch.tensor(2.0))


def largest(got, want):
    """The largest difference of a tensor's gradient over its largest entry."""
    worst = 0.0
    for name, value in want.items():
        assert torch.isfinite(got[name]).all() and got[name].shape == value.shape, name
        scale = max(float(value.abs().max()), 1e-6)
        worst = max(worst, float((got[name] - value).abs().max()) / scale)
    return worst


def twin_of(encoder, kind):
    path = os.path.join(folder(), "model.safetensors")
    encoder.model.save(path)
    return kind(path)


def gradients(module, prefix=""):
    return {prefix + n: p.grad.clone() for n, p in module.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_those_of_a_plain_twin(name):
    """Straight through the spikes, and of the rate, with what the spikes do to later steps: bptt."""
    model = moved(small("data.blank_steps=0", "decoder.window=0", *NETWORKS[name]))
    encoder = vt.Encoder(model, threads=2)
    x = inputs()
    weights = torch.randn(4, STEPS, 9, generator=torch.Generator().manual_seed(2))
    prices = torch.tensor([0.3, -0.2, 0.5, 0.1])
    out = encoder(x)
    assert 0.05 < out.spikes.mean() < 0.95
    ((weights * out.spikes).sum() + (prices * out.rate).sum()).backward()
    twin = twin_of(encoder, Vdib)
    _, spikes, u = twin(x, uniform_for(out.spikes))
    assert (spikes.detach().round() == out.spikes).all()
    p, r0 = torch.sigmoid(u), model.config["objective.prior_probability"]
    rate = (p * (u - np.log(r0 / (1 - r0))) - F.softplus(u) - np.log(1 - r0)).sum((1, 2))
    torch.testing.assert_close(out.rate, rate, rtol=1e-4, atol=1e-3)
    ((weights * spikes).sum() + (prices * rate).sum()).backward()
    want = {n: g for n, g in gradients(twin).items() if n.startswith("encoder.")}
    assert len(want) >= 2
    assert largest(gradients(encoder, "encoder."), want) < BOUND


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_are_those_of_a_plain_twin(name):
    """log p(y), the spikes given."""
    encoder = vt.Encoder(moved(small("data.blank_steps=0", "decoder.window=0", *NETWORKS[name])))
    x, prices = inputs(), torch.tensor([0.3, -0.2, 0.5, 0.1])
    out = encoder(x)
    (prices * out.log_p).sum().backward()
    twin = twin_of(encoder, Given)
    _, y, u = twin(x, out.spikes.detach())
    log_p = (y * u - F.softplus(u)).sum((1, 2))
    torch.testing.assert_close(out.log_p, log_p, rtol=1e-4, atol=1e-3)
    (prices * log_p).sum().backward()
    want = {n: g for n, g in gradients(twin).items() if n.startswith("encoder.")}
    assert largest(gradients(encoder, "encoder."), want) < BOUND
    r0 = encoder.model.config["objective.prior_probability"]
    prior = torch.where(y > 0, torch.tensor(r0), torch.tensor(1 - r0)).log().sum((1, 2))
    torch.testing.assert_close(out.rate_sampled, out.log_p.detach() - prior, rtol=1e-4, atol=1e-3)


def test_both_losses_add_up():
    """Spikes, log p(y) and rate in one loss, and twice the way back with the graph kept."""
    encoder = vt.Encoder(moved(small("learning.credit_assignment=bp")))
    out, parts = encoder(inputs()), []
    for loss in (out.spikes.sum(), out.log_p.sum(), out.rate.sum()):
        encoder.zero_grad()
        loss.backward(retain_graph=True)
        parts.append(gradients(encoder))
    encoder.zero_grad()
    (out.spikes.sum() + out.log_p.sum() + out.rate.sum()).backward()
    want = {name: sum(part[name] for part in parts) for name in parts[0]}
    assert largest(gradients(encoder), want) < 1e-5


def test_draws_share_the_hidden_layers():
    encoder = vt.Encoder(moved(small("learning.credit_assignment=bp")))
    x = inputs()
    out = encoder(x, draws=3)
    assert out.spikes.shape == (4, 3, 11, 9) and out.log_p.shape == out.rate.shape == out.rate_sampled.shape == (4, 3)
    assert (out.spikes[:, 0] != out.spikes[:, 1]).any()
    assert encoder(x, draws=1).spikes.shape == (4, 1, 11, 9)
    nats = (out.spikes.detach().sum((2, 3)) - 30) / 10
    loss = vt.score_loss(nats, out.log_p)
    assert abs(float(loss) - float(nats.mean())) < 1e-5
    loss.backward()
    got = gradients(encoder)
    encoder.zero_grad()
    out = encoder(x, draws=3, index=0)
    weights = (nats - (nats.sum(1, keepdim=True) - nats) / 2) / 12
    (weights * out.log_p).sum().backward()
    assert largest(got, gradients(encoder)) < 1e-5


@pytest.mark.parametrize("baseline", ["batch", "none", 1.5, "tensor"])
def test_score_loss(baseline):
    nats = torch.tensor([1.0, 2.0, 6.0], requires_grad=True)
    log_p = torch.tensor([-5.0, -6.0, -7.0], requires_grad=True)
    taken = {"batch": torch.tensor([4.0, 3.5, 1.5]), "none": 0.0, 1.5: 1.5, "tensor": torch.tensor([1.0, 0.0, 2.0])}[
        baseline
    ]
    loss = vt.score_loss(nats, log_p, baseline=taken if baseline == "tensor" else baseline)
    assert float(loss.detach()) == 3.0
    loss.backward()
    torch.testing.assert_close(log_p.grad, (nats.detach() - taken) / 3)
    torch.testing.assert_close(nats.grad, torch.full((3,), 1 / 3))


def test_score_loss_refuses():
    nats, one = torch.zeros(3), torch.zeros(1)
    for loss, log_p, baseline, kind, words in (
        (nats, nats, "per-parameter", vdib.errors.UnsupportedError, "per-parameter"),
        (nats, nats, "mean", vdib.errors.ArgumentError, "'mean'"),
        (nats, nats, "rloo", vdib.errors.ArgumentError, "draws=M"),
        (one, one, "auto", vdib.errors.ArgumentError, "there is one"),
        (nats.mean(), nats, "auto", vdib.errors.ArgumentError, "not their mean"),
    ):
        with pytest.raises(kind, match=words):
            vt.score_loss(loss, log_p, baseline=baseline)


def test_drtp():
    """The target reaches the hidden layer, with the weight of its sample's score where there is one."""
    model = moved(small("learning.credit_assignment=drtp", "data.target=class"))
    encoder, x = vt.Encoder(model), inputs()
    labels = torch.tensor([0, 2, 1, 2])
    found = []
    for target in (labels, F.one_hot(labels, 3).float(), 2.0 * F.one_hot(labels, 3)):
        encoder.zero_grad()
        encoder(x, target=target, index=0).rate.sum().backward()
        found.append(gradients(encoder))
    hidden, readout = "hidden.0.weight", "readout.weight"
    assert (found[0][hidden] == found[1][hidden]).all() and found[0][hidden].abs().sum() > 0
    torch.testing.assert_close(found[2][hidden], 2 * found[0][hidden])
    assert (found[2][readout] == found[0][readout]).all()
    encoder.zero_grad()
    (0.5 * encoder(x, target=labels, index=0).log_p).sum().backward()
    torch.testing.assert_close(encoder.hidden._modules["0"].weight.grad, 2 * found[0][hidden])  # 1/B there, 1/2 here
    with pytest.raises(vdib.errors.ArgumentError, match="needs the target"):
        encoder(x)
    with torch.no_grad():
        encoder(x)
    for target, words in (
        (torch.zeros(4, 2), r"\(4, 3\)"),
        (torch.tensor([0, 1, 2, 3]), "classes 0 .. 2"),
        (labels[:3], r"\(4, 3\)"),
    ):
        with pytest.raises(vdib.errors.ArgumentError, match=words):
            encoder(x, target=target)
    with pytest.raises(vdib.errors.ArgumentError, match="drtp alone"):
        vt.Encoder(small())(x, target=labels)


# ---- inputs ----


def test_inputs_of_every_kind_are_the_same():
    encoder, x = vt.Encoder(moved(small())), inputs()
    want = encoder(x, index=3)
    rasters = [vdib.Raster.from_dense(one.numpy().astype("u1")) for one in x]
    kinds = [
        x.double(),
        x.to(torch.uint8),
        x.bool(),
        x.to_sparse(),
        rasters,
        tuple(rasters),
        list(x.numpy()),
        list(x),
        x.half(),
        x.transpose(1, 2).contiguous().transpose(1, 2),
    ]
    for given in kinds:
        got = encoder(given, index=[3, 4, 5, 6])
        assert (got.spikes == want.spikes).all() and (got.log_p == want.log_p).all() and (got.rate == want.rate).all()
    assert (encoder(x[:1].to_sparse_csr(), index=3).spikes == want.spikes[:1]).all()


def test_inputs_that_are_refused():
    encoder, x = vt.Encoder(small()), inputs()
    broken = x.clone()
    broken[2, 3, 4] = 0.5
    raster = vdib.Raster(STEPS, 60)
    for given, kind, words in (
        (broken, vdib.errors.ArgumentError, "other than 0 and 1"),
        (broken.to_sparse(), vdib.errors.ArgumentError, "other than 0 and 1"),
        (x[0], vdib.errors.ArgumentError, "(batch, steps, channels)"),
        (x[:, :, :50], vdib.errors.DataError, "50 channels"),
        (x[:0], vdib.errors.ArgumentError, "empty"),
        ([], vdib.errors.ArgumentError, "empty"),
        (raster, vdib.errors.ArgumentError, "list of them"),
        ([raster, vdib.Raster(STEPS + 1, 60)], vdib.errors.DataError, "raster 1 has 20 steps"),
        ([raster, None], TypeError, "raster 1"),
        ([vdib.Raster(5, 60)], vdib.errors.ArgumentError, "window of 11"),
        (None, TypeError, "NoneType"),
        (x.to("meta"), vdib.errors.UnsupportedError, "on meta"),
        (x.clone().requires_grad_(), vdib.errors.ArgumentError, "x.detach()"),
        (x.to(torch.complex64), TypeError, "x holds torch.complex64; it must hold 0 and 1"),
    ):
        with pytest.raises(kind) as refused:
            encoder(given)
        assert words in str(refused.value), str(refused.value)
        assert "\n" not in str(refused.value)
    for index in ([0, 1], -1, "a"):
        with pytest.raises((vdib.errors.ArgumentError, TypeError)):
            encoder(inputs(), index=index)
    for draws in (0, 257):
        with pytest.raises(vdib.errors.ArgumentError, match="draws"):
            encoder(inputs(), draws=draws)
    assert int(encoder.presentations) == 0
    encoder(inputs())  # after all
    assert int(encoder.presentations) == 4


def test_models_without_spikes_are_refused():
    for settings, key in (
        (["readout.type=gaussian", "readout.feedback_bases=0"], "readout.type"),
        (
            ["encoder.type=counts", "encoder.bins=4", "encoder.layers=[]", "decoder.window=0", "data.blank_steps=0"],
            "encoder.type",
        ),
    ):
        with pytest.raises(vdib.errors.ConfigError, match=key):
            vt.Encoder(small(*settings))


# ---- as a module of PyTorch ----


class Net(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.encoder, self.decoder = vt.Encoder(model), vt.Decoder(model)

    def forward(self, x, **options):
        out = self.encoder(x, **options)
        return self.decoder(out.spikes), out


def test_training_and_evaluation():
    encoder, x = vt.Encoder(moved(small())), inputs()
    first, second = encoder(x).spikes, encoder(x).spikes
    assert (first != second).any() and int(encoder.presentations) == 8
    encoder.eval()
    assert (encoder(x).spikes == encoder(x).spikes).all() and int(encoder.presentations) == 8
    want = encoder.model.encode([vdib.Raster.from_dense(one.numpy().astype("u1")) for one in x], seed=5)
    assert (encoder(x).spikes.detach().numpy() == np.stack([w.to_dense()[-11:] for w in want])).all()
    assert (vt.Encoder(encoder.model, seed=6).eval()(x).spikes != encoder(x).spikes).any()
    with torch.no_grad():
        out = encoder(x)
    assert not out.spikes.requires_grad and out.spikes.grad_fn is None
    assert not out.rate_sampled.requires_grad
    for threads in (1, 2, 3):
        again = vt.Encoder(encoder.model, threads=threads).eval()(x)
        assert (again.spikes == out.spikes).all() and (again.log_p == out.log_p).all()


def test_gradients_do_not_depend_on_threads():
    model, found = moved(small()), []
    for threads in (1, 3):
        encoder = vt.Encoder(model, threads=threads)
        encoder(inputs(), index=0).spikes.sum().backward()
        found.append(gradients(encoder))
    assert all((found[0][name] == found[1][name]).all() for name in found[0])


def test_parameters_share_memory_and_optimisers_move_them():
    model = moved(small("decoder=mlp", "decoder.hidden=13"))
    net, x = Net(model), inputs()
    target = torch.rand(4, 12)
    for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop):
        optimizer = kind(net.parameters(), lr=1e-3)
        before, losses = model.digest, []
        for _ in range(30):
            logits, out = net(x, index=0)
            loss = net.decoder.distortion(logits, target).mean() + 1e-3 * out.rate.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        assert losses[-1] < losses[0] and model.digest != before, kind
    for name, values in net.state_dict().items():
        if name != "encoder.presentations":
            name = name.replace("encoder.feedback", "feedback")
            assert (values.numpy() == model.tensors[name]).all(), name
    fused = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    net(x)[0].sum().backward()
    fused.step()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize("settings", [[], ["readout.feedback=lateral", "encoder.layers=[conv4k3s1p1m2, 8]"]])
@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1}, {"amsgrad": True}, {"maximize": True}])
def test_optimisers_in_the_order_of_memory(name, settings, options):
    """What PyTorch's own make, and state dicts that either takes: by the library's update but for rounding, by
    PyTorch's to the bit."""
    library = "amsgrad" not in options and "maximize" not in options and (name == "AdamW" or not options)
    kinds = [getattr(torch.optim, name), {"Adam": vt.Adam, "AdamW": vt.AdamW}[name]]
    nets, made = [Net(moved(small(*settings))) for _ in kinds], []
    for net, kind in zip(nets, kinds):
        optimizer = kind(net.parameters(), lr=1e-2, fused=True, **options)
        for i in range(4):
            if i == 2:
                saved = optimizer.state_dict()
                optimizer = kinds[1 - kinds.index(kind)](net.parameters(), lr=1e-2, fused=True, **options)
                optimizer.load_state_dict(saved)
            logits, out = net(inputs(), index=i)
            optimizer.zero_grad()
            (logits.square().mean() + out.rate.mean()).backward()
            optimizer.step()
        made.append(net.encoder.model.tensors)
    differ = max(float(abs(made[0][tensor] - made[1][tensor]).max()) for tensor in made[0])
    assert differ < 1e-5 if library else differ == 0, differ
    assert any((made[0][tensor] != values).any() for tensor, values in moved(small(*settings)).tensors.items())
    out = nets[1].encoder(inputs())
    kept = vt.Adam(nets[1].parameters())
    out.rate.sum().backward(retain_graph=True)
    kept.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.rate.sum().backward()


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize("settings", [[], ["readout.feedback=lateral", "encoder.layers=[conv4k3s1p1m2, 8]"]])
def test_updates_in_the_backward_pass(name, settings):
    """The bits of updates behind it, through state dicts of each other; one backward is one update."""
    kind = {"Adam": vt.Adam, "AdamW": vt.AdamW}[name]
    nets = [Net(moved(small(*settings))) for _ in range(2)]

    def begin(net, inside):
        groups = [{"params": net.encoder.parameters()}, {"params": net.decoder.parameters(), "lr": 3e-3}]
        return kind(groups, lr=1e-2, in_backward=net.encoder if inside else None)

    optimizers = [begin(net, net is nets[1]) for net in nets]
    for i in range(6):
        if i == 3:  # each goes on from the other's state
            states = [optimizer.state_dict() for optimizer in optimizers]
            optimizers = [begin(net, net is nets[1]) for net in nets]
            for optimizer, state in zip(optimizers, reversed(states)):
                optimizer.load_state_dict(state)
        for net, optimizer in zip(nets, optimizers):
            optimizer.param_groups[0]["lr"] = 1e-2 / (1 + i)
            logits, out = net(inputs(seed=i), index=i)
            optimizer.zero_grad()
            (logits.square().mean() + out.rate.mean()).backward()
            assert all((p.grad is None) == (net is nets[1]) for p in net.encoder.parameters())
            optimizer.step()
        for tensor, values in nets[0].encoder.model.tensors.items():
            assert (values == nets[1].encoder.model.tensors[tensor]).all(), (i, tensor)
    out = nets[1].encoder(inputs())
    out.rate.sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.rate.sum().backward()
    copied = copy.deepcopy(nets[1].encoder)
    del optimizer, optimizers
    for encoder in (copied, nets[1].encoder):  # nobody updates them any more
        encoder(inputs()).rate.sum().backward()
        assert encoder.readout.bias.grad is not None


def test_updates_in_the_backward_pass_that_are_refused():
    net = Net(moved(small()))
    with pytest.raises(vdib.errors.ArgumentError, match="takes a vdib.torch.Encoder, not Decoder"):
        vt.Adam(net.parameters(), in_backward=net.decoder)
    with pytest.raises(vdib.errors.ArgumentError, match="in one group"):
        vt.Adam(list(net.parameters())[1:], in_backward=net.encoder)
    for options in ({"amsgrad": True}, {"weight_decay": 0.1}, {"lr": torch.tensor(0.1)}):
        optimizer = vt.Adam(net.parameters(), in_backward=[net.encoder], **options)
        with pytest.raises(vdib.errors.UnsupportedError, match="lr, betas and eps as numbers"):
            net.encoder(inputs()).rate.sum().backward()
        del optimizer
    first, kept = (vt.Adam(net.parameters(), in_backward=net.encoder) for _ in range(2))
    net.encoder.readout.bias.requires_grad_(False)
    with pytest.raises(vdib.errors.UnsupportedError, match="requires_grad=False"):
        net.encoder(inputs()).rate.sum().backward()
    net.encoder.readout.bias.requires_grad_(True)
    before = net.encoder.model.digest
    net.encoder(inputs()).rate.sum().backward()
    assert net.encoder.model.digest != before and not [p for p in net.parameters() if p.grad is not None]
    assert kept.state and not first.state  # the last one made


def test_weights_changed_in_between_are_noticed():
    encoder = vt.Encoder(moved(small()))
    out = encoder(inputs())
    with torch.no_grad():
        encoder.readout.weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.spikes.sum().backward()
    encoder(inputs()).spikes.sum().backward()  # after all


def test_other_memory_is_taken_over():
    encoder, x = vt.Encoder(moved(small())), inputs()
    values = encoder.readout.bias.detach() + 1
    encoder.readout.bias.data = values.clone()
    got = encoder(x, index=0)
    assert (encoder.model.tensors["encoder.readout.bias"] == values.numpy()).all()
    encoder.readout.bias = torch.nn.Parameter(values - 1)
    assert (encoder(x, index=0).spikes != got.spikes).any()
    encoder(x).spikes.sum().backward()
    assert encoder.readout.bias.grad is not None
    encoder.readout.bias = torch.nn.Parameter(torch.zeros(3))
    with pytest.raises(vdib.errors.ArgumentError, match="readout.bias"):
        encoder(x)


def test_state_dict_comes_and_goes():
    one, other, x = Net(moved(small())), Net(small("seed=9")), inputs()
    one.encoder(x)
    buffer = io.BytesIO()
    torch.save(one.state_dict(), buffer)
    buffer.seek(0)
    other.load_state_dict(torch.load(buffer))
    assert other.encoder.model.digest == one.encoder.model.digest
    assert int(other.encoder.presentations) == 4
    one.encoder.seed = other.encoder.seed
    assert (one(x)[0] == other(x)[0]).all()
    names = {
        name for name in one.state_dict() if not name.startswith("encoder.feedback") and name != "encoder.presentations"
    }
    assert names == {name for name in one.encoder.model.tensors if not name.startswith("feedback.")}
    third = Net(small())
    third.load_state_dict(one.state_dict(), assign=True)
    third(x)
    assert third.encoder.model.digest == one.encoder.model.digest


def test_copies_stand_alone():
    net, x = Net(moved(small())), inputs()
    net(x)[1].rate.sum().backward()
    for again in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        before = net.encoder.model.digest
        assert again.encoder.model is not net.encoder.model and again.encoder.model.digest == before
        assert int(again.encoder.presentations) == int(net.encoder.presentations)
        assert (again(x, index=1)[0] == net(x, index=1)[0]).all()
        torch.optim.SGD(again.parameters(), lr=1.0).step()
        again.encoder(x).rate.sum().backward()
        with torch.no_grad():
            again.encoder.readout.weight.add_(1)
        assert net.encoder.model.digest == before and again.encoder.model.digest != before


def test_a_module_on_another_device_or_of_another_type_is_refused():
    net, x = Net(moved(small())), inputs()
    for move in (lambda: net.to("meta"), lambda: net.double(), lambda: net.half(), lambda: net.to(torch.bfloat16)):
        with pytest.raises(vdib.errors.UnsupportedError) as refused:
            move()
        assert "\n" not in str(refused.value)
    net.float().cpu().to(torch.float32)
    net(x)[0].sum().backward()
    assert "readouts" in repr(net)


def test_frozen_parameters_have_no_gradient():
    encoder = vt.Encoder(moved(small()))
    encoder.readout.weight.requires_grad_(False)
    encoder(inputs()).spikes.sum().backward()
    assert encoder.readout.weight.grad is None and encoder.readout.bias.grad is not None
    encoder.requires_grad_(False)
    assert not encoder(inputs()).spikes.requires_grad


def test_spikes_outlive_the_encoder():
    x = inputs()
    encoder = vt.Encoder(moved(small()))
    kept = [encoder(x, index=i).spikes for i in range(6)]
    values = [spikes.detach().clone() for spikes in kept]
    for i in range(6):
        encoder(x, index=40 + i)
    spikes = kept[2] * 1
    del encoder
    gc.collect()
    assert all((a == b).all() for a, b in zip(kept, values))
    kept[3].sum().backward()
    assert spikes.sum() > 0


def test_two_ways_through_one_encoder():
    """Two encodings in one graph have memory of their own."""
    encoder, x, other = vt.Encoder(moved(small())), inputs(), inputs(3, seed=8)
    found = []
    for parts in ((x,), (other,), (x, other)):
        encoder.zero_grad()
        sum(encoder(part, index=0).spikes.sum() for part in parts).backward()
        found.append(gradients(encoder))
    want = {name: found[0][name] + found[1][name] for name in found[0]}
    assert largest(found[2], want) < 1e-5


def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def test_a_hundred_thousand_calls_do_not_grow():
    """Every tenth goes back and moves weights; some ask for draws, or bring a tensor, or are refused."""
    net, x = Net(small()), inputs(2)
    net.encoder = encoder = vt.Encoder(net.encoder.model, threads=1)
    optimizer = vt.Adam(net.parameters(), lr=1e-4)
    rasters = [vdib.Raster.from_dense(one.numpy().astype("u1")) for one in x]
    for i in range(100000):
        if i == 10000:
            gc.collect()
            before = resident()
        if i % 10:
            encoder(rasters)
            continue
        logits, out = net(x if i % 100 == 0 else rasters)
        optimizer.zero_grad()
        (logits.square().mean() + out.rate.sum() + out.log_p.sum()).backward()
        optimizer.step()
        if i % 100 == 50:
            encoder(rasters, draws=3)
            with pytest.raises(vdib.errors.DataError):
                encoder(x[:, :, :50])
    gc.collect()
    assert resident() - before < 4, (before, resident())


def test_parameters_that_are_clipped():
    encoder = vt.Encoder(small("neuron.learn_tau=all", "learning.tau_learning_rate=0.001"))
    tau = encoder.get_parameter("hidden.0.log_tau_membrane")
    with torch.no_grad():
        tau[0] = 100.0
    encoder(inputs()).spikes.sum().backward()
    assert float(tau[0]) < 10 and tau.grad.abs().sum() > 0
    with torch.no_grad():
        tau[0] = float("nan")
    with pytest.raises(vdib.errors.NumericError, match="log_tau_membrane"):
        encoder(inputs())
    with torch.no_grad():
        tau[0] = 1.0
        encoder.readout.bias[2] = float("inf")
    with pytest.raises(vdib.errors.NumericError, match="not finite"):
        encoder(inputs())


# ---- decoders ----

DECODERS = {
    "linear": [],
    "mlp": ["decoder=mlp", "decoder.hidden=13"],
    "conv": ["decoder=conv"],
    "conv2d": ["decoder=conv2d"],
    "upconv": ["decoder=upconv", "decoder.hidden=13"],
    "upconv of counts": ["decoder=upconv", "decoder.hidden=0", "decoder.coding=rate"],
    "rates": ["decoder=mlp", "decoder.hidden=13", "decoder.coding=rate"],
    "first spikes": ["decoder.coding=first"],
    "classes": ["data.target=class"],
    "gaussian head": ["decoder.head=gaussian"],
    "packets": ["channel.type=packets", "channel.probability=0.3"],
}


@pytest.mark.parametrize("name", DECODERS)
def test_decoders_are_those_of_the_library(name):
    model = moved(small(*DECODERS[name]), 0.05)
    net, x = Net(model).eval(), inputs()
    logits, out = net(x, index=0)
    rasters = [vdib.Raster.from_dense(one.numpy().astype("u1")) for one in out.spikes.detach()]
    want = np.stack([model.decode(raster) for raster in rasters]).reshape(4, -1)
    np.testing.assert_allclose(net.decoder.output(logits).detach().numpy(), want, rtol=1e-4, atol=1e-5)
    head = net.decoder.head
    target = torch.tensor([0, 2, 1, 1]) if head == "categorical" else (torch.rand(4, 12) < 0.5).float()
    distortion = net.decoder.distortion(logits, target)
    q = torch.tensor(want)
    if head == "categorical":
        by_hand = -q[torch.arange(4), target].log()
    elif head == "bernoulli":
        by_hand = -torch.where(target > 0, q, 1 - q).log().sum(1)
    else:
        by_hand = ((target - q) ** 2 / 2 + np.log(2 * np.pi) / 2).sum(1)
    torch.testing.assert_close(distortion, by_hand, rtol=1e-3, atol=1e-4)
    distortion.mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in net.parameters())
    draws, _ = net(x, draws=2)
    assert draws.shape == (4, 2, model.outputs) and net.decoder.distortion(
        draws, target[:, None].expand(4, 2, *target.shape[1:])
    ).shape == (4, 2)
    with pytest.raises(vdib.errors.ArgumentError, match="must be"):
        net.decoder(out.spikes[:, :3])
    what = "labels of \\(4,\\)" if head == "categorical" else "values of \\(4, 12\\)"
    with pytest.raises(vdib.errors.ArgumentError, match=f"target has shape .*; logits of .* need {what}"):
        net.decoder.distortion(logits, target[:3])


# ---- a data loader of one's own ----


class Films(torch.utils.data.Dataset):
    """Rasters that are made, and encoded, in a worker process."""

    def __init__(self, model):
        self.encoder = vt.Encoder(model).eval()

    def __len__(self):
        return 10

    def __getitem__(self, i):
        x = inputs(1, seed=i)
        with torch.no_grad():
            spikes = self.encoder(x, index=i).spikes[0].clone()
        return vdib.Raster.from_dense(x[0].numpy().astype("u1")), spikes, i % 3, {"raster": vdib.Raster(3, 2)}


@pytest.mark.parametrize("workers", [0, 2])
def test_data_loaders_with_workers(workers):
    model = moved(small())
    encoder = vt.Encoder(model).eval()
    encoder(inputs())  # threads are at work before the fork
    loader = torch.utils.data.DataLoader(
        Films(model),
        batch_size=4,
        num_workers=workers,
        collate_fn=vt.collate,
        multiprocessing_context="fork" if workers else None,
    )
    seen = 0
    for rasters, spikes, labels, more in loader:
        assert (
            isinstance(rasters[0], vdib.Raster) and labels.dtype == torch.int64 and len(more["raster"]) == len(rasters)
        )
        assert (encoder(rasters, index=list(range(seen, seen + len(rasters)))).spikes == spikes).all()
        seen += len(rasters)
    assert seen == 10


def test_data_sets_of_vdib_in_a_loader():
    """Examples in batches, a decoder that is the model's own, and the model file that comes of it."""
    config = vdib.Config("demo", {"data.train_examples": 24, "data.test_examples": 4, "encoder.layers": ["20"]})
    data = vdib.Dataset("builtin:digits", config)
    net = Net(vdib.Model(config, data.geometry))
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    loader = torch.utils.data.DataLoader(data.train, batch_size=8, shuffle=True, collate_fn=vt.collate)
    losses = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of arrays that cannot be written to, for one
        next(iter(loader))
    for _ in range(12):
        for batch in loader:
            logits, out = net(batch.raster)
            loss = net.decoder.distortion(logits, batch.target.flatten(1)).mean() + 1e-2 * out.rate.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert len(batch.label) == len(batch.raster) and batch.step_labels is None
    assert losses[-1] < 0.8 * losses[0], losses
    path = os.path.join(folder(), "model.safetensors")
    net.encoder.model.save(path)
    assert vdib.Model.load(path).digest == net.encoder.model.digest


def test_the_page_runs(tmp_path, monkeypatch):
    """The blocks of docs/torch.md, one after the other."""
    monkeypatch.chdir(tmp_path)
    page = open(os.path.join(os.environ["VDIB_SOURCE"], "docs/torch.md")).read()
    blocks, names = [part.split("```")[0] for part in page.split("```python\n")[1:]], {}
    assert len(blocks) >= 4
    for block in blocks:
        exec(block, names)


def test_every_public_name_is_here():
    source = open(__file__).read()
    assert set(vt.__all__) == {"Encoder", "Decoder", "Encoded", "score_loss", "collate", "Adam", "AdamW"}
    assert all(f"vt.{name}" in source for name in vt.__all__)
    assert isinstance(vt.Encoder(small())(inputs()), vt.Encoded)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", *sys.argv[1:], "-p", "no:cacheprovider"]))
