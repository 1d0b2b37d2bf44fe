# SPDX-License-Identifier: MIT
"""Event files as structured arrays, written, converted and shown."""
import gc
import os

import numpy
import pytest

import vdib
from vdib.errors import ArgumentError, CancelledError, DataError, ExistsError, FileError, FormatError, VdibError


def test_a_recording_is_an_array_without_a_copy(recording):
    opened = vdib.events.open(recording)
    events = opened.events
    assert events.dtype == vdib.events.dtype and len(events) == len(opened) == opened.info.events > 50
    assert events.__array_interface__["data"] == opened.events.__array_interface__["data"]
    assert not events.flags.writeable and opened.info.format == "nmnist" and "events" in opened._repr_html_()
    expected = events.copy()
    opened.close()
    del opened
    gc.collect()
    assert numpy.array_equal(events, expected) and numpy.array_equal(vdib.events.read(recording), expected)
    assert numpy.all(numpy.diff(events["t"]) >= 0)


def test_packets_are_the_same_events(recording):
    packets = vdib.events.packets(recording, capacity=20)
    parts = list(packets)
    assert max(len(part) for part in parts) == 20
    whole = vdib.events.read(recording)
    assert numpy.array_equal(numpy.sort(numpy.concatenate(parts), order=["t"])["t"], whole["t"])
    assert packets.info == vdib.events.info(recording) and packets.info.events == len(whole)
    assert len(packets.read()) == 0
    middle = int(whole["t"][len(whole) // 2])
    late = numpy.concatenate(list(vdib.events.packets(recording, from_us=middle)))
    assert len(late) == (whole["t"] >= middle).sum()


@pytest.mark.parametrize("format", [f.name for f in vdib.events.writer_formats()])
def test_what_is_written_is_read_again(tmp_path, recording, format):
    known = next(f for f in vdib.events.writer_formats() if f.name == format)
    events = vdib.events.read(recording).copy()
    path, height = tmp_path / f"written{known.endings[0]}", min(34, known.rows)
    events["y"] %= height
    vdib.events.write(path, events, format=format, width=34, height=height)
    again = vdib.events.read(path)
    columns = "xp" if height == 1 else "xyp"
    assert all(numpy.array_equal(again[name], events[name]) for name in columns)
    with pytest.raises(ExistsError):
        vdib.events.write(path, events, format=format, width=34, height=height)
    vdib.events.write(path, events[:10], format=format, width=34, height=height, replace=True)
    assert len(vdib.events.read(path)) == 10


def test_events_of_other_layouts_are_converted(tmp_path):
    events = numpy.array([(3, 1, 2, True), (4, 5, 6, False)], [("x", "i4"), ("y", "i2"), ("t", "u4"), ("p", "?")])
    vdib.events.write(tmp_path / "a.csv", events)
    again = vdib.events.read(tmp_path / "a.csv")
    assert again["t"].tolist() == [2, 6] and again["p"].tolist() == [1, 0] and again["x"].tolist() == [3, 4]


def test_a_writer_that_is_left_by_an_exception_writes_nothing(tmp_path, recording):
    events = vdib.events.read(recording)
    with pytest.raises(KeyError):
        with vdib.events.Writer(tmp_path / "a.es", width=34, height=34) as writer:
            writer.put(events)
            raise KeyError
    assert list(tmp_path.iterdir()) == []
    with vdib.events.Writer(tmp_path / "a.es", width=34, height=34) as writer:
        writer.put(events[:10])
        writer.put(events[10:])
        with pytest.raises(DataError):
            writer.put(events[:1])
        writer.finish()
    assert len(vdib.events.read(tmp_path / "a.es")) == len(events)


def test_units_are_asked_for_and_what_was_recognised_is_told(tmp_path, recording):
    path = tmp_path / "a.csv"
    path.write_text("t,x,y,p\n100,3,4,1\n250,5,6,0\n")
    told = vdib.events.info(path)
    assert (told.unit, told.unit_by, told.ambiguous) == ("microseconds", "by the numbers", False)
    assert told.assumed is None and told.columns is None and told.rounded == told.unpolarized == told.unpacked == 0
    assert vdib.events.info(path, unit="ms").unit_by == "as asked for"
    assert vdib.events.read(path)["t"].tolist() == [100, 250]
    assert vdib.events.read(path, unit="ms")["t"].tolist() == [100000, 250000]
    assert vdib.events.open(path, unit="s").info.last_us == 250000000
    assert next(iter(vdib.events.packets(path, unit="ms")))["t"].tolist() == [100000, 250000]
    vdib.convert(path, tmp_path / "a.es", unit="ms", width=34, height=34)
    assert vdib.events.read(tmp_path / "a.es")["t"].tolist() == [100000, 250000]
    assert vdib.View(path, unit="ms").info.first_us == 100000
    for work in (vdib.events.read, vdib.events.info, vdib.events.packets, vdib.View):
        with pytest.raises(ArgumentError, match="fortnights.*s, ms, us or ns"):
            work(path, unit="fortnights")
    with pytest.raises(ArgumentError, match="says the unit"):
        vdib.events.read(tmp_path / "a.es", unit="s")
    path.write_text("t x y p\n" + "".join(f"{1000 * i} {i * 37 % 640}.5 {i * 11 % 480} {i % 2}\n" for i in range(90)))
    told = vdib.events.info(path)
    assert told.rounded == 90 and told.columns is None and "1000" in told.unit_doubt
    path.write_text("".join(f"{1000 * i} {i * 37 % 640} {i * 11 % 480} {i % 2}\n" for i in range(90)))
    assert vdib.events.info(path).columns == "t x y p"
    (tmp_path / "b.csv").write_text("t,x,y\n1,2,3\n")
    assert "ON" in vdib.events.info(tmp_path / "b.csv").polarities


def test_conversion_counts_what_it_leaves_out(tmp_path, recording):
    told, info = vdib.convert(recording, tmp_path / "a.aedat4", crop=(0, 0, 17, 34), polarity="on", rebase=True)
    events = vdib.events.read(recording)
    on = (events["p"] == 1) & (events["x"] < 17)
    assert told.written == on.sum() and told.read == info.events == len(events)
    assert told.cropped == (events["x"] >= 17).sum() and told.pixels.shape == (0, 3)
    assert told.written + told.cropped + told.other_polarity == told.read
    for wrong in ({"polarity": "up"}, {"crop": (1, 2)}, {"rotate": 45}, {"down_sample": -1}):
        with pytest.raises(ArgumentError):
            vdib.convert(recording, tmp_path / "b.aedat4", **wrong)
    with pytest.raises(CancelledError):
        vdib.convert(recording, tmp_path / "b.aedat4", cancelled=lambda: True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.aedat4"]


def test_folders_are_converted_and_what_fails_is_told(tmp_path, recording):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.bin").write_bytes(recording.read_bytes())
    (folder / "b.raw").write_bytes(b"% evt 3.0\n% end\n" + b"\xff" * 7)
    (folder / "readme.txt").write_text("none")
    seen = []
    found, passed = vdib.convert_folder(folder, tmp_path / "out", "es", width=34, height=34, each=seen.append)
    assert found == seen and passed >= 1 and (tmp_path / "out/a.es").exists()
    assert [one.error is None for one in found if one.source.name == "a.bin"] == [True] and found[0].report.written > 50

    def raises(one):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        vdib.convert_folder(folder, tmp_path / "out2", "es", width=34, height=34, each=raises)


def test_frames_of_a_file_without_any_are_refused(recording):
    with pytest.raises(VdibError, match="00004.bin"):
        vdib.events.frames(recording)


@pytest.mark.parametrize("name, count, shape", [("zstd", 2, (4, 5)), ("bag", 3, (2, 3)), ("none", 2, (4, 5))])
def test_frames_are_arrays(name, count, shape):
    frames = vdib.events.frames(os.path.join(os.environ["VDIB_SOURCE"], "fuzz/corpus/frames", name))
    found = list(frames)
    assert len(found) == frames.info.frames == count and found[0].pixels.shape[:2] == shape
    assert found[0].pixels.dtype == "u1" and frames.next() is None and frames.info.format


def test_views_are_files_text_and_html(tmp_path, recording):
    with vdib.View(recording) as view:
        view.animation(tmp_path / "a.png")
        view.page(tmp_path / "a.html")
        assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG" and "<html" in (tmp_path / "a.html").read_text()
        assert view.info.pictures >= 24 and len(view.text(40).splitlines()) > 5 and "base64" in view._repr_html_()
    with pytest.raises(ArgumentError):
        vdib.View(recording, fps=-1)


@pytest.mark.parametrize("events, says", [
    (numpy.zeros((2, 2), [("t", "i8"), ("x", "i2"), ("y", "i2"), ("p", "i1")]), "dimensions"),
    (numpy.array([(0, -1, 0, 0)], [("t", "i8"), ("x", "i2"), ("y", "i2"), ("p", "i1")]), "x of the events holds -1"),
    (numpy.array([(0, 1, 0, 2)], [("t", "i8"), ("x", "i2"), ("y", "i2"), ("p", "i1")]), "p of the events holds 2"),
    (numpy.zeros(2, [("t", "i8"), ("x", "i2")]), "t, x, y, p"),
])  # fmt: skip
def test_wrong_events_are_refused(tmp_path, events, says):
    with pytest.raises(ArgumentError, match=says):
        vdib.events.write(tmp_path / "a.csv", events)
    assert list(tmp_path.iterdir()) == []


def test_wrong_files_are_refused(tmp_path, recording):
    (tmp_path / "a.raw").write_bytes(b"\x00" * 100)
    with pytest.raises(FormatError, match="a.raw"):
        vdib.events.read(tmp_path / "a.raw")
    with pytest.raises(FileError, match="none.bin"):
        vdib.events.read(tmp_path / "none.bin")
    with pytest.raises(TypeError):
        vdib.events.read(7)
    with pytest.raises(ArgumentError, match="NUL"):
        vdib.events.read("a\0b")
    with pytest.raises(ArgumentError):
        vdib.events.packets(recording, capacity=0)
    with pytest.raises(ArgumentError):
        vdib.events.Writer(tmp_path / "a.xyz")
    with pytest.raises(TypeError):
        vdib.events.write(tmp_path / "a.csv", numpy.zeros(1, [("t", "f8"), ("x", "i2"), ("y", "i2"), ("p", "i1")]))
