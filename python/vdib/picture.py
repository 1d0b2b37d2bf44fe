# SPDX-License-Identifier: MIT
"""Targets and reconstructions as pictures."""

from __future__ import annotations

import math
import struct
import zlib
from typing import Any

from . import errors
from ._html import picture
from .source import real_values

__all__ = ["Picture"]


class Picture:
    """Values from 0 to 1 as a picture, which shows itself in Jupyter. What lies beyond is drawn as 0 or 1.

    >>> vdib.Picture(model.reconstruct(raster), "decoded")

    :param values: (rows, columns), or (1, rows, columns), or (3, rows, columns) of red, green, blue; finite
    :param caption: what stands below it
    """

    def __init__(self, values: Any, caption: str = "") -> None:
        memory, shape = real_values(values)
        if len(shape) not in (2, 3) or 0 in shape or (len(shape) == 3 and shape[0] not in (1, 3)):
            raise errors.ArgumentError(
                f"values has shape {shape}; it must be (rows, columns), or (1 or 3, rows, columns)"
            )
        self.caption = str(caption)
        self._rows, self._columns = shape[-2:]
        self._planes = 1 if len(shape) == 2 else shape[0]
        found = memory[0 : self._planes * self._rows * self._columns]
        if not all(map(math.isfinite, found)):
            raise errors.ArgumentError("values holds a value that is not a number, or infinite; all must be finite")
        self._levels = bytes(round(255 * min(max(value, 0.0), 1.0)) for value in found)

    @property
    def png(self) -> bytes:
        """It as the content of a PNG file, a pixel a value."""
        area, lines = self._rows * self._columns, []
        for begin in range(0, area, self._columns):
            planes = (self._levels[begin + p * area : begin + p * area + self._columns] for p in range(self._planes))
            lines.append(b"\0" + bytes(level for pixel in zip(*planes) for level in pixel))
        kind = 2 if self._planes == 3 else 0
        head = struct.pack(">IIBBBBB", self._columns, self._rows, 8, kind, 0, 0, 0)
        parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_part(*part) for part in parts)

    def _repr_html_(self) -> str:
        return picture(self.png, self.caption, "image-rendering:pixelated;height:140px")

    def __repr__(self) -> str:
        return f"Picture({self._columns} x {self._rows}, {self.caption!r})"


def _part(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file (ISO/IEC 15948)."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
