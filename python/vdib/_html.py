# SPDX-License-Identifier: MIT
"""How objects show themselves in Jupyter: plain tables and pictures, readable on dark and light."""

from __future__ import annotations

import base64
import html
from typing import Any, Dict, Iterable, Sequence


def escape(text: str) -> str:
    """Text that stands in HTML as it is."""
    return html.escape(text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """A table; cells are HTML."""
    lines = ["<table>"]
    if caption:
        lines.append(f"<caption>{html.escape(caption)}</caption>")
    lines.append("<tr>" + "".join(f"<th style='text-align:left'>{html.escape(cell)}</th>" for cell in head) + "</tr>")
    for row in rows:
        lines.append("<tr>" + "".join(f"<td style='text-align:left'>{cell}</td>" for cell in row) + "</tr>")
    return "\n".join([*lines, "</table>"])


def raster_picture(raster: Any) -> str:
    """Spikes as points over time, at most 20,000 of them; text says what is left out."""
    steps, channels = raster.shape
    spikes = raster.spikes
    every = spikes // 20000 + 1
    marks, seen = [], 0
    width, height = 600, 200
    for step in range(steps):
        for channel in raster.at(step).tolist():
            if seen % every == 0:
                x, y = (step + 0.5) / steps * width, (1 - (channel + 0.5) / channels) * height
                marks.append(f"M{x:.1f} {y:.1f}h1.5")
            seen += 1
    said = f"{spikes} spikes of {channels} channels in {steps} steps"
    if every > 1:
        said += f"; one of {every} is drawn"
    return (
        f"<figure style='margin:0'><svg viewBox='0 0 {width} {height}' width='{width}' style='max-width:100%' "
        f"role='img' aria-label='{said}'><rect width='{width}' height='{height}' fill='none' stroke='currentColor' "
        f"stroke-opacity='.3'/><path d='{''.join(marks)}' stroke='currentColor' stroke-width='1.5'/></svg>"
        f"<figcaption>{said}; time to the right</figcaption></figure>"
    )


def figure_table(figures: Dict[str, float], caption: str) -> str:
    """Figures with what they are and their units."""
    from .figures import figure

    rows = []
    for name, value in figures.items():
        known = figure(name)
        rows.append((escape(known.label), f"{value:.{known.digits}f} {escape(known.unit)}", escape(known.help)))
    return table(("figure", "value", "what it is"), rows, caption)


def picture(png: bytes, caption: str, style: str = "") -> str:
    """A PNG that stands in the page itself."""
    content = base64.b64encode(png).decode()
    image = f"<img style='{style}' alt='{escape(caption)}' src='data:image/png;base64,{content}'>"
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"
