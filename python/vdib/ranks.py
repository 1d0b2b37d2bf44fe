# SPDX-License-Identifier: MIT
"""Several processes that train or evaluate one model together."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

from . import errors
from ._binding import ffi, lib
from ._native import NULL, callback_failed, check, expect, function, number, struct

__all__ = ["Ranks"]

Gather = Callable[[bytes], Sequence[bytes]]


class Ranks:
    """Processes that train one model: each makes the same :class:`Trainer` or :class:`Run`, with this, and calls the
    same methods on it in the same order. They divide the examples of every batch, and all end in the bytes of one
    process alone; of a run, rank 0 has the folder. :func:`evaluate` takes them, too.

    >>> from mpi4py import MPI
    >>> world = MPI.COMM_WORLD
    >>> ranks = vdib.Ranks(world.size, world.rank, world.allgather)
    >>> trainer = vdib.Trainer(config, dataset, ranks=ranks)

    :param count: ranks
    :param rank: this one, from 0
    :param gather: hands every rank the bytes of all: a function of this rank's bytes that returns a list of `count`
        bytes in the order of the ranks. All ranks call it equally often
    :param whole_updates: every rank makes all updates by itself, so that of the weights nothing travels: for thin
        networks and small batches; changes no result
    """

    def __init__(self, count: int, rank: int, gather: Gather, whole_updates: bool = False) -> None:
        self.count, self.rank = number(count, "count", 1), number(rank, "rank")
        self.gather: Gather = function(gather, "gather")
        self.whole_updates = bool(whole_updates)
        self.error: Any = None
        self._handle = ffi.new_handle(self)
        self._all: Any = None

    def _struct(self) -> Any:
        return struct("vdib_ranks", count=self.count, rank=self.rank, gather=lib.vdib_python_gather, user=self._handle,
                      whole_updates=self.whole_updates)  # fmt: skip

    def agree(self, failure: str = "") -> None:
        """Tells all ranks how this one has fared, for what only some of them do. All of them call it.

        :param failure: what went wrong here; "" if nothing did. Raises on every rank if it did on one
        """
        check(lib.vdib_ranks_agree(self._struct(), self._fail(failure)), self.error)

    def end(self, failure: str = "") -> None:
        """Tells all ranks that this one has ended, and how; returns when all have. Where others are still in a call
        that gathers, that call raises. A program that calls this last on every rank, whatever has happened, has none
        that waits for ever.

        :param failure: what went wrong here; "" if nothing did. Raises on every rank if it did on one, or if not all
            have ended at the same place
        """
        check(lib.vdib_ranks_end(self._struct(), self._fail(failure)), self.error)

    @staticmethod
    def _fail(failure: str) -> int:
        status = 0 if failure == "" else errors.DataError.status
        if failure:
            lib.vdib_fail(status, failure.encode("utf-8", "replace"))
        return int(status)

    def __repr__(self) -> str:
        return f"vdib.Ranks({self.count}, {self.rank}, {self.gather!r})"


def given_ranks(ranks: Optional[Ranks]) -> Any:
    """Ranks for the library."""
    return NULL if ranks is None else expect(ranks, Ranks, "give vdib.Ranks", "ranks")._struct()


def _gather_failed(kind: Any, value: BaseException, trace: Any) -> int:
    return callback_failed(value, trace, errors.FileError.status, "the ranks cannot gather: ")


@ffi.def_extern(name="vdib_python_gather", onerror=_gather_failed)  # type: ignore[untyped-decorator]
def _gather(user: Any, own: Any, size: Any, sizes: Any, everything: Any) -> int:
    ranks = ffi.from_handle(user)
    parts = list(ranks.gather(bytes(ffi.buffer(own, size))))
    if len(parts) != ranks.count:
        raise ValueError(f"gather returned {len(parts)} parts; there are {ranks.count} ranks")
    joined = b"".join(parts)
    words = ffi.new("uint64_t[]", len(joined) // 8 + 1)  # aligned, and kept until the next call
    ffi.memmove(words, joined, len(joined))
    for rank, part in enumerate(parts):
        sizes[rank] = len(part)
    ranks._all = words
    everything[0] = words
    return 0
