# SPDX-License-Identifier: MIT
"""Many examples at once, in memory that is set aside beforehand: a server's way into a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Sequence

from . import errors
from ._arrays import lent, made, taken
from ._binding import ffi, lib
from ._native import NULL, Owner, check, number, own
from .raster import Raster, raster_of

if TYPE_CHECKING:
    from .model import Model

__all__ = ["Batch"]


class Batch(Owner):
    """A workspace for batches of one model, on all cores. The model's weights must stay as they are meanwhile.

    >>> batch = model.batch(64, steps=80)
    >>> windows = batch.encode(rasters, seed=1)
    >>> images = batch.decode(windows)

    Spikes are those of :meth:`Model.encode` to the bit, outputs those of :meth:`Model.decode` up to rounding: the sums
    of a matrix product may stand in another order for another number of examples.

    :param model: whose encoder and decoder work
    :param capacity: the most examples of one call, B
    :param steps: T of every raster, at least the decoder's window
    :param spikes: the most spikes of one raster that memory is set aside for; 0: for all
    :param threads: 0: every core; changes no result
    """

    def __init__(self, model: "Model", capacity: int, steps: int, *, spikes: int = 0, threads: int = 0) -> None:
        from .model import model_pointer

        created, pointer = ffi.new("vdib_batch **"), model_pointer(model)
        check(lib.vdib_batch_create(pointer, number(capacity, "capacity", 1), number(steps, "steps", 1),
                                    number(spikes, "spikes"), number(threads, "threads"), created))  # fmt: skip
        super().__init__(own(created[0], lib.vdib_batch_destroy, pointer))
        self._count = 0
        self._shape = (model.window, model.row)
        self._outputs = model.output_shape

    def encode(self, rasters: Sequence[Any], *, seed: int = 0, index: Any = 0) -> Any:
        """Encodes examples.

        :param rasters: (count) each T x N: a :class:`Raster`, a dense or SciPy array
        :param seed, index: key each readout's draw, as of :meth:`Model.encode`
        :return: float32 (count, tau_d, row): 1 for a spike and else 0, the last tau_d steps of each readout, which the
            decoder reads. It is the batch's own memory, which the next call changes: copy what is to stay
        """
        _refuse_one(rasters)
        with self._using() as pointer:
            self._encode(pointer, rasters, seed, index, NULL)
            windows = ffi.new("const float **")
            check(lib.vdib_batch_windows(pointer, windows))
            return lent(windows[0], "float", (self._count, *self._shape), pointer)

    def spikes(self, rasters: Sequence[Any], *, seed: int = 0, index: Any = 0) -> List[Raster]:
        """:meth:`encode`, with every readout spike: a raster of T x NY for each example, of its own."""
        from .source import copy_raster

        _refuse_one(rasters)
        readouts, found = ffi.new("const vdib_raster *[]", max(len(rasters), 1)), []
        with self._using() as pointer:
            self._encode(pointer, rasters, seed, index, readouts)
            for i in range(self._count):
                raster = Raster(lib.vdib_raster_steps(readouts[i]), lib.vdib_raster_channels(readouts[i]))
                copy_raster(readouts[i], raster._pointer)
                found.append(raster)
        return found

    def _encode(self, pointer: Any, rasters: Sequence[Any], seed: int, index: Any, readouts: Any) -> None:
        given = [raster_of(raster, f"raster {i}") for i, raster in enumerate(rasters)]
        indices = ffi.new("uint64_t[]", indices_of(index, len(given)))
        pointers = ffi.new("const vdib_raster *[]", [raster._pointer for raster in given])
        check(lib.vdib_batch_encode(pointer, pointers, len(given), number(seed, "seed"), indices, readouts))
        self._count = len(given)

    def decode(self, windows: Any) -> Any:
        """Decodes windows of readout spikes.

        :param windows: float32 (count, tau_d, row) of :meth:`encode` or one's own
        :return: float32 (count, ...): the model's :attr:`Model.output_shape` for each
        """
        memory, shape = taken(windows, "float", "windows", 3)
        if shape[1:] != self._shape:
            window, row = self._shape
            raise errors.ArgumentError(f"windows has shape {shape}; it must be (count, {window}, {row})")
        if shape[0] == 0:
            raise errors.ArgumentError("windows is empty; a batch has at least one example")
        outputs, into = made("float", (shape[0], *self._outputs))
        with self._using() as pointer:
            check(lib.vdib_batch_decode(pointer, memory, shape[0], into))
        return outputs


def _refuse_one(rasters: Any) -> None:
    """One raster, or none, where a list belongs."""
    if isinstance(rasters, Raster) or not hasattr(rasters, "__len__"):
        raise TypeError(f"rasters is a {type(rasters).__name__}; it must be a list of vdib.Raster or arrays")


def indices_of(index: Any, count: int) -> List[int]:
    """An index for each of some examples: those given, or counted from the one given."""
    if isinstance(index, (list, tuple)) or hasattr(index, "tolist") and getattr(index, "ndim", 0) == 1:
        if len(index) != count:
            raise errors.ArgumentError(f"index has {len(index)} values for {count} examples; it must have as many")
        return [number(i, "index") for i in index]
    first = number(index, "index")
    return [first + i for i in range(count)]
