# SPDX-License-Identifier: MIT
"""The encoder as a device runs it: one time step, or one packet of timed events at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, NamedTuple, Tuple

from ._arrays import made, taken
from ._binding import ffi, lib
from ._native import NULL, Owner, check, number, own, struct
from .events import taken_events

if TYPE_CHECKING:
    from .model import Model

__all__ = ["Stream", "StreamCounts"]


class StreamCounts(NamedTuple):
    """What a stream has seen since it was made or reset."""

    steps: int
    """finished"""
    input_spikes: int
    """in finished steps"""
    readout_spikes: int
    """in finished steps"""
    repeated: int
    """events on a channel that already spiked in their step: merged"""
    late: int
    """events of a finished step, or before the first one: dropped"""
    outside_sensor: int
    """events beyond the sensor: dropped"""


class Visited:
    """Collects the steps that a packet finishes."""

    def __init__(self) -> None:
        self.steps: List[Tuple[int, List[int]]] = []
        self.error: Any = None
        self.handle = ffi.new_handle(self)


@ffi.def_extern(name="vdib_python_visit")  # type: ignore[untyped-decorator]
def _visit(user: Any, step: int, spikes: Any, count: int) -> None:
    ffi.from_handle(user).steps.append((step, ffi.unpack(spikes, count) if count else []))


class Stream(Owner):
    """The running state of a model's encoder, and the window that its decoder reads.

    It gives the spikes of :meth:`Model.encode` with the same seed and index, to the bit. The model's weights must stay
    as they are meanwhile.

    >>> stream = model.stream(seed=1)
    >>> stream.step([3, 17])            # input channels that spike in this step
    [0, 5]
    >>> image = stream.decode()

    :param model: whose encoder runs
    :param seed, index: key the readout's draw
    """

    def __init__(self, model: "Model", *, seed: int = 0, index: int = 0) -> None:
        from .model import model_pointer

        created = ffi.new("vdib_stream **")
        pointer = model_pointer(model)
        check(lib.vdib_stream_create(pointer, number(seed, "seed"), number(index, "index"), created))
        super().__init__(own(created[0], lib.vdib_stream_destroy, pointer))
        self._shape = model.output_shape
        self._spikes = ffi.new("const uint32_t **")
        self._count = ffi.new("size_t *")

    def step(self, channels: Any) -> List[int]:
        """One time step (paper, eq. 1 to 3).

        :param channels: (count) input channels that spike in it, increasing, below N: a list, or an array of uint32,
            which is read without a copy
        :return: the readout neurons that spike, increasing
        """
        memory, count = channels, 0
        if type(channels) is list:
            count = len(channels)
        else:
            memory, (count,) = taken(channels, "uint32_t", "channels")
        pointer = self._own
        if pointer is None or not self._busy.acquire(False):  # without _using(), which takes a microsecond
            raise self._refused()
        try:
            status = lib.vdib_stream_step(pointer, memory, count, self._spikes, self._count)
            if status != 0:
                check(status)
            found = self._count[0]
            return ffi.unpack(self._spikes[0], found) if found else []
        except (OverflowError, TypeError):
            taken(channels, "uint32_t", "channels")  # says what is wrong
            raise
        finally:
            self._busy.release()

    def push(self, events: Any) -> List[Tuple[int, List[int]]]:
        """A packet of events in any order within a step, binned as the model's data are.

        A step is finished by the first event of a later one, or by :meth:`advance`. Every step is run, silent ones
        too.

        :param events: (count) structured array of :data:`vdib.events.dtype`
        :return: every step that the packet finished, silent ones included: its number and the readout neurons that
            spike in it
        """
        memory, count = taken_events(events)
        visited = Visited()
        with self._using() as pointer:
            check(lib.vdib_stream_push(pointer, memory, count, lib.vdib_python_visit, visited.handle))
        return visited.steps

    def advance(self, time_us: int) -> List[Tuple[int, List[int]]]:
        """Finishes every step that ends at or before a time in microseconds; returns them as :meth:`push` does."""
        visited = Visited()
        time_us = number(time_us, "time_us", -(2**63), 2**63 - 1)
        with self._using() as pointer:
            check(lib.vdib_stream_advance(pointer, time_us, lib.vdib_python_visit, visited.handle))
        return visited.steps

    def decode(self) -> Any:
        """What the decoder makes of the last steps: float32 of the model's :attr:`Model.output_shape`."""
        output, memory = made("float", self._shape)
        with self._using() as pointer:
            check(lib.vdib_stream_decode(pointer, memory))
        return output

    def reset(self, index: int = 0) -> None:
        """Back to the state after it was made, with another index; counts are zeroed."""
        with self._using() as pointer:
            check(lib.vdib_stream_reset(pointer, number(index, "index")))

    @property
    def counts(self) -> StreamCounts:
        """What it has seen since it was made or reset."""
        counts = struct("vdib_stream_counts")
        with self._using() as pointer:
            check(lib.vdib_stream_counted(pointer, counts))
        return StreamCounts(*(getattr(counts, name) for name in StreamCounts._fields))
