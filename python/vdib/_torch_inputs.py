# SPDX-License-Identifier: MIT
"""What vdib.torch takes for a batch of rasters."""

from __future__ import annotations

from typing import Any, List

import torch as pytorch

from . import errors
from ._binding import ffi, lib
from ._native import NULL, check
from .raster import Raster, raster_of


def rasters_of(x: Any, channels: int) -> List[Raster]:
    """The rasters of a batch, of the same steps and the model's channels."""
    if isinstance(x, Raster):
        raise errors.ArgumentError(
            "x is one Raster; it must be a list of them, or a tensor of (batch, steps, channels)"
        )
    if isinstance(x, pytorch.Tensor):
        rasters = _of_tensor(x)
    elif isinstance(x, (list, tuple)):
        rasters = [raster_of(_plain(raster), f"raster {i}") for i, raster in enumerate(x)]
    else:
        raise TypeError(
            f"x is a {type(x).__name__}; it must be a list of vdib.Raster, or a tensor of (batch, steps, channels)"
        )
    if not rasters:
        raise errors.ArgumentError("x is empty; a batch has at least one example")
    steps = rasters[0].steps
    for i, raster in enumerate(rasters):
        if raster.shape != (steps, channels):
            raise errors.DataError(
                f"raster {i} has {raster.steps} steps x {raster.channels} channels; the batch is of {steps} steps, the "
                f"model reads {channels} channels"
            )
    return rasters


def _plain(raster: Any) -> Any:
    """A tensor in a list, as an array."""
    if isinstance(raster, pytorch.Tensor):
        _check(raster, "a raster of x")
        return raster.to_dense().to(pytorch.uint8).numpy() if raster.ndim == 2 else raster
    return raster


def _check(x: Any, name: str) -> None:
    if x.device.type != "cpu":
        raise errors.UnsupportedError(f"{name} is on {x.device}; the encoder runs on the CPU: give {name}.cpu()")
    if x.requires_grad:
        raise errors.ArgumentError(
            f"{name} requires a gradient, and the encoder makes none of its inputs; give {name}.detach()"
        )
    if x.is_complex():
        raise TypeError(f"{name} holds {x.dtype}; it must hold 0 and 1: give {name}.real")
    if x.layout == pytorch.sparse_coo:
        x = x.coalesce()
    values = x if x.layout == pytorch.strided else x.values()
    if values.dtype == pytorch.bool or values.numel() == 0:
        return
    if not bool(((values == 0) | (values == 1)).all()):
        raise errors.ArgumentError(
            f"{name} holds values other than 0 and 1; spikes are binary: draw or threshold them first"
        )


def _of_tensor(x: Any) -> List[Raster]:
    if x.ndim != 3:
        raise errors.ArgumentError(f"x has shape {tuple(x.shape)}; it must be (batch, steps, channels)")
    if 0 in x.shape:
        raise errors.ArgumentError(f"x has shape {tuple(x.shape)}; no axis may be empty")
    _check(x, "x")
    return _of_dense(x) if x.layout == pytorch.strided else _of_sparse(x)


def _of_dense(x: Any) -> List[Raster]:
    bytes_ = x.detach().to(pytorch.uint8).contiguous()
    made = []
    for i in range(len(bytes_)):
        raster = Raster(x.shape[1], x.shape[2])
        check(lib.vdib_raster_from_dense(raster._pointer, ffi.cast("uint8_t *", bytes_[i].data_ptr())))
        made.append(raster)
    return made


def _of_sparse(x: Any) -> List[Raster]:
    """Spikes in order of example, step and channel."""
    if x.layout != pytorch.sparse_coo:
        x = x.to_sparse_coo()
    if x.sparse_dim() != 3:
        raise errors.ArgumentError(f"x has {x.sparse_dim()} sparse axes; it must have 3: batch, steps, channels")
    x = x.coalesce()
    example, step, channel = x.indices()[:, x.values() != 0]
    ends = pytorch.bincount(example, minlength=x.shape[0]).cumsum(0).tolist()
    step, channel = step.to(pytorch.int32).contiguous(), channel.to(pytorch.int32).contiguous()
    made, begin = [], 0
    for end in ends:
        raster = Raster(x.shape[1], x.shape[2])
        steps, channels = (ffi.cast("uint32_t *", side.data_ptr()) + begin for side in (step, channel))
        check(lib.vdib_raster_from_pairs(raster._pointer, steps, channels, end - begin, NULL))
        made.append(raster)
        begin = end
    return made


def collate(examples: Any) -> Any:
    """For ``DataLoader(..., collate_fn=vdib.torch.collate)``: rasters become a list, everything else what PyTorch makes
    of it. Worker processes may make the rasters.

    :param examples: what the data set gives: rasters, or tuples or dicts with rasters in them; the examples of a
        :class:`vdib.Dataset` become one :class:`vdib.dataset.Example` of lists and tensors
    """
    first = examples[0]
    if isinstance(first, Raster):
        return list(examples)
    if all(example is None for example in examples):
        return None
    if isinstance(first, dict):
        return {key: collate([example[key] for example in examples]) for key in first}
    if isinstance(first, (list, tuple)):
        columns = [collate(list(column)) for column in zip(*examples)]
        return type(first)(*columns) if hasattr(first, "_fields") else tuple(columns)
    if hasattr(first, "flags") and not first.flags.writeable:  # an array of the library's, of which PyTorch warns
        examples = [example.copy() for example in examples]
    return pytorch.utils.data.default_collate(examples)
