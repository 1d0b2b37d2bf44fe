# SPDX-License-Identifier: MIT
"""How fast this machine runs vdib, beside what it could do."""

from __future__ import annotations

from typing import Any, Callable, List, NamedTuple, Optional

from ._binding import ffi, lib
from ._native import Asked, PathLike, c_path, c_text, check, number, struct, text

__all__ = ["Machine", "Benchmark", "Scaling", "Benchmarks", "benchmark"]


class Machine(NamedTuple):
    """What the machine does, measured when a run begins; rates of one thread unless said."""

    cpu: str
    kernels: str
    cores: int
    sgemm_gflops: float
    """matrix product of single-precision numbers, all cores"""
    sgemm_core_gflops: float
    add_gops: float
    copy_gb_s: float
    update_gb_s: List[float]
    """out of the first-, second- and third-level cache and out of memory"""
    blas: str


class Benchmark(NamedTuple):
    """One result."""

    name: str
    unit: str
    """"examples" or "steps" """
    threads: int
    per_second: float
    seconds: float
    """of one unit"""
    bytes: float
    """that one unit must read and write"""
    operations: float
    """that one unit must do"""
    limit: str
    """what binds"""
    fraction_of_limit: float
    peak_mib: float


class Scaling(NamedTuple):
    """One point of a scaling section."""

    section: str
    what: str
    value: float
    seconds: float


class Benchmarks(NamedTuple):
    """What was measured."""

    machine: Optional[Machine]
    benchmarks: List[Benchmark]
    scaling: List[Scaling]


class _Collected(Asked):
    def __init__(self, ask: Optional[Callable[[], bool]]) -> None:
        super().__init__(ask)
        self.machine: Optional[Machine] = None
        self.benchmarks: List[Benchmark] = []
        self.scaling: List[Scaling] = []


@ffi.def_extern(name="vdib_python_machine")  # type: ignore[untyped-decorator]
def _machine(user: Any, told: Any) -> None:
    ffi.from_handle(user).machine = Machine(
        text(told.cpu), text(told.kernels), told.cores, told.sgemm_gflops, told.sgemm_core_gflops, told.add_gops,
        told.copy_gb_s, list(told.update_gb_s), text(told.blas))  # fmt: skip


@ffi.def_extern(name="vdib_python_benchmark")  # type: ignore[untyped-decorator]
def _benchmark(user: Any, told: Any) -> None:
    ffi.from_handle(user).benchmarks.append(Benchmark(
        text(told.name), text(told.unit), told.threads, told.per_second, told.seconds, told.bytes, told.operations,
        text(told.limit), told.fraction_of_limit, told.peak_mib))  # fmt: skip


@ffi.def_extern(name="vdib_python_scaling")  # type: ignore[untyped-decorator]
def _scaling(user: Any, told: Any) -> None:
    ffi.from_handle(user).scaling.append(Scaling(text(told.section), text(told.what), told.value, told.seconds))


def benchmark(filter: Optional[str] = None, *, data: Optional[PathLike] = None, threads: int = 0,
              cancelled: Optional[Callable[[], bool]] = None) -> Benchmarks:  # fmt: skip
    """Runs benchmarks, one after the other, as `vdib bench` does.

    :param filter: only those whose name contains it; None: all
    :param data: a folder of recordings like N-MNIST for the whole benchmarks; None: drawn digits
    :param threads: of the whole benchmarks; 0: every core
    """
    found = _Collected(cancelled)
    part, where = c_text(filter, "filter"), c_path(data, "data")
    options = struct("vdib_benchmark_options", filter=part, data=where, threads=number(threads, "threads"),
                     machine=lib.vdib_python_machine, benchmark=lib.vdib_python_benchmark,
                     scaling=lib.vdib_python_scaling, cancelled=lib.vdib_python_cancelled,
                     user=found.handle)  # fmt: skip
    check(lib.vdib_benchmark_run(options), found.error)
    return Benchmarks(found.machine, found.benchmarks, found.scaling)
