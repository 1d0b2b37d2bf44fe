# SPDX-License-Identifier: MIT
"""PyTorch's fused optimisers for parameters that lie transposed."""

from __future__ import annotations

from typing import Any

import torch as pytorch


class _MemoryOrder:
    """Hands parameters, gradients and moments to the fused update in the order of their memory. They lie transposed in
    a model, and PyTorch's fused update copies what is not in the order of its axes, there and back. A graph whose
    weights were changed is refused, as after other optimisers."""

    def _init_group(self, group: Any, parameters: Any, *others: Any) -> Any:
        found = super()._init_group(group, parameters, *others)  # type: ignore[misc]
        for i, parameter in enumerate(parameters):
            pytorch.autograd.graph.increment_version(parameter)  # fused updates forget to
            if parameter.is_contiguous():
                continue
            strides, shape = parameter.stride(), parameter.shape
            order = sorted(range(parameter.ndim), key=lambda axis: (strides[axis], -shape[axis]), reverse=True)
            alike = [values for values in others if len(values) > i and values[i].shape == shape]
            if all(values[i].stride() == strides for values in alike):
                for values in (parameters, *alike):
                    values[i] = values[i].permute(order)
        return found


class Adam(_MemoryOrder, pytorch.optim.Adam):
    """``torch.optim.Adam(..., fused=True)``, with the same results, but faster for the encoder's parameters."""

    def __init__(self, parameters: Any, lr: float = 1e-3, **options: Any) -> None:
        super().__init__(parameters, lr=lr, **{"fused": True, **options})


class AdamW(_MemoryOrder, pytorch.optim.AdamW):
    """``torch.optim.AdamW(..., fused=True)``, likewise."""

    def __init__(self, parameters: Any, lr: float = 1e-3, **options: Any) -> None:
        super().__init__(parameters, lr=lr, **{"fused": True, **options})
