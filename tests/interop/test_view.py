# SPDX-License-Identifier: MIT
"""Animated PNG files of `vdib view`, read by Pillow: every pixel of every picture, from the events."""
import common

try:
    import numpy
    from PIL import Image
except ImportError as missing:
    common.skip(f"{missing}; `make interop` installs it")

# paper, ON, OFF and both, from faint to strong
PAPER = (0x12, 0x14, 0x18)
ON = ((0x2F, 0x6F, 0xAE), (0x58, 0x9F, 0xE0), (0xA6, 0xD4, 0xFF))
OFF = ((0xA0, 0x52, 0x14), (0xE0, 0x86, 0x38), (0xFF, 0xC4, 0x8A))
BOTH = ((0x75, 0x66, 0x96), (0xA7, 0x98, 0xC8), (0xE2, 0xD9, 0xF4))


def colour(off, on, full):
    most, least = max(off, on), min(off, on)
    if most == 0:
        return PAPER
    shade = min(2, int(2 * (most - 1) / (full - 1) + 0.5))
    return (BOTH if 2 * least >= most else ON if on > off else OFF)[shade]


def main():
    folder, random = common.folder(), numpy.random.default_rng(6)
    width, height, window, count = 40, 30, 10_000, 6000
    t = numpy.sort(random.integers(0, 25 * window, count))
    t[0], t[-1] = 0, 25 * window - 1
    x = numpy.clip(random.normal(t / (25 * window) * width, 4), 0, width - 1).astype(int)
    y, p = random.integers(height, size=count), random.integers(2, size=count)
    with open(f"{folder}/a.csv", "w", encoding="ascii") as file:
        file.write(f"t,x@{width},y@{height},p\n")
        file.writelines(f"{a},{b},{c},{d}\n" for a, b, c, d in zip(t, x, y, p))
    common.vdib("view", f"{folder}/a.csv", "--window", f"{window}us", "--fps", "8", "--out", f"{folder}/a.png")
    counts = numpy.zeros((25, height, width, 2), int)
    numpy.add.at(counts, (t // window, y, x, p), 1)
    full = max(3, 2 * count // int((counts.sum(-1) > 0).sum()))
    image = Image.open(f"{folder}/a.png")
    assert image.n_frames == 25 and image.info["loop"] == 0, "pictures, loops"
    scale = 480 // width
    for number in range(25):
        image.seek(number)
        assert image.info["duration"] == 125, "how long a picture is shown"
        shown = numpy.asarray(image.convert("RGB"))
        wanted = numpy.array([[colour(*counts[number, row, column], full) for column in range(width)]
                              for row in range(height)], "u1")
        wanted = wanted.repeat(scale, 0).repeat(scale, 1)
        assert numpy.array_equal(shown[:height * scale, :width * scale], wanted), f"picture {number}"
    print(f"25 pictures of {image.size[0]} x {image.size[1]} pixels, full colour from {full} events on")


main()
