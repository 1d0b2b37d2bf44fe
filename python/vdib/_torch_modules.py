# SPDX-License-Identifier: MIT
"""Modules of PyTorch whose parameters lie in the memory of a model, and the decoder as one of them."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Tuple, Union

import torch as pytorch
from torch import nn
from torch.nn import functional as F

from . import errors
from ._arrays import shared
from ._binding import ffi, lib
from ._native import PathLike, check, struct, text
from .model import Model


class SharedModule(nn.Module):
    """A module whose parameters are tensors of a model, in its memory and under its names without a prefix."""

    _prefix = ""

    def __init__(self, model: Union[Model, PathLike]) -> None:
        super().__init__()
        self._model = model if isinstance(model, Model) else Model.load(model)
        self._offsets: List[int] = []
        for name, values, learnt, offset in self._shared():
            parent, last = self._parent(name, create=True)
            if learnt:
                parent.register_parameter(last, nn.Parameter(values))
                self._offsets.append(offset)
            else:
                parent.register_buffer(last, values)

    @property
    def model(self) -> Model:
        """The model whose weights the parameters are."""
        return self._model

    def _shared(self) -> List[Tuple[str, Any, bool, int]]:
        """The tensors of this part as views: name, values, whether they are learnt, where their gradient begins."""
        part = lib.VDIB_PART_ENCODER if self._prefix == "encoder." else lib.VDIB_PART_DECODER
        pointer, parameter, found = self._model._pointer, struct("vdib_parameter"), []
        for index in range(lib.vdib_model_tensor_count(pointer)):
            check(lib.vdib_model_parameter(pointer, index, parameter))
            fixed = parameter.part == lib.VDIB_PART_FIXED and self._prefix == "encoder."
            if parameter.part == part or fixed:
                name = text(parameter.name)
                name = name[len(self._prefix) :] if name.startswith(self._prefix) else name
                found.append((name, _view(parameter, pointer), not fixed, int(parameter.offset)))
        return found

    def _parent(self, name: str, create: bool = False) -> Tuple[nn.Module, str]:
        *path, last = name.split(".")
        at: nn.Module = self
        for step in path:
            if create and step not in at._modules:
                at.add_module(step, nn.Module())
            at = at._modules[step]
        return at, last

    def _tensor(self, name: str) -> Any:
        parent, last = self._parent(name)
        return getattr(parent, last)

    def _places(self) -> List["_Place"]:
        """Where each tensor is in the model, and where PyTorch looks for it."""
        if "_place_of" not in self.__dict__:
            made = []
            for name, view, learnt, _ in self._shared():
                parent, last = self._parent(name)
                holder = parent._parameters if learnt else parent._buffers
                made.append(_Place(name, holder, last, view, view.data_ptr(), view.stride()))
            self.__dict__["_place_of"] = made
        places: List[_Place] = self.__dict__["_place_of"]
        return places

    def _attached(self) -> List[Any]:
        """The learnt parameters, in the model's memory again if somebody gave them other memory; the library is told
        that they may have changed."""
        learnt = []
        for place in self._places():
            now = place.holder.get(place.last)
            if now is None or now.data_ptr() != place.at or now.stride() != place.strides:
                now = self._tensor(place.name)
                _move(place, now)
            if isinstance(now, nn.Parameter):
                learnt.append(now)
        check(lib.vdib_model_parameters_changed(self._model._pointer, ffi.NULL))
        return learnt

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        """Another device or type is refused."""
        probe = fn(pytorch.zeros(1))
        if probe.device.type != "cpu":
            raise errors.UnsupportedError(
                f"vdib.torch.{type(self).__name__} cannot go to {probe.device}: it runs on the CPU; move the other "
                "modules, and its outputs"
            )
        if probe.dtype != pytorch.float32:
            raise errors.UnsupportedError(
                f"vdib.torch.{type(self).__name__} cannot become {probe.dtype}: it computes in float32; cast its "
                "outputs"
            )
        return super()._apply(fn, recurse)

    def __getstate__(self) -> Dict[str, Any]:
        state = dict(self.__dict__)
        for made in ("_passages", "_blocks", "_place_of", "_updates"):  # when they are needed
            state.pop(made, None)
        return state

    def __setstate__(self, state: Dict[str, Any]) -> None:
        super().__setstate__(state)
        self._attached()


class _Place(NamedTuple):
    """A tensor of the model's, and where a module keeps it."""

    name: str
    holder: Dict[str, Any]
    last: str
    view: Any
    at: int
    strides: Tuple[int, ...]


def _move(place: _Place, now: Any) -> None:
    """Values that lie elsewhere go into the model's memory, and the tensor is there from now on."""
    view = place.view
    if now.data_ptr() == place.at and now.stride() == place.strides:
        return
    if now.shape != view.shape or now.dtype != view.dtype or now.device.type != "cpu":
        raise errors.ArgumentError(
            f"{place.name} is {now.dtype} of shape {tuple(now.shape)} on {now.device}; it must be {view.dtype} of "
            f"shape {tuple(view.shape)} on the CPU"
        )
    view.copy_(now.detach())
    now.data = view


def pointer(tensor: Any, kind: str) -> Any:
    """The memory of a tensor, whose elements are of that type in C; None: NULL."""
    return ffi.NULL if tensor is None else ffi.cast(f"{kind} *", tensor.data_ptr())


def _view(parameter: Any, model: Any) -> Any:
    """A tensor of the library's in PyTorch's order, without a copy; it keeps the model."""
    flat = pytorch.frombuffer(shared(parameter.values, 4 * parameter.count, model), dtype=pytorch.float32)
    rank = parameter.rank
    return flat.as_strided([parameter.shape[i] for i in range(rank)], [parameter.strides[i] for i in range(rank)])


def head_of(model: Model) -> str:
    """The decoder's head: bernoulli, categorical or gaussian."""
    config = model.config
    head = str(config["decoder.head"])
    if head != "auto":
        return head
    return "categorical" if config["data.target"] in ("class", "units") else "bernoulli"


class Decoder(SharedModule):
    """The decoder of a model, in PyTorch's own operations: ``decoder(spikes)`` gives logits (B, outputs).

    Parameters share the model's memory; their names are those of the model file without ``decoder.``.

    :param model: a :class:`vdib.Model` (``encoder.model``, say), or the path of a model file
    """

    _prefix = "decoder."

    def __init__(self, model: Union[Model, PathLike]) -> None:
        super().__init__(model)
        config, geometry = self.model.config, self.model.geometry
        self._type, self._coding = str(config["decoder.type"]), str(config["decoder.coding"])
        self._sides = (geometry.target_height, geometry.target_width)
        self.head = head_of(self.model)
        """bernoulli, categorical or gaussian"""

    def forward(self, spikes: Any) -> Any:
        """Logits of the window.

        :param spikes: (B, tau_d, NR), or with draws (B, M, tau_d, NR); more steps than tau_d are cut at the beginning
        :return: (B, outputs) or (B, M, outputs)
        """
        window, row = self.model.window, self.model.row
        if spikes.ndim not in (3, 4) or spikes.shape[-1] != row or spikes.shape[-2] < window:
            raise errors.ArgumentError(f"spikes has shape {tuple(spikes.shape)}; it must be (batch, {window}, {row})")
        self._attached()
        flat = spikes.reshape(-1, *spikes.shape[-2:])[:, -window:]
        return self._decode(flat).view(*spikes.shape[:-2], self.model.outputs)

    def output(self, logits: Any) -> Any:
        """What the logits stand for, as :meth:`vdib.Model.decode`: probabilities, or values."""
        if self.head == "categorical":
            return logits.softmax(-1)
        return logits.sigmoid() if self.head == "bernoulli" else logits

    def distortion(self, logits: Any, target: Any) -> Any:
        """-log q(r | y) of every sample, in nats, summed over outputs ((15) to (17)).

        :param logits: (..., outputs)
        :param target: (..., outputs) values of the same shape, or labels (...) for a categorical head
        :return: (...)
        """
        expected = logits.shape[:-1] if self.head == "categorical" else logits.shape
        if target.numel() != expected.numel():
            what = "labels" if self.head == "categorical" else "values"
            raise errors.ArgumentError(f"target has shape {tuple(target.shape)}; logits of {tuple(logits.shape)} need "
                                       f"{what} of {tuple(expected)}")  # fmt: skip
        if self.head == "categorical":
            flat = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), target.reshape(-1).long(), reduction="none")
            return flat.view(logits.shape[:-1])
        target = target.reshape(logits.shape).to(logits.dtype)
        if self.head == "bernoulli":
            return F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(-1)
        return ((logits - target) ** 2 + pytorch.log(pytorch.tensor(2 * pytorch.pi))).sum(-1) / 2

    def _affine(self, name: str, x: Any) -> Any:
        return F.linear(x.flatten(1), self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias"))

    def _convolution(self, name: str, x: Any, stride: int) -> Any:
        work = F.conv1d if x.ndim == 3 else F.conv2d
        return work(x, self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias"), stride, 1)

    def _decode(self, x: Any) -> Any:
        if self._coding == "rate":
            x = x.sum(1)
        elif self._coding == "first":
            x = (x * (1 - pytorch.arange(x.shape[1]) / x.shape[1])[:, None]).amax(1)
        if self._type == "conv":
            x = F.relu(self._convolution("conv2", self._convolution("conv1", x, 2), 2))
        elif self._type == "conv2d":
            x = F.relu(self._convolution("conv2", self._convolution("conv1", x[:, None], 2), 1))
            x = F.relu(self._convolution("conv3", x, 2))
        elif self._type == "upconv":
            return self._picture(x)
        if "fc2" in self._modules:
            return self._affine("fc2", F.relu(self._affine("fc1", x)))
        return self._affine("fc", x)

    def _picture(self, x: Any) -> Any:
        """Transposed convolutions, each twice as large, cut to size."""
        ups = sum(name.startswith("up") for name in self._modules)
        sides = [tuple(-(-side // 2**left) for side in self._sides) for left in range(ups + 1)]
        z = F.relu(self._affine("fc1", x)) if "fc1" in self._modules else x
        z = self._affine("fc2", z).unflatten(1, (-1, *sides[ups]))
        for left in range(ups - 1, -1, -1):
            name, (height, width) = f"up{ups - left}", sides[left]
            z = F.conv_transpose2d(F.relu(z), self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias"), 2, 1)
            z = z[:, :, :height, :width]
        return z.flatten(1)
