# SPDX-License-Identifier: MIT
"""What is recorded is a disc, a square or a triangle before a sensor of 64 x 48 pixels, red on the left, green in
the middle, blue on the right.

make_targets.py FOLDER TRAIN TEST [flat]: recordings of 60 ms in N-MNIST's format, in which it trembles somewhere, and
beside each a picture in colour; in folders of classes, or flat, without them.
make_targets.py FILE.aedat4 FRAMES: one recording in which it wanders about, with a frame in colour every 20 ms."""
import os
import random
import struct
import sys
import zlib

WIDTH, HEIGHT = 64, 48
SHAPES = ("disc", "square", "triangle")
COLOURS = ((235, 60, 40), (50, 205, 80), (60, 90, 240))  # on the left, in the middle, on the right
GROUND = (24, 24, 40)


def inside(shape, x, y, radius):
    if shape == "disc":
        return x * x + y * y <= radius * radius
    if shape == "square":
        return abs(x) <= radius and abs(y) <= radius
    return -radius <= y <= radius and 2 * abs(x) <= y + radius


def scene(draw, shape):
    radius = draw.randint(7, 12)
    return shape, draw.randint(radius, WIDTH - radius), draw.randint(radius, HEIGHT - radius), radius


def bright(of, dx, dy):
    shape, left, top, radius = of
    return [[inside(shape, x - left - dx, y - top - dy, radius) for x in range(WIDTH)] for y in range(HEIGHT)]


def events(draw, of):
    """An ON event where the shape comes, an OFF event where it leaves."""
    found, before = [], bright(of, 0, 0)
    for number, (dx, dy) in enumerate(((1, 0), (2, 1), (1, 2), (0, 1), (-1, 0), (0, 0)), 1):
        now = bright(of, dx, dy)
        for y in range(HEIGHT):
            for x in range(WIDTH):
                if now[y][x] != before[y][x]:
                    found.append((number * 9000 + draw.randint(0, 2000), x, y, now[y][x]))
        before = now
    return sorted(found)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(of):
    shape = bright(of, 0, 0)
    colour = COLOURS[3 * of[1] // WIDTH]
    rows = b"".join(b"\0" + b"".join(bytes(colour if shape[y][x] else GROUND) for x in range(WIDTH))
                    for y in range(HEIGHT))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


# ---- AEDAT 4: packets of FlatBuffers ----

STREAM = """<node name="%d" path="/outInfo/%d/"><attr key="compression" type="string">NONE</attr>
<attr key="typeIdentifier" type="string">%s</attr><node name="info"><attr key="sizeX" type="int">64</attr>
<attr key="sizeY" type="int">48</attr></node></node>
"""
XML = ('<dv version="2.0"><node name="outInfo" path="/outInfo/">' + STREAM % (0, 0, "EVTS") + STREAM % (1, 1, "FRME") +
       "</node></dv>").encode()


def packet(stream, buffer):
    sized = struct.pack("<I", len(buffer)) + buffer
    return struct.pack("<iI", stream, len(sized)) + sized


def events_packet(found):
    body = bytes.fromhex("10000000") + b"EVTS" + bytes.fromhex("00000600080004000600000004000000")
    body += struct.pack("<I", len(found))
    for t, x, y, on in found:
        body += struct.pack("<qhhBxxx", t, x, y, on)
    return packet(0, body)


def frame_packet(t, pixels):
    """A root table with t (field 0), format (4), size and place (5 to 8), pixels (9); 16: BGR of 8 bits."""
    vtable, table = 26, 40
    body = struct.pack("<I", 12 + vtable + 2) + b"FRME" + struct.pack("<I", 0)
    body += struct.pack("<HH11H", vtable, table, 8, 0, 0, 0, 0, 4, 16, 18, 20, 22, 24) + struct.pack("<H", 0)
    body += struct.pack("<iiq4hI", vtable + 2, 16, t, WIDTH, HEIGHT, 0, 0, table - 24) + bytes(12)
    return packet(1, body + struct.pack("<I", len(pixels)) + pixels)


def film(path, frames):
    draw, start = random.Random("film"), 1_700_000_000_000_000
    shape = SHAPES[2]
    at, speed, radius = [30.0, 20.0], [1.7, 1.1], 9
    before, end = None, bytes(-len(XML) % 4 or 4)
    head = bytes.fromhex("18000000494F484500000000" "00000A00140004000C0008000A000000")
    head += struct.pack("<i", 0) + bytes.fromhex("0C000000") + struct.pack("<qI", -1, len(XML)) + XML + end
    with open(path, "wb") as out:
        out.write(b"#!AER-DAT4.0\r\n" + struct.pack("<I", len(head)) + head)
        for number in range(4 * frames):
            t = start + 5000 * number
            for axis, side in ((0, WIDTH), (1, HEIGHT)):
                at[axis] += speed[axis]
                if not radius <= at[axis] <= side - radius:
                    speed[axis], shape = -speed[axis], SHAPES[(SHAPES.index(shape) + 1) % 3]
                    at[axis] += 2 * speed[axis]
            of = (shape, round(at[0]), round(at[1]), radius)
            now = bright(of, 0, 0)
            if before is not None:
                found = [(t + draw.randint(0, 4999), x, y, int(now[y][x])) for y in range(HEIGHT) for x in range(WIDTH)
                         if now[y][x] != before[y][x]]
                if found:
                    out.write(events_packet(sorted(found)))
            before = now
            if number % 4 == 3:
                colour = COLOURS[3 * of[1] // WIDTH]
                out.write(frame_packet(t + 5000, b"".join(bytes(reversed(colour if now[y][x] else GROUND))
                                                          for y in range(HEIGHT) for x in range(WIDTH))))


def main():
    if sys.argv[1].endswith(".aedat4"):
        film(sys.argv[1], int(sys.argv[2]))
        return
    folder, counts = sys.argv[1], {"Train": int(sys.argv[2]), "Test": int(sys.argv[3])}
    flat = "flat" in sys.argv[4:]
    for part, count in counts.items():
        for number in range(count):
            draw = random.Random(f"{part} {number}")
            of = scene(draw, SHAPES[number % 3])
            place = os.path.join(folder, part) if flat else os.path.join(folder, part, of[0])
            os.makedirs(place, exist_ok=True)
            with open(f"{place}/{number:05d}.bin", "wb") as out:
                for t, x, y, on in events(draw, of):
                    out.write(bytes((x, y, on << 7 | t >> 16 & 0x7F, t >> 8 & 0xFF, t & 0xFF)))
            with open(f"{place}/{number:05d}.png", "wb") as out:
                out.write(png(of))


main()
