# SPDX-License-Identifier: MIT
"""Adam and AdamW of PyTorch, with updates by the library where it is the faster of the two."""

from __future__ import annotations

import weakref
from typing import Any, Dict, List

import torch as pytorch

from . import errors
from ._binding import ffi, lib
from ._native import check, struct
from ._torch_modules import SharedModule, pointer


class _Updates:
    """Updates of float32 parameters on the CPU are made by the library, in the order of their memory: parameters of an
    encoder lie transposed, and the weights of inputs that never spiked are left out. Others, and options that the
    library has not, are left to PyTorch. A graph whose weights were changed is refused, as after other
    optimisers."""

    _decoupled = False

    def _learn_in_backward(self, encoders: Any) -> None:
        given = [encoders] if isinstance(encoders, pytorch.nn.Module) else list(encoders or [])
        self.__dict__["_in_backward"] = [_InBackward(self, encoder) for encoder in given]

    def _init_group(self, group: Any, parameters: Any, *others: Any) -> Any:
        found = super()._init_group(group, parameters, *others)  # type: ignore[misc]
        for parameter in parameters:
            pytorch.autograd.graph.increment_version(parameter)  # neither the library does, nor a fused update
        gradients, first, second, _, steps = others
        lists = (parameters, gradients, first, second, steps)
        plain = self._is_plain(group)
        rows = [(plain and self._fit(*row[:4]), row) for row in zip(*lists)]
        _update(group, [row for fit, row in rows if fit])
        for place, values in enumerate(lists):
            values[:] = [row[place] for fit, row in rows if not fit]
        _transpose(parameters, others)
        return found

    def _is_plain(self, group: Any) -> bool:
        """Whether the library has all options of a group."""
        unusual = group["amsgrad"] or group["maximize"] or group["capturable"] or group["differentiable"]
        decays = group["weight_decay"] != 0 and not self._decoupled
        numbers = (group["lr"], *group["betas"])
        scaled = getattr(self, "grad_scale", None) is not None or getattr(self, "found_inf", None) is not None
        return not (unusual or decays or scaled or any(isinstance(number, pytorch.Tensor) for number in numbers))

    def _fit(self, parameter: Any, gradient: Any, first: Any, second: Any) -> bool:
        """Whether tensors are float32 on the CPU with one dense order in memory; looked into once, as far as it
        cannot change."""
        strides = parameter.stride()
        seen = self.__dict__.setdefault("_seen", {})
        known = seen.get(parameter)
        if known is None or known[0] is not first or known[1] is not second or known[2] != strides:
            known = seen[parameter] = (first, second, strides, _are_alike(parameter, first, second))
        return bool(known[3]) and gradient.stride() == strides


def _are_alike(parameter: Any, *moments: Any) -> bool:
    tensors = (parameter, *moments)
    kinds = {(t.stride(), tuple(t.shape), t.dtype, t.device.type) for t in tensors}
    dense = parameter.numel() > 0 and parameter.permute(_order(parameter)).is_contiguous()
    return dense and len(kinds) == 1 and parameter.dtype == pytorch.float32 and parameter.device.type == "cpu"


def _update(group: Any, rows: List[Any]) -> None:
    """One update of parameters by the library: rows of parameter, gradient, moments, number of updates."""
    if not rows:
        return
    pytorch._foreach_add_([row[4] for row in rows], 1)
    numbers = [int(row[4]) for row in rows]
    for update in sorted(set(numbers)):
        now = [row for row, number in zip(rows, numbers) if number == update]
        adam = _adam(group, update)
        elements = ffi.new("size_t[]", [row[0].numel() for row in now])
        at = [ffi.new("uintptr_t[]", [row[place].data_ptr() for row in now]) for place in range(4)]
        check(lib.vdib_adam_update(adam, len(now), elements, *(ffi.cast("float **", pointers) for pointers in at)))


def _adam(group: Any, update: int) -> Any:
    """vdib_adam of a group's options."""
    return struct(
        "vdib_adam",
        update=update,
        learning_rate=group["lr"],
        beta1=group["betas"][0],
        beta2=group["betas"][1],
        epsilon=group["eps"],
        weight_decay=group["weight_decay"],
        threads=pytorch.get_num_threads(),
    )


class _InBackward:
    """Updates of an encoder while its backward pass makes their gradients. The moments of all its parameters lie side
    by side; the optimiser's state holds views of them."""

    def __init__(self, optimizer: Any, encoder: Any) -> None:
        if not isinstance(encoder, SharedModule) or encoder._prefix != "encoder.":
            raise errors.ArgumentError(f"in_backward takes a vdib.torch.Encoder, not {type(encoder).__name__}")
        self.optimizer, self.model, self.offsets = weakref.ref(optimizer), encoder.model, encoder._offsets
        self.parameters = list(encoder.parameters())
        self.moments: Dict[str, Any] = {}
        self.views: Dict[str, List[Any]] = {}  # of each parameter's part of the moments
        self.group()
        encoder.__dict__["_updates"] = weakref.ref(self)

    def group(self) -> Any:
        """The group that all parameters are in."""
        ours = {id(parameter) for parameter in self.parameters}
        optimizer: Any = self.optimizer()
        for group in optimizer.param_groups:
            if ours <= {id(parameter) for parameter in group["params"]}:
                return group
        raise errors.ArgumentError(
            "in_backward updates all parameters of an encoder alike: give encoder.parameters() to the optimiser in one "
            "group"
        )

    def _state(self) -> List[Dict[str, Any]]:
        """The state of each parameter, its moments where the library finds them: load_state_dict() puts others."""
        optimizer: Any = self.optimizer()
        for name in ("exp_avg", "exp_avg_sq"):
            if name not in self.moments:
                moments = pytorch.zeros(lib.vdib_model_gradient_count(self.model._pointer))
                self.moments[name] = moments
                self.views[name] = [moments.as_strided(parameter.shape, parameter.stride(), offset)
                                    for parameter, offset in zip(self.parameters, self.offsets)]  # fmt: skip
        states = [optimizer.state[parameter] for parameter in self.parameters]
        for number, state in enumerate(states):
            if "step" not in state:
                state["step"] = pytorch.zeros((), dtype=pytorch.float32)
            for name, views in self.views.items():
                view = views[number]
                if state.setdefault(name, view) is not view:
                    state[name] = view.copy_(state[name])
        return states

    def update(self, memory: Any, given: Any, scratch: Any) -> None:
        """One update by the errors of an encoding.

        :param memory: the batch that was encoded
        :param given: vdib_errors
        :param scratch: memory of a gradient
        """
        optimizer: Any = self.optimizer()
        group, states = self.group(), self._state()
        if not optimizer._is_plain(group):
            raise errors.UnsupportedError(
                "in_backward knows lr, betas and eps as numbers, and weight_decay of AdamW; leave the group's other "
                "options, or leave out in_backward"
            )
        if len({int(state["step"]) for state in states}) != 1:
            raise errors.ArgumentError("in_backward: the encoder's parameters had different numbers of updates before")
        adam = _adam(group, int(states[0]["step"]) + 1)
        arrays = (self.moments["exp_avg"], self.moments["exp_avg_sq"], scratch)
        pointers = [pointer(values, "float") for values in arrays]
        check(lib.vdib_batch_update(memory.batch, self.model._pointer, given, adam, *pointers))
        pytorch._foreach_add_([state["step"] for state in states], 1)
        for parameter in self.parameters:
            pytorch.autograd.graph.increment_version(parameter)


def _order(tensor: Any) -> List[int]:
    """Axes from the slowest to the fastest in memory."""
    strides, shape = tensor.stride(), tensor.shape
    return sorted(range(tensor.ndim), key=lambda axis: (strides[axis], -shape[axis]), reverse=True)


def _transpose(parameters: Any, others: Any) -> None:
    """Hands what lies transposed to PyTorch's fused update in the order of memory: it copies what does not, there and
    back."""
    for i, parameter in enumerate(parameters):
        alike = [values for values in others if len(values) > i and values[i].shape == parameter.shape]
        if not parameter.is_contiguous() and all(values[i].stride() == parameter.stride() for values in alike):
            order = _order(parameter)
            for values in (parameters, *alike):
                values[i] = values[i].permute(order)


class Adam(_Updates, pytorch.optim.Adam):
    """``torch.optim.Adam(..., fused=True)``, with the same results but for rounding, and faster: weights of inputs that
    never spiked cost a look.

    :param in_backward: an :class:`Encoder`, or several: its parameters are updated while ``backward()`` makes their
        gradients, which are then in the cache and are never written to memory. The faster way for small batches. One
        ``backward()`` is one update; ``.grad`` of these parameters stays None, so that nothing can clip, add up or look
        at it; :meth:`step` updates the other parameters. Of several such optimisers of an encoder the last one made
        updates it
    """

    def __init__(self, parameters: Any, lr: float = 1e-3, *, in_backward: Any = None, **options: Any) -> None:
        super().__init__(parameters, lr=lr, **{"fused": True, **options})
        self._learn_in_backward(in_backward)


class AdamW(_Updates, pytorch.optim.AdamW):
    """``torch.optim.AdamW(..., fused=True)``, likewise; ``in_backward`` as for :class:`Adam`."""

    _decoupled = True

    def __init__(self, parameters: Any, lr: float = 1e-3, *, in_backward: Any = None, **options: Any) -> None:
        super().__init__(parameters, lr=lr, **{"fused": True, **options})
        self._learn_in_backward(in_backward)
