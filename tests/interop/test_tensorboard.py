# SPDX-License-Identifier: MIT
"""The event file of a run, read by TensorBoard: curves, settings, histograms and pictures are those of the run."""
import io
import json
import os

from common import folder, skip, vdib

try:
    import numpy as np
    from PIL import Image
    from safetensors.numpy import load_file
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2
except ImportError as error:
    skip(f"{error}; `make interop` installs it")

ALL = {"images": 0, "histograms": 0, "scalars": 0, "tensors": 0}
SETTINGS = ["data.train_examples=80", "data.test_examples=20", "data.steps=12", "data.step_us=25000",
            "encoder.layers=[40]", "encoder.readouts=24", "decoder.hidden=32", "learning.batch_size=4",
            "training.validate_every=16"]


def settings_of(events):
    content = events.PluginTagToContent("hparams")
    start = plugin_data_pb2.HParamsPluginData.FromString(content["_hparams_/session_start_info"]).session_start_info
    end = plugin_data_pb2.HParamsPluginData.FromString(content["_hparams_/session_end_info"]).session_end_info
    assert end.status == 1 and 0 < start.start_time_secs <= end.end_time_secs
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}


def check_curves(events, run):
    lines = [json.loads(line) for line in open(os.path.join(run, "metrics.jsonl"))]
    want = [(m["examples"], m["loss"]) for m in lines if m["kind"] == "validation"]
    got = [(e.step, e.value) for e in events.Scalars("validation/loss")]
    assert len(got) == len(want) > 3
    for (step, value), (examples, loss) in zip(got, want):
        assert step == examples and abs(value - loss) < 1e-5 * abs(loss)


def check_settings(events):
    settings = settings_of(events)
    assert settings["learning.batch_size"] == 4 and settings["training.validate_every"] == 16
    assert settings["decoder.type"] == "mlp" and settings["encoder.skip"] is False and settings["seed"] == 3
    assert len(settings) > 80


def check_weights(events, run):
    """Each tensor at the end of the run."""
    model = load_file(os.path.join(run, "model.safetensors"))
    for name, values in model.items():
        if name.startswith("feedback."):
            assert f"weights/{name}" not in events.Tags()["histograms"]
            continue
        points = events.Histograms(f"weights/{name}")
        steps, last = [p.step for p in points], points[-1].histogram_value
        assert steps == [16, 32, 64, 96], steps  # the first, second and fourth validation, and the end
        if values.size > 65536:  # every third value
            assert values.min() <= last.min < last.max <= values.max() and last.num == -(-values.size // 3)
            continue
        assert last.num == values.size
        assert (last.min, last.max) == (values.min(), values.max()), name
        assert abs(last.sum - values.sum(dtype=float)) < 1e-6 * values.size
        counts = np.histogram(values, [last.min] + list(last.bucket_limit))[0] if values.min() < values.max() else None
        assert sum(last.bucket) == values.size
        assert counts is None or np.abs(counts - last.bucket).sum() <= 4, name  # values on a limit


def check_rates(events):
    last = events.Histograms("validation/readout_probability")[-1].histogram_value
    assert last.num == 24 and 0 <= last.min <= last.max <= 1


def check_pictures(events, run, place):
    """Targets above reconstructions of the first eight validation examples: those of `vdib reconstruct`."""
    points = events.Images("validation/reconstructions")
    assert [p.step for p in points] == [16, 32, 64, 96]
    pixels = np.array(Image.open(io.BytesIO(points[-1].encoded_image_string)))
    assert pixels.shape == (points[-1].height, points[-1].width)
    out = os.path.join(place, "reconstructed.npz")
    vdib("reconstruct", run, "--split", "validation", "--out", out)
    made = np.load(out)
    tiles = pixels.reshape(2, 28, -1, 28).transpose(0, 2, 1, 3)
    count = tiles.shape[1]
    assert count == min(8, len(made["target"]))
    for row, name in enumerate(("target", "recon")):
        want = np.round(made[name][:count].reshape(count, 28, 28) * 255)
        assert np.abs(tiles[row] - want).max() <= 1, name


def main():
    place = folder()
    run = os.path.join(place, "run")
    words = [word for setting in SETTINGS for word in ("--set", setting)]
    vdib("train", "demo", *words, "--examples", "96", "--seed", "3", "--out", run)
    events = EventAccumulator(run, size_guidance=ALL)
    events.Reload()
    check_curves(events, run)
    check_settings(events)
    check_weights(events, run)
    check_rates(events)
    check_pictures(events, run, place)
    size = os.path.getsize(os.path.join(run, "events.out.tfevents.0000000000.vdib"))
    print(f"{sum(len(tags) for tags in events.Tags().values() if tags)} tags, {size} bytes")
    assert size < 200000


main()
