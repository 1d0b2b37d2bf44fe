# SPDX-License-Identifier: MIT
"""Evaluations, tables of runs, exports and imports, benchmarks."""
import json
import math

import numpy
import pandas
import pytest

import vdib
from vdib.errors import ArgumentError, CancelledError, DataError, ExistsError, UnsupportedError, VdibError


@pytest.fixture
def trained(config, dataset):
    trainer = vdib.Trainer(config, dataset, examples=400)
    trainer.train()
    return trainer.model


def test_an_evaluation_has_figures_arrays_and_a_matrix(trained, dataset):
    found = vdib.evaluate(trained, dataset, spikes=True, draws=2, marginal_examples=20)
    assert 0 <= found["accuracy"] == found.figures["accuracy"] <= 1 and math.isnan(found["judge_accuracy"])
    assert found.seed == 1 and not found.stepwise
    with pytest.raises(ArgumentError, match="no figure 'no_such_figure'"):
        found["no_such_figure"]
    assert found.confusion.shape == (3, 3) and found.confusion.sum() == 9
    assert numpy.trace(found.confusion) / 9 == pytest.approx(found["accuracy"])
    assert found.arrays["rate_bits_by_step"].shape == (8,)
    assert set(found.arrays) <= {a.name for a in vdib.figures.arrays()}
    assert json.loads(found.json()) == found.to_dict() and "accuracy" in repr(found)
    assert "accuracy" in found._repr_html_() and found.class_names is None and found.notes == []
    assert all(w.code and w.message for w in found.warnings)
    rates = found.arrays["rate_bits_by_step"]
    expected = rates.copy()
    found.close()
    assert numpy.array_equal(rates, expected) and found.closed
    with pytest.raises(ArgumentError, match="closed"):
        found.figures


def test_splits_and_limits_of_an_evaluation(trained, dataset):
    assert vdib.evaluate(trained, dataset, "validation")["examples"] == 4
    assert vdib.evaluate(trained, dataset, "train", examples=3, threads=1)["examples"] == 3
    with pytest.raises(ArgumentError, match="no split"):
        vdib.evaluate(trained, dataset, "testing")
    with pytest.raises(CancelledError):
        vdib.evaluate(trained, dataset, cancelled=lambda: True)
    with pytest.raises(DataError):
        vdib.evaluate(trained, vdib.Dataset.from_examples([(vdib.Raster(8, 5), 0)] * 4, [(vdib.Raster(8, 5), 0)]))


def test_reconstructions_are_saved(trained, dataset, tmp_path):
    vdib.reconstruct(trained, dataset, tmp_path / "r.npz")
    assert numpy.load(tmp_path / "r.npz")["recon"].shape == (9, 3)


def test_the_table_of_figures():
    known = vdib.figures.figures()
    assert [f.name for f in known] == list(dict.fromkeys(f.name for f in known)) and len(known) > 10
    rate = vdib.figures.figure("rate_bits")
    assert rate.unit == "bits" and rate.help and rate.per == "example" and rate.over_seeds and rate.digits > 0
    assert vdib.figures.figure("rate_bits", stepwise=True).per == "step"
    with pytest.raises(ArgumentError, match="no figure"):
        vdib.figures.figure("rate_bit")


def test_a_sweep_is_a_table(config, dataset, tmp_path):
    over = {"objective.beta": [0.001, 0.1]}
    table = vdib.sweep(tmp_path / "s", config, over, seeds=2, dataset=dataset, examples=8, progress=False)
    assert vdib.is_sweep(tmp_path / "s") and not vdib.is_sweep(tmp_path) and table.runs == 4
    assert table.keys_varied == ["objective.beta"] and table["objective.beta"] == ["0.001"] * 2 + ["0.1"] * 2
    assert table["seed"] == [1, 2, 1, 2] and table["state"] == ["done"] * 4 and table.settings == [0, 0, 1, 1]
    assert table.figure(2, "accuracy") == table["accuracy"][2]
    moments = table.moments("accuracy", 1)
    assert moments.n == 2 and moments.mean == pytest.approx(table["accuracy"][2:].mean())
    assert table.setting_run(1) == 2 and not table.stepwise(0) and len(table.csv().splitlines()) == 5
    frame = table.to_pandas()
    assert list(frame.columns) == list(table) and len(frame) == 4 and "validation_accuracy" in frame
    assert pandas.DataFrame(dict(table)).shape == frame.shape
    assert "4 runs" in repr(table) and "0.1" in table._repr_html_()
    assert json.loads(table.json())["keys"] == ["objective.beta"]
    table.page(tmp_path / "t.html", "Mine")
    assert "Mine" in (tmp_path / "t.html").read_text() and (tmp_path / "s/results.csv").exists()
    again = vdib.compare(sorted(path for path in (tmp_path / "s").iterdir() if path.is_dir())[:2])
    assert again.runs == 2
    with vdib.Sweep.open(tmp_path / "s", dataset) as opened:
        assert len(opened) == 4 and opened.seeds == 2 and opened.seed(3) == 2 and opened.state(0) == "done"
        assert opened.over == ["objective.beta=0.001,0.1"] and opened.config(3).objective.beta == 0.1
        assert opened.folder == tmp_path / "s" and opened.run_folder(0).parent == tmp_path / "s"
        assert opened.train().csv() == table.csv()
    with pytest.raises(ArgumentError):
        table.moments("accuracy", 2)
    with pytest.raises(TypeError, match="mapping"):
        vdib.Sweep(tmp_path / "x", config, "objective.beta=1", 1, dataset)
    with pytest.raises(VdibError):
        vdib.compare([tmp_path])


def test_a_series_has_means(config, dataset, tmp_path):
    with vdib.Series(tmp_path / "s", config, 2, dataset, examples=8) as series:
        assert len(series) == 2 and series.seed(1) == 2
        series.train()
        assert series.folder == tmp_path / "s" and vdib.is_series(tmp_path / "s")
        moments = series.moments("accuracy")
    assert json.loads((tmp_path / "s/summary.json").read_text())
    runs = vdib.compare([tmp_path / "s/seed-1", tmp_path / "s/seed-2"])
    assert moments.mean == pytest.approx(runs["accuracy"].mean())
    with vdib.Series.resume(tmp_path / "s", dataset) as again:
        with again.run(0) as run:
            assert run.step().done
            again.add(run.report())
        with again.run(1) as run:
            again.add(run.report())
        again.finish()
    with pytest.raises(ExistsError):
        vdib.Series(tmp_path / "s", config, 2, dataset)


def test_metrics_are_columns(config, dataset, tmp_path):
    run = vdib.train(config, dataset=dataset, out=tmp_path / "r", progress=False)
    metrics = vdib.read_metrics(tmp_path / "r")
    assert metrics["validation_loss"].shape == (2,) and metrics["examples"][-1] == 40
    assert run.validate()["examples"] == 4 and run.evaluation["examples"] == 9
    assert vdib.report(tmp_path / "r", dataset)["accuracy"] == run.evaluation["accuracy"]


@pytest.mark.parametrize("format", [f.name for f in vdib.formats()])
def test_models_are_exported(trained, tmp_path, raster, format):
    told = vdib.export(trained, format, tmp_path / "out", recordings=[raster] if format == "nir" else ())
    assert told.parts and told.files and all(path.exists() for path in told.files)
    assert {p.fidelity for p in told.parts} <= {"exact", "approximate", "left out"}
    assert told.to_dict()["format"] == format and "fidelity" in told._repr_html_()
    with pytest.raises(VdibError):
        vdib.export(trained, format, tmp_path / "out" if (tmp_path / "out").exists() else told.files[0])


def test_unknown_formats_and_parts_are_refused(trained, tmp_path):
    with pytest.raises(ArgumentError, match="onnx"):
        vdib.export(trained, "onxx", tmp_path / "x")
    with pytest.raises(ArgumentError):
        vdib.export(trained, "onnx", tmp_path / "x", only="middle")
    assert list(tmp_path.iterdir()) == []


def test_a_nir_file_comes_back_as_hidden_layers(config, dataset, tmp_path):
    config["neuron.model"] = "cuba"
    trained = vdib.Model(config, dataset.geometry)
    told = vdib.export(trained, "nir", tmp_path / "m.nir")
    nir = vdib.Import(told.files[0])
    other = vdib.Config("classify", {**config, "encoder.layers": ["9"]})
    nir.configure(other)
    assert other.encoder.layers == ["6"] and nir.report.parts and "<pre>" in nir._repr_html_() and nir.describe()
    name = next(name for name in trained.tensors if name.startswith("encoder.hidden.0") and "weight" in name)
    kept = []
    trainer = vdib.Trainer(other, dataset, begin=lambda model: (nir.apply(model), kept.append(model.tensors[name])))
    assert trainer.step().examples == 4  # weights times a constant that neurons of this model's gain take
    ratio = kept[0] / trained.tensors[name]
    assert numpy.allclose(ratio, ratio.flat[0], rtol=1e-4)
    with pytest.raises(VdibError):
        vdib.Import(tmp_path / "none.nir")


def test_weights_are_taken_from_a_file(trained, model, tmp_path):
    trained.save(tmp_path / "m.safetensors")
    told = model.take_weights(tmp_path / "m.safetensors")
    assert told.kept == 0 == told.unknown and told.taken == len(model.tensors) and model.digest == trained.digest


def test_what_a_model_says_of_itself(trained, config):
    assert trained.config.encoder.layers == ["6"] and trained.layers == 1 and trained.window == 8 and trained.row == 4
    assert trained.readouts == 4 and trained.outputs == 3 and trained.examples == 400
    times = trained.times(0)
    assert times.membrane.least <= times.membrane.mean <= times.membrane.most
    assert "encoder" in trained._repr_html_() and "classify" in repr(trained)
    other = vdib.Config("classify", {**config, "channel.type": "flips", "channel.probability": 0.1})
    trained.set_channel(other)
    assert trained.config["channel.type"] == "flips"
    with pytest.raises(ArgumentError):
        trained.times(1)


def test_ridge_regression_stands_beside(config, dataset, tmp_path):
    fit, validation, test = vdib.ridge(config, dataset)
    assert fit.rows == 36 and fit.features == 36 and test["examples"] == 9 and validation["examples"] == 4
    assert 0 <= test["accuracy"] <= 1
    fitted, again = vdib.ridge_run(tmp_path / "r", config, dataset)
    assert fitted == fit and again["accuracy"] == test["accuracy"] and vdib.compare([tmp_path / "r"]).runs == 1


def test_a_benchmark_is_measured():
    found = vdib.benchmark("lif")
    assert found.machine.cores >= 1 and found.benchmarks and all(b.per_second > 0 for b in found.benchmarks)
    with pytest.raises(ArgumentError):
        vdib.benchmark("no such benchmark")
    with pytest.raises(CancelledError):
        vdib.benchmark("lif", cancelled=lambda: True)


def test_a_sheet_of_a_folder(recording, tmp_path):
    classes, shown, pictures = vdib.sheet(recording.parents[2], tmp_path / "s.png", 2)
    assert classes >= shown > 0 and pictures > 0 and (tmp_path / "s.png").read_bytes()[:4] == b"\x89PNG"
