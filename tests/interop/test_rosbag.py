# SPDX-License-Identifier: MIT
"""ROS 1 bags that the package rosbags writes, with each compression: arrays of events, packets of EVT 3.0, pictures.

With VDIB_TEST_DATA, the words of a camera's EVT 3.0 file as packets.
"""
import os
import struct

import common

try:
    import numpy
    from rosbags.rosbag1 import Writer, Reader
except ImportError as missing:
    common.skip(f"{missing}; `make interop` installs it")
import library

HEADER = "uint32 seq\ntime stamp\nstring frame_id"
EVENTS = "std_msgs/Header header\nuint32 height\nuint32 width\ndvs_msgs/Event[] events\n" + "=" * 80 + \
    "\nMSG: std_msgs/Header\n" + HEADER + "\n" + "=" * 80 + \
    "\nMSG: dvs_msgs/Event\nuint16 x\nuint16 y\ntime ts\nbool polarity\n"
PACKET = "std_msgs/Header header\nuint32 height\nuint32 width\nuint64 seq\nuint64 time_base\nstring encoding\n" \
    "bool is_bigendian\nuint8[] events\n" + "=" * 80 + "\nMSG: std_msgs/Header\n" + HEADER + "\n"
IMAGE = "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\n" \
    "uint8[] data\n" + "=" * 80 + "\nMSG: std_msgs/Header\n" + HEADER + "\n"


def text(value):
    return struct.pack("<I", len(value)) + value.encode()


def head(number, t, width, height):
    return struct.pack("<III", number, t // 1_000_000, t % 1_000_000 * 1000) + text("camera") + \
        struct.pack("<II", height, width)


def array(number, events):
    records = numpy.zeros(len(events), [("x", "<u2"), ("y", "<u2"), ("s", "<u4"), ("ns", "<u4"), ("p", "u1")])
    records["x"], records["y"], records["p"] = events["x"], events["y"], events["p"]
    records["s"], records["ns"] = events["t"] // 1_000_000, events["t"] % 1_000_000 * 1000
    return head(number, int(events["t"][0]), 346, 260) + struct.pack("<I", len(events)) + records.tobytes()


def image(number, t, picture, encoding, padding):
    rows = picture.reshape(picture.shape[0], -1)
    rows = numpy.pad(rows, ((0, 0), (0, padding)))
    return head(number, t, picture.shape[1], picture.shape[0]) + text(encoding) + b"\0" + \
        struct.pack("<II", rows.shape[1], rows.size) + rows.tobytes()


def writer(path, compression):
    made = Writer(path)
    if compression:
        made.set_compression(getattr(Writer.CompressionFormat, compression))
    return made


def arrays_and_pictures(path, compression, random):
    begin, pictures, parts, others = 1_700_000_000_000_000, [], [], []
    with writer(path, compression) as bag:
        camera = bag.add_connection("/dvs/events", "dvs_msgs/msg/EventArray", msgdef=EVENTS, md5sum="1" * 32)
        other = bag.add_connection("/other/events", "dvs_msgs/msg/EventArray", msgdef=EVENTS, md5sum="1" * 32)
        shown = bag.add_connection("/dvs/image_raw", "sensor_msgs/msg/Image", msgdef=IMAGE, md5sum="2" * 32)
        for number in range(8):
            t = begin + 30_000 * number
            events = numpy.zeros(5000 + number, [("t", "i8"), ("x", "u2"), ("y", "u2"), ("p", "u1")])
            events["t"] = numpy.sort(random.integers(t, t + 30_000, len(events)))
            events["x"], events["y"] = random.integers(346, size=len(events)), random.integers(260, size=len(events))
            events["p"] = random.integers(2, size=len(events))
            bag.write(camera, t * 1000, array(number, events))
            bag.write(other, t * 1000, array(number, events[:7]))
            parts.append(events)
            others.append(events[:7])
            encoding = ("mono8", "rgb8", "bgr8")[number % 3]
            shape = (26, 34) if encoding == "mono8" else (26, 34, 3)
            picture = random.integers(0, 256, shape).astype("u1")
            bag.write(shown, t * 1000, image(number, t, picture, encoding, number % 2 * 5))
            pictures.append((t, picture[..., ::-1] if encoding == "bgr8" else picture))
    return numpy.concatenate(parts), numpy.concatenate(others), pictures


def packets(path, compression, raw):
    with writer(path, compression) as bag:
        camera = bag.add_connection("/event_camera/events", "event_camera_msgs/msg/EventPacket", msgdef=PACKET,
                                    md5sum="3" * 32)
        for number, first in enumerate(range(0, len(raw), 1998)):
            words = raw[first:first + 1998]
            data = head(number, 5_000_000 + number, 640, 480) + struct.pack("<QQ", number, 77) + text("evt3") + \
                b"\0" + struct.pack("<I", len(words)) + words
            bag.write(camera, 1_700_000_000_000_000_000 + number, data)


def main():
    folder, random = common.folder(), numpy.random.default_rng(5)
    data = os.environ.get("VDIB_TEST_DATA", "")
    for compression in (None, "BZ2", "LZ4"):
        path = f"{folder}/{compression}.bag"
        events, others, pictures = arrays_and_pictures(path, compression, random)
        with Reader(path) as bag:
            assert bag.message_count == 24
        count = library.same_events(path, events["t"], events["x"], events["y"], events["p"])
        library.same_events(path + "#1", others["t"], others["x"], others["y"], others["p"])
        ours = library.frames(path)
        assert [t for t, _ in ours] == [t for t, _ in pictures], f"{path}: times of pictures"
        for (t, mine), (_, theirs) in zip(ours, pictures):
            assert numpy.array_equal(mine, theirs), f"{path}: the picture at {t} us differs"
        print(f"{os.path.basename(path)}: {count} events and {len(ours)} pictures as they were written")
        if data:
            given = f"{data}/evt3/gen31_rosbag_part1.raw"
            with open(given, "rb") as file:
                raw = file.read()
            reference = numpy.load(given + ".ref.npy")
            path = f"{folder}/packets-{compression}.bag"
            packets(path, compression, raw[header_of(raw):])
            count = library.same_events(path, *(reference[name] for name in "txyp"))
            print(f"{os.path.basename(path)}: {count} events of EVT 3.0 packets")


def header_of(raw):
    """The bytes of the lines that begin with "% "."""
    size = 0
    while raw[size:size + 2] == b"% ":
        size = raw.index(b"\n", size) + 1
    return size


main()
