# SPDX-License-Identifier: MIT
"""The encoder and the decoder as modules of PyTorch::

    encoder = vdib.torch.Encoder(vdib.Model(config, geometry))
    decoder = my_network()                                       # or vdib.torch.Decoder(encoder.model)
    optimizer = vdib.torch.Adam([*encoder.parameters(), *decoder.parameters()], lr=2e-3)
    for rasters, labels in loader:
        out = encoder(rasters)                                   # spikes, log p(y), rate
        loss = F.cross_entropy(decoder(out.spikes), labels) + 1e-3 * out.rate.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    encoder.model.save("model.safetensors")

Spikes come out without a copy, gradients by the library's event-driven adjoints, and parameters share the memory of
the model. Letters: B examples, M draws of the readout's spikes for each, T steps, N input channels, NY readout
neurons, tau_d steps of the decoder's window, NR values of a step that the decoder reads (NY; with
channel.type=packets NY + 1).
"""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Sequence, Tuple, Union

try:
    import torch as pytorch
    from torch import nn
except ImportError as _error:
    raise ImportError("vdib.torch needs PyTorch: pip install torch (or vdib[torch])") from _error

from . import errors
from ._arrays import shared
from ._binding import ffi, lib
from ._native import NULL, PathLike, check, number, own, struct
from ._torch_inputs import collate, rasters_of
from ._torch_modules import Decoder, SharedModule, pointer
from ._torch_optimisers import Adam, AdamW
from .model import Model
from .raster import Raster

__all__ = ["Encoder", "Decoder", "Encoded", "score_loss", "collate", "Adam", "AdamW"]


class Encoded(NamedTuple):
    """What :class:`Encoder` gives. With ``draws=M`` every tensor has a second axis of M."""

    spikes: Any
    """(B, tau_d, NR) float32, 1 for a spike and else 0: the steps that a decoder reads, behind the channel of the
    configuration. Its gradient goes back straight through, as if spikes were their probabilities (21)"""
    log_p: Any
    """(B) log p(y | x) of the spikes drawn in all T steps, in nats. Its gradient is the score, the spikes given (20)"""
    rate: Any
    """(B) the rate: sum over steps and neurons of the Bernoulli divergence to r0, given the past, in nats (19)"""
    rate_sampled: Any
    """(B) what the rate is the mean of, log p(y | x) - log q0(y), in nats; it has no gradient: the score answers for
    it"""


class Encoder(SharedModule):
    """The spiking encoder of a model: ``encoder(x)`` gives :class:`Encoded`.

    In training mode every call draws new spikes, keyed by :attr:`seed` and the buffer ``presentations``, which counts
    examples (it is part of the state dict); channel and dropout are those of the configuration's training. In
    evaluation mode the draw is keyed by ``index``, and the same every time.

    Names in the state dict are those of the model file without ``encoder.``: as the attribute ``encoder`` of a network
    they are those of the file. How errors reach hidden layers is the model's ``learning.credit_assignment``.

    :param model: a :class:`vdib.Model`, whose weights are shared, or the path of a model file
    :param seed: keys the draws; None: the configuration's ``seed``
    :param threads: of a call; None: as many as PyTorch has. Changes no result
    """

    _prefix = "encoder."

    def __init__(
        self, model: Union[Model, PathLike], *, seed: Optional[int] = None, threads: Optional[int] = None
    ) -> None:
        super().__init__(model)
        if self.model.readouts == 0:
            raise errors.ConfigError(
                "the model has encoder.type 'counts', which sends no spikes; train one with encoder.type=spiking"
            )
        config = self.model.config
        if config["readout.type"] != "spiking":
            raise errors.ConfigError(
                f"the model has readout.type '{config['readout.type']}', which sends no spikes; train one with "
                "readout.type=spiking"
            )
        self.seed = number(config["seed"] if seed is None else seed, "seed")
        self.threads = threads if threads is None else number(threads, "threads", 1, 256)
        self.register_buffer("presentations", pytorch.zeros((), dtype=pytorch.int64))
        self._wants_target = config["learning.credit_assignment"] == "drtp"

    def forward(
        self, x: Any, *, target: Any = None, draws: Optional[int] = None, index: Union[int, Sequence[int], None] = None
    ) -> Encoded:
        """Encodes a batch.

        :param x: B examples of T steps and N channels: a list of :class:`vdib.Raster` (or of what makes one), or a
            tensor (B, T, N) of 0 and 1 on the CPU, dense or sparse
        :param target: what drtp projects to the hidden layers, (B, outputs), or (B) labels of classes as whole numbers;
            needed by ``learning.credit_assignment=drtp`` and refused without it
        :param draws: M draws of the readout's spikes for every example, 1 .. 256, whose hidden layers run once; None:
            one, without an axis of its own
        :param index: numbers that key the draws, as :meth:`vdib.Model.encode`; None: ``presentations`` in training
            mode, 0 .. B - 1 in evaluation mode
        """
        rasters = rasters_of(x, self.model.geometry.channels)
        m = 1 if draws is None else number(draws, "draws", 1, 256)
        parameters = self._attached()
        asks = target is not None or (self._wants_target and _learns(parameters))
        targets = self._targets(target, len(rasters)) if asks else None
        key = self._key(len(rasters), index)
        passage = self._passage(rasters, m)
        out = _Encode.apply(passage, self.training, key, targets, draws is not None, *parameters)
        if index is None and self.training:
            self.presentations.add_(len(rasters))
        return Encoded(*out)

    def _key(self, count: int, index: Any) -> Tuple[int, Any]:
        """Seed and numbers of the draws."""
        if index is None:
            first = int(self.presentations) if self.training else 0
            numbers: Sequence[int] = range(first, first + count)
        elif isinstance(index, (list, tuple)) or getattr(index, "ndim", 0) == 1:
            numbers = [number(i, "index") for i in index]
        else:
            first = number(index, "index")
            numbers = range(first, first + count)
        if len(numbers) != count:
            raise errors.ArgumentError(f"index has {len(numbers)} values for {count} examples; it must have as many")
        return self.seed, ffi.new("uint64_t[]", list(numbers))

    def _targets(self, target: Any, count: int) -> Any:
        """(B, outputs) float32 for drtp."""
        if not self._wants_target:
            credit = self.model.config["learning.credit_assignment"]
            raise errors.ArgumentError(
                f"target is given, but learning.credit_assignment is '{credit}'; drtp alone reads it"
            )
        outputs = self.model.outputs
        if target is None:
            raise errors.ArgumentError(
                f"learning.credit_assignment=drtp needs the target: encoder(x, target=...), (B, {outputs})"
            )
        values = pytorch.as_tensor(target).detach()
        if values.ndim == 1 and not values.is_floating_point():
            if values.numel() and not 0 <= int(values.min()) <= int(values.max()) < outputs:
                raise errors.ArgumentError(
                    f"target has labels from {int(values.min())} to {int(values.max())}; the model has classes "
                    f"0 .. {outputs - 1}"
                )
            values = nn.functional.one_hot(values.long(), outputs)
        values = values.reshape(len(values), -1) if values.ndim > 1 else values
        if tuple(values.shape) != (count, outputs):
            raise errors.ArgumentError(f"target has shape {tuple(values.shape)}; it must be ({count}, {outputs})")
        return values.to("cpu", pytorch.float32).contiguous()

    def _passage(self, rasters: List[Raster], draws: int) -> "_Passage":
        """Memory for the way there and back: one that nobody uses any more, or a new one."""
        steps, threads = rasters[0].steps, self.threads or pytorch.get_num_threads()
        pool = self.__dict__.setdefault("_passages", {}).setdefault((steps, draws, threads), [])
        memory = pool.pop() if pool else None
        if memory is None or memory.capacity < len(rasters):
            memory = _Memory(self.model, len(rasters), steps, draws, threads, max(r.spikes for r in rasters))
        return _Passage(memory, pool, rasters, self)

    def extra_repr(self) -> str:
        model = self.model
        inputs, layers, readouts = model.geometry.channels, model.layers, model.readouts
        return f"{inputs} inputs, {layers} hidden layers, {readouts} readouts, seed={self.seed}"


def _learns(parameters: List[Any]) -> bool:
    return pytorch.is_grad_enabled() and any(parameter.requires_grad for parameter in parameters)


class _Block:
    """Memory of gradients, which goes back to its pool when no gradient is in it any more: a new one would have to be
    mapped page by page."""

    def __init__(self, count: int, pool: List[Any]) -> None:
        self.memory, self.pool = pool.pop() if pool else pytorch.empty(count), pool

    def __del__(self) -> None:
        if len(self.pool) < 2:
            self.pool.append(self.memory)

    def values(self) -> Any:
        """All of it as a tensor, which keeps the block."""
        memory = shared(pointer(self.memory, "char"), 4 * self.memory.numel(), self)
        return pytorch.frombuffer(memory, dtype=pytorch.float32)


class _Memory:
    """A batch of the library's."""

    def __init__(self, model: Model, capacity: int, steps: int, draws: int, threads: int, spikes: int) -> None:
        created = ffi.new("vdib_batch **")
        check(lib.vdib_batch_create(model._pointer, capacity, steps, spikes + spikes // 2 + 64, threads, created))
        self.batch = own(created[0], lib.vdib_batch_destroy, model._pointer)
        self.capacity, self.model = capacity, model
        if draws > 1:
            check(lib.vdib_batch_set_draws(self.batch, draws))


class _Passage:
    """One encoding: its memory goes back to the pool when neither the graph nor the spikes need it any more."""

    def __init__(self, memory: _Memory, pool: List[_Memory], rasters: List[Raster], encoder: Encoder) -> None:
        self.memory, self.pool, self.rasters = memory, pool, rasters
        self.offsets, self.blocks = encoder._offsets, encoder.__dict__.setdefault("_blocks", [])
        self.updates = encoder.__dict__.get("_updates", lambda: None)  # of vdib.torch.Adam(in_backward=encoder)

    def __del__(self) -> None:
        if len(self.pool) < 4:
            self.pool.append(self.memory)

    def encode(self, training: bool, key: Tuple[int, Any]) -> Any:
        """vdib_encoded of this encoding."""
        seed, numbers = key
        given = ffi.new("const vdib_raster *[]", [raster._pointer for raster in self.rasters])
        work = lib.vdib_batch_present if training else lib.vdib_batch_encode
        check(work(self.memory.batch, given, len(self.rasters), seed, numbers, NULL))
        encoded = struct("vdib_encoded")
        check(lib.vdib_batch_encoded(self.memory.batch, encoded))
        return encoded

    def spikes(self, encoded: Any, samples: Tuple[int, ...]) -> Any:
        """(samples, tau_d, NR) in the library's memory, which keeps the passage."""
        count = encoded.examples * encoded.draws * encoded.window * encoded.row
        memory = pytorch.frombuffer(shared(encoded.windows, 4 * count, self), dtype=pytorch.float32)
        return memory.view(*samples, encoded.window, encoded.row)


def _scores(encoded: Any, values: Any, samples: Tuple[int, ...]) -> Any:
    """(samples) float32 of the library's doubles."""
    doubles = pytorch.frombuffer(ffi.buffer(values, 8 * encoded.examples * encoded.draws), dtype=pytorch.float64)
    floats = doubles.to(pytorch.float32)
    return floats if len(samples) == 1 else floats.view(samples)


class _Encode(pytorch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, passage: _Passage, training: bool, key: Tuple[int, Any], targets: Any, drawn: bool, *parameters: Any
    ) -> Any:
        encoded = passage.encode(training, key)
        ctx.passage, ctx.targets = passage, targets
        ctx.save_for_backward(*parameters)  # which notices changes in place
        ctx.set_materialize_grads(False)
        samples = (encoded.examples, encoded.draws) if drawn else (encoded.examples,)
        log_p, rates, sampled = (
            _scores(encoded, values, samples) for values in (encoded.log_p, encoded.rates, encoded.rates_sampled)
        )
        ctx.mark_non_differentiable(sampled)
        return passage.spikes(encoded, samples), log_p, rates, sampled

    @staticmethod
    @pytorch.autograd.function.once_differentiable
    def backward(ctx: Any, spikes: Any, log_p: Any, rates: Any, _: Any) -> Any:
        parameters = ctx.saved_tensors
        memory = ctx.passage.memory
        spikes = None if spikes is None else spikes.contiguous()
        log_p, rates = (None if g is None else g.to(pytorch.float64).contiguous() for g in (log_p, rates))
        weights = None
        if log_p is not None and ctx.targets is not None:
            weights = log_p.view(len(ctx.targets), -1).sum(1).to(pytorch.float32)
        given = struct(
            "vdib_errors",
            windows=pointer(spikes, "float"),
            log_p=pointer(log_p, "double"),
            rates=pointer(rates, "double"),
            targets=pointer(ctx.targets, "float"),
            target_weights=pointer(weights, "float"),
        )
        gradients = _Block(lib.vdib_model_gradient_count(memory.model._pointer), ctx.passage.blocks).values()
        updates = ctx.passage.updates()
        if updates is not None and updates.optimizer() is not None:
            if not all(ctx.needs_input_grad[5:]):
                raise errors.UnsupportedError(
                    "in_backward updates all parameters of an encoder, and one has requires_grad=False; leave out "
                    "in_backward"
                )
            updates.update(memory, given, gradients)
            return (None,) * (5 + len(parameters))
        check(lib.vdib_batch_backward(memory.batch, given, pointer(gradients, "float")))
        made = [gradients.as_strided(p.shape, p.stride(), at) for p, at in zip(parameters, ctx.passage.offsets)]
        return (None,) * 5 + tuple(g if need else None for g, need in zip(made, ctx.needs_input_grad[5:]))


def score_loss(loss: Any, log_p: Any, *, baseline: Any = "auto") -> Any:
    """A loss whose value is the mean of the given one and whose gradient is that of the score function, reinforce (20)
    or rloo (24a), beside its own: E[(loss - baseline) d log p(y)] for the encoder, d loss for what made the loss.

        out = encoder(x)
        nats = F.cross_entropy(decoder(out.spikes.detach()), labels, reduction="none")
        score_loss(nats + beta * out.rate_sampled, out.log_p).backward()

    Detach the spikes, lest their straight-through gradient is added to it. A rate that is part of the loss is weighed,
    too: ``rate_sampled``, or ``rate``, whose own gradient counts besides.

    :param loss: (B) or (B, M) the loss of every sample
    :param log_p: of the same shape, of :class:`Encoded`
    :param baseline: what is taken from each loss: ``"batch"``, the mean loss of the other samples; ``"rloo"``, that of
        the other draws of its example, (B, M) with M of 2 and more; ``"none"``; a number or a tensor of one's own;
        ``"auto"``: ``"rloo"`` of several draws, else ``"batch"``
    :return: a scalar
    """
    if tuple(loss.shape) != tuple(log_p.shape) or loss.ndim not in (1, 2):
        raise errors.ArgumentError(
            f"loss has shape {tuple(loss.shape)} and log_p {tuple(log_p.shape)}; both must be (B) or (B, M): the loss "
            "of each sample, not their mean"
        )
    given = loss.detach()
    weights = given - _baseline(given, baseline)
    return loss.mean() + (weights * (log_p - log_p.detach())).mean()


def _baseline(loss: Any, baseline: Any) -> Any:
    if not isinstance(baseline, str):
        return pytorch.as_tensor(baseline, dtype=loss.dtype)
    several = loss.ndim == 2 and loss.shape[1] > 1
    name = ("rloo" if several else "batch") if baseline == "auto" else baseline
    if name == "none":
        return pytorch.zeros((), dtype=loss.dtype)
    if name == "per-parameter":
        raise errors.UnsupportedError(
            "baseline 'per-parameter' weighs the gradient of each parameter of each example, which no loss can; use "
            "'batch', or vdib.Trainer, which has it"
        )
    if name not in ("batch", "rloo"):
        raise errors.ArgumentError(
            f"baseline is {baseline!r}; it must be 'auto', 'batch', 'rloo', 'none', a number or a tensor"
        )
    if name == "rloo" and not several:
        raise errors.ArgumentError(
            "baseline 'rloo' compares draws of an example: encoder(x, draws=M) with M of 2 and more"
        )
    if loss.numel() < 2:
        raise errors.ArgumentError(
            "baseline 'batch' compares samples, and there is one; take more, or a baseline of your own"
        )
    axis = {"dim": 1, "keepdim": True} if name == "rloo" else {}
    count = loss.shape[1] if name == "rloo" else loss.numel()
    return (loss.sum(**axis) - loss) / (count - 1)
