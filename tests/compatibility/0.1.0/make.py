# SPDX-License-Identifier: MIT
"""The data that the run folders here were trained on: small recordings (N-MNIST's layout) and small images (IDX).

usage: make.py FOLDER
"""
import os
import random
import struct
import sys

draw = random.Random(7)
root = sys.argv[1]


def recording(path, digit):
    """Events of a 12 x 12 sensor whose place and polarity depend on the class: x, y, polarity, time; 5 bytes each."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        time = 0
        for step in range(90):
            x = (2 * step + 3 * digit + draw.randrange(3)) % 12
            y = (step * (digit + 1) // 3 + draw.randrange(3)) % 12
            polarity = (digit + draw.randrange(4) // 3) % 2
            file.write(bytes([x, y, polarity << 7 | time >> 16, time >> 8 & 255, time & 255]))
            time += 3200 + draw.randrange(200)


def images(prefix, count):
    """Images of 12 x 12: a bar at the height of the class."""
    os.makedirs(os.path.join(root, "images"), exist_ok=True)
    with open(os.path.join(root, "images", prefix + "-images-idx3-ubyte"), "wb") as file:
        file.write(struct.pack(">IIII", 0x803, count, 12, 12))
        for index in range(count):
            label = index % 10
            file.write(bytes(255 if y in (label, label + 1) else draw.randrange(40)
                             for y in range(12) for _ in range(12)))
    with open(os.path.join(root, "images", prefix + "-labels-idx1-ubyte"), "wb") as file:
        file.write(struct.pack(">II", 0x801, count) + bytes(index % 10 for index in range(count)))


for digit in range(10):
    for index in range(3):
        recording(os.path.join(root, "recordings", "Train", str(digit), f"{3 * digit + index + 1:05}.bin"), digit)
    recording(os.path.join(root, "recordings", "Test", str(digit), f"{digit + 1:05}.bin"), digit)
images("train", 40)
images("t10k", 20)
