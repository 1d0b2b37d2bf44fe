# SPDX-License-Identifier: MIT
"""A bar that shows how training stands: tqdm's where it is installed, else a line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .trainer import Progress


class Bar:
    """A bar, or nothing."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.bar: Any = None
        self.lines = 0

    def __enter__(self) -> "Bar":
        if self.wanted:
            try:
                from tqdm.auto import tqdm

                self.bar = tqdm(unit="examples", dynamic_ncols=True)
            except ImportError:
                pass
        return self

    def show(self, progress: "Progress") -> None:
        """Where training stands now."""
        if not self.wanted:
            return
        said = f"loss {progress.loss:.4f}, {progress.rate_bits:.0f} bits"
        if self.bar is None:
            print(f"\r{progress.examples} of {progress.limit or 'no limit'} examples, {said}", end="", file=sys.stderr)
            self.lines = 1
            return
        self.bar.total = progress.limit or None
        self.bar.set_postfix_str(said, refresh=False)
        self.bar.update(progress.examples - self.bar.n)

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        if self.bar is not None:
            self.bar.close()
        elif self.lines:
            print(file=sys.stderr)
