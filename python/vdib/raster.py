# SPDX-License-Identifier: MIT
"""Spike rasters: sparse binary signals of N channels over T time steps."""

from __future__ import annotations

import weakref
from typing import Any, Mapping, NamedTuple, Optional, Tuple

from . import errors
from ._arrays import _forget, lent, made, need_numpy, taken
from ._binding import ffi, lib
from ._html import raster_picture
from ._native import NULL, Owner, PathLike, check, encoded_path, number, own, struct

__all__ = ["Raster", "Binning"]


class Binning(NamedTuple):
    """What became of events that were binned: the sum of all is the number of events."""

    spikes: int
    """events that became a spike of their own"""
    repeated: int
    """events on a (step, channel) that already spiked: merged, a raster is binary"""
    outside_window: int
    """events before the first step or after the last one: dropped"""
    outside_sensor: int
    """events beyond the sensor: dropped"""


class Raster(Owner):
    """Spikes of `channels` channels over `steps` time steps, stored as the channels that spike in each step.

    Rasters do not change once they are made, and may be used by several threads at once. Memory follows the number of
    spikes. Sizes: channels 1 .. 2^32 - 1, steps 1 .. 2^24 - 1.

    >>> raster = vdib.Raster.from_pairs([0, 0, 3], [1, 4, 2], shape=(8, 5))
    >>> raster.at(0).tolist()
    [1, 4]

    :param steps: T
    :param channels: N
    """

    def __init__(self, steps: int, channels: int) -> None:
        created = ffi.new("vdib_raster **")
        channels, steps = number(channels, "channels", 1, 2**32 - 1), number(steps, "steps", 1, 2**24 - 1)
        check(lib.vdib_raster_create(channels, steps, created))
        super().__init__(own(created[0], lib.vdib_raster_destroy))

    @classmethod
    def _of(cls, pointer: Any, *keep: Any) -> "Raster":
        """Takes over a raster of the library's; `keep` are arrays that it lies in."""
        raster = cls.__new__(cls)
        Owner.__init__(raster, own(pointer, lib.vdib_raster_destroy, *keep))
        return raster

    @classmethod
    def _lent(cls, pointer: Any, keep: Any) -> "Raster":
        """A raster that the library lends; `keep` is what it belongs to."""
        raster = cls.__new__(cls)
        held = ffi.cast("vdib_raster *", pointer)
        weakref.finalize(held, _forget, keep).atexit = False
        Owner.__init__(raster, held)
        return raster

    @classmethod
    def from_pairs(cls, steps: Any, channels: Any, shape: Tuple[int, int]) -> "Raster":
        """A raster of spikes in any order; those given twice are merged (:attr:`spikes` counts what is left).

        :param steps: (count) the step of each spike, below T
        :param channels: (count) its channel, below N
        :param shape: (T, N)
        """
        raster = cls(*_shape(shape))
        step, (count,) = taken(steps, "uint32_t", "steps")
        channel, (others,) = taken(channels, "uint32_t", "channels")
        if count != others:
            raise errors.ArgumentError(f"steps has {count} values and channels {others}; both must have as many")
        check(lib.vdib_raster_from_pairs(raster._pointer, step, channel, count, NULL))
        return raster

    @classmethod
    def from_dense(cls, dense: Any) -> "Raster":
        """A raster of a dense array: a value other than 0 is a spike.

        :param dense: (T, N) whole numbers or booleans; real numbers must be 0 or 1
        """
        pointer, shape = taken(_of_dense(dense), "uint8_t", "dense", 2)
        raster = cls(*_shape(shape))
        check(lib.vdib_raster_from_dense(raster._pointer, pointer))
        return raster

    @classmethod
    def from_csr(cls, offsets: Any, indices: Any, shape: Tuple[int, int]) -> "Raster":
        """A raster that lies in arrays of the caller's, without a copy where they are of the types named here. They
        are checked once and must stay as they are.

        :param offsets: (T + 1) uint64: the spikes of step t are ``indices[offsets[t]:offsets[t + 1]]``
        :param indices: (spikes) uint32: channels below N, increasing within a step
        :param shape: (T, N)
        """
        steps, channels = _shape(shape)
        offset, (ends,) = taken(offsets, "size_t", "offsets")
        index, (count,) = taken(indices, "uint32_t", "indices")
        if ends != steps + 1:
            raise errors.ArgumentError(f"offsets has {ends} values; of {steps} steps it must have {steps + 1}")
        if offset[steps] != count:
            raise errors.ArgumentError(f"offsets ends with {offset[steps]}, but indices has {count} values")
        borrowed = ffi.new("vdib_raster **")
        check(lib.vdib_raster_borrow(channels, steps, offset, index, borrowed))
        return cls._of(borrowed[0], offset, index)

    @classmethod
    def from_scipy(cls, matrix: Any) -> "Raster":
        """A raster of a SciPy sparse matrix or array of shape (T, N): entries other than 0 are spikes; real numbers
        must be whole."""
        if not hasattr(matrix, "tocsr"):
            raise TypeError(f"matrix is a {type(matrix).__name__}; it must be a SciPy sparse array (steps, channels)")
        entries = matrix.tocoo().data
        _refuse_kinds(entries, "matrix")
        if not (entries == entries.round()).all():
            raise errors.ArgumentError("matrix holds real numbers that are no counts; a raster is binary: draw or "
                                       "threshold them first")  # fmt: skip
        rows = matrix.tocsr(copy=True)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        rows.sort_indices()
        return cls.from_csr(rows.indptr, rows.indices, rows.shape)

    @classmethod
    def from_events(cls, events: Any, *, width: int, height: int, steps: int, step_us: int, start_us: int = 0,
                    polarities: int = 2) -> Tuple["Raster", Binning]:  # fmt: skip
        """Events binned into steps: channel = (p * height + y) * width + x, step = (t - start_us) / step_us.

        :param events: (count) structured array of :data:`vdib.events.dtype`, in any order
        :param width, height: columns and rows of the sensor
        :param steps: T
        :param step_us: length of a step in microseconds, above 0
        :param start_us: time of the beginning of step 0, in microseconds
        :param polarities: 2, or 1 to merge ON and OFF
        :return: the raster of T x (polarities * height * width), and what became of the events
        """
        from .events import taken_events

        pointer, count = taken_events(events)
        largest = 2**32 - 1
        width, height = number(width, "width", 1, largest), number(height, "height", 1, largest)
        raster = cls(steps, width * height * number(polarities, "polarities", 1, 2))
        binning = struct("vdib_binning", width=width, height=height, polarities=polarities, steps=steps,
                         step_us=number(step_us, "step_us", 1, 2**63 - 1),
                         start_us=number(start_us, "start_us", -(2**63), 2**63 - 1))  # fmt: skip
        report = struct("vdib_binning_report")
        check(lib.vdib_raster_bin(raster._pointer, pointer, count, binning, report))
        return raster, Binning(report.spikes, report.repeated, report.outside_window, report.outside_sensor)

    @property
    def shape(self) -> Tuple[int, int]:
        """(T, N)"""
        pointer = self._pointer
        return lib.vdib_raster_steps(pointer), lib.vdib_raster_channels(pointer)

    @property
    def steps(self) -> int:
        """T"""
        return int(lib.vdib_raster_steps(self._pointer))

    @property
    def channels(self) -> int:
        """N"""
        return int(lib.vdib_raster_channels(self._pointer))

    @property
    def spikes(self) -> int:
        """The number of spikes in all steps."""
        return int(lib.vdib_raster_spikes(self._pointer))

    @property
    def density(self) -> float:
        """Spikes per channel and step, in [0, 1]."""
        steps, channels = self.shape
        return self.spikes / (steps * channels)

    def at(self, step: int) -> Any:
        """The channels that spike in a step, increasing: uint32, without a copy."""
        pointer = self._pointer
        step = number(step, "step", 0, self.steps - 1)
        channels = ffi.new("const uint32_t **")
        count = lib.vdib_raster_at(pointer, step, channels)
        return lent(channels[0], "uint32_t", (count,), pointer)

    def csr(self) -> Tuple[Any, Any]:
        """(offsets, channels) as :meth:`from_csr` takes them: uint64 (T + 1) and uint32 (spikes), without a copy."""
        pointer = self._pointer
        offsets, channels = ffi.new("const size_t **"), ffi.new("const uint32_t **")
        check(lib.vdib_raster_view(pointer, offsets, channels))
        steps = self.steps
        count = offsets[0][steps]
        return lent(offsets[0], "size_t", (steps + 1,), pointer), lent(channels[0], "uint32_t", (count,), pointer)

    def to_pairs(self) -> Any:
        """(spikes, 2) uint32: step and channel of every spike, in order. Needs NumPy."""
        numpy = need_numpy("Raster.to_pairs()")
        offsets, channels = self.csr()
        pairs = numpy.empty((len(channels), 2), dtype="u4")
        pairs[:, 0] = numpy.repeat(numpy.arange(self.steps, dtype="u4"), numpy.diff(offsets.astype("i8")))
        pairs[:, 1] = channels
        return pairs

    def to_dense(self) -> Any:
        """(T, N) uint8: 1 for a spike, else 0."""
        dense, pointer = made("uint8_t", self.shape)
        lib.vdib_raster_to_dense(self._pointer, pointer)
        return dense

    def to_scipy(self) -> Any:
        """A SciPy CSR array of shape (T, N) with ones of uint8."""
        try:
            from scipy import sparse
        except ImportError:
            raise errors.UnsupportedError("Raster.to_scipy() needs SciPy: pip install scipy") from None
        numpy = need_numpy("Raster.to_scipy()")
        offsets, channels = self.csr()
        make = getattr(sparse, "csr_array", sparse.csr_matrix)
        ones = numpy.ones(len(channels), dtype="u1")
        return make((ones, channels.astype("i8"), offsets.astype("i8")), shape=self.shape)

    def by_channel(self) -> "Raster":
        """The same spikes with steps and channels exchanged: ``by_channel().at(channel)`` are steps."""
        turned = ffi.new("vdib_raster **")
        check(lib.vdib_raster_by_channel(self._pointer, turned))
        return Raster._of(turned[0])

    def save(self, path: PathLike) -> None:
        """Writes an NPZ file with arrays step (spikes), channel (spikes), shape (2: steps, channels)."""
        check(lib.vdib_raster_save(self._pointer, encoded_path(path)))

    def __len__(self) -> int:
        return self.steps

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> Any:
        dense = self.to_dense()
        return dense if dtype is None else dense.astype(dtype)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Raster):
            return NotImplemented
        mine, theirs = self.csr(), other.csr()
        return self.shape == other.shape and all(bytes(a) == bytes(b) for a, b in zip(mine, theirs))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        offsets, channels = self.csr()
        return (_unpickled, (bytes(offsets), bytes(channels), self.shape))

    def __repr__(self) -> str:
        if self.closed:
            return "Raster(closed)"
        steps, channels = self.shape
        return f"Raster(steps={steps}, channels={channels}, spikes={self.spikes})"

    def _repr_html_(self) -> str:
        return raster_picture(self)


def _unpickled(offsets: bytes, channels: bytes, shape: Tuple[int, int]) -> Raster:
    return Raster.from_csr(memoryview(offsets).cast("L"), memoryview(channels).cast("I"), shape)


def _shape(shape: Any) -> Tuple[int, int]:
    try:
        steps, channels = shape
    except (TypeError, ValueError):
        raise errors.ArgumentError(f"shape is {shape!r}; it must be (steps, channels)") from None
    return number(steps, "steps", 1, 2**24 - 1), number(channels, "channels", 1, 2**32 - 1)


def _of_dense(dense: Any) -> Any:
    """Real numbers 0 and 1 as bytes: rasters are binary, and a rate must not become a spike unsaid."""
    kind = getattr(getattr(dense, "dtype", None), "kind", None)
    if kind is None and hasattr(dense, "__array__"):  # tensors of other libraries
        dense = need_numpy("an array of another library").asarray(dense)
        kind = dense.dtype.kind
    if kind is None:
        return dense
    _refuse_kinds(dense, "dense")
    if kind == "f" and not ((dense == 0) | (dense == 1)).all():
        raise errors.ArgumentError("dense holds real numbers other than 0 and 1; a raster is binary: draw or "
                                   "threshold them first")  # fmt: skip
    return (dense != 0).view("u1") if dense.dtype.itemsize != 1 else dense


def _refuse_kinds(values: Any, name: str) -> None:
    """Texts and objects are no spikes, nor is what a mask hides."""
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{name} holds {values.dtype}; it must hold whole numbers or booleans")
    if getattr(values, "mask", False) is not False and bool(values.mask.any()):
        raise errors.ArgumentError(f"{name} has masked values; fill them first: .filled(0)")


def raster_of(given: Any, name: str = "raster") -> Raster:
    """A raster, or what one is made of: a dense or SciPy array of shape (T, N)."""
    if isinstance(given, Raster):
        given._pointer  # noqa: B018 a closed one is refused
        return given
    if hasattr(given, "tocsr"):
        return Raster.from_scipy(given)
    if getattr(getattr(given, "dtype", None), "names", None):
        raise TypeError(f"{name} is an array of events; vdib.Raster.from_events() makes a raster of them")
    if isinstance(given, (str, bytes, Mapping)) or not (hasattr(given, "__len__") or hasattr(given, "__array__")):
        raise TypeError(f"{name} is a {type(given).__name__}; it must be a vdib.Raster or an array (steps, channels)")
    return Raster.from_dense(given)
