# SPDX-License-Identifier: MIT
"""The figures: what the library measures, by name, with units and meaning."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from . import errors
from ._binding import lib
from ._native import encoded, text, text_or_none

__all__ = ["Figure", "Array", "figure", "figures", "arrays"]


class Figure(NamedTuple):
    """One figure of the table that all of the library's outputs take their names and units from."""

    name: str
    """the key in every JSON file: ``rate_bits``"""
    label: str
    """its name for people"""
    unit: str
    """``bits``; "" for a share or a plain number"""
    per: str
    """what one unit is counted for: "example", "step", "output"; "" for nothing"""
    help: str
    """what it is"""
    digits: int
    """digits behind the decimal point that a table should show"""
    error_of: Optional[str]
    """for a standard error the name of the figure that it belongs to"""
    over_seeds: bool
    """whether a series over several seeds gives its mean and deviation"""


class Array(NamedTuple):
    """An array that an evaluation with ``spikes=True`` may have."""

    name: str
    help: str


def _figure(index: int, stepwise: bool) -> Figure:
    return Figure(text(lib.vdib_figure_name(index)), text(lib.vdib_figure_label(index)),
                  text(lib.vdib_figure_unit(index)), text(lib.vdib_figure_per(index, stepwise)),
                  text(lib.vdib_figure_help(index, stepwise)), lib.vdib_figure_digits(index),
                  text_or_none(lib.vdib_figure_error_of(index)), lib.vdib_figure_over_seeds(index))  # fmt: skip


def figure(name: str, stepwise: bool = False) -> Figure:
    """What is known of a figure; `stepwise` for a task that is decoded step by step."""
    return _figure(figure_number(name), stepwise)


def figures(stepwise: bool = False) -> List[Figure]:
    """All figures, in the order of the table."""
    return [_figure(i, stepwise) for i in range(lib.vdib_figure_count())]


def figure_number(name: str) -> int:
    """The number of a figure in the table."""
    index = int(lib.vdib_figure_find(encoded(name, "figure")))
    if index >= lib.vdib_figure_count():
        raise errors.ArgumentError(f"there is no figure {name!r}; vdib.figures.figures() lists them")
    return index


def arrays() -> List[Array]:
    """The arrays that an evaluation with ``spikes=True`` may have."""
    return [Array(text(lib.vdib_array_name(i)), text(lib.vdib_array_help(i))) for i in range(lib.vdib_array_count())]
