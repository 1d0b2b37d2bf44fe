# SPDX-License-Identifier: MIT
"""Trainers and runs: the bytes of the program, Ctrl-C, threads, and what a training is told."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import numpy
import pytest

import vdib
from vdib.errors import ArgumentError, CancelledError, ConfigError, DataError, ExistsError, NumericError, VdibError

SAME = ("config.yaml", "metrics.jsonl", "model.safetensors", "best.safetensors")


def program(*arguments):
    """Runs `python -m vdib`."""
    return subprocess.run([sys.executable, "-m", "vdib", *map(str, arguments)], check=True, capture_output=True,
                          text=True, timeout=300).stdout  # fmt: skip


def same_runs(one, other):
    for name in SAME:
        assert (pathlib.Path(one) / name).read_bytes() == (pathlib.Path(other) / name).read_bytes(), name


def test_python_and_the_program_write_the_same_bytes(built_in, tmp_path):
    built_in.save(tmp_path / "c.yaml")
    program("train", tmp_path / "c.yaml", "--out", tmp_path / "program")
    run = vdib.train(built_in, out=tmp_path / "python", progress=False)
    same_runs(tmp_path / "program", tmp_path / "python")
    told = json.loads(program("eval", tmp_path / "program", "--json"))
    mine = run.evaluation.to_dict()
    timed = {"seconds", "examples_per_second"}
    assert {k: v for k, v in told.items() if k not in timed}.items() >= {
        k: v for k, v in mine.items() if k not in timed and k in told}.items()
    assert (tmp_path / "python/report.html").exists()


def test_a_run_of_python_is_resumed_by_the_program_and_evaluated_in_python(built_in, tmp_path):
    whole = vdib.train(built_in, out=tmp_path / "whole", progress=False, report=False)
    with vdib.Run(tmp_path / "part", built_in) as run:
        for progress in run:
            if progress.examples == 24:
                break
        run.on_cancel(lambda: True)
        with pytest.raises(CancelledError):
            run.step()
    program("train", "--resume", tmp_path / "part")
    same_runs(tmp_path / "whole", tmp_path / "part")
    model, data = vdib.Model.load(tmp_path / "part/model.safetensors"), vdib.Dataset(None, built_in)
    mine, theirs = vdib.evaluate(model, data), vdib.evaluate(whole.model, data)
    assert mine["mse"] == theirs["mse"] and mine.figures.keys() == theirs.figures.keys()
    assert vdib.Run.describe(tmp_path / "part").finished


def test_a_run_of_the_program_is_resumed_in_python(built_in, tmp_path):
    built_in.save(tmp_path / "c.yaml")
    program("train", tmp_path / "c.yaml", "--out", tmp_path / "whole")
    first = subprocess.run([sys.executable, "-m", "vdib", "train", str(tmp_path / "c.yaml"), "--out",
                            str(tmp_path / "part"), "--examples", "20"], capture_output=True, timeout=300)  # fmt: skip
    assert first.returncode == 0
    run = vdib.Run.resume(tmp_path / "part")
    assert run.step().done and run.progress.examples == 20 and run.notes == []
    with pytest.raises(VdibError):
        vdib.Run.resume(tmp_path / "nowhere")


def test_ctrl_c_stops_a_training_with_a_checkpoint(tmp_path):
    code = f"""
import vdib, sys
config = vdib.Config("demo", {{"data.train_examples": 40, "data.test_examples": 10, "evaluation.judge": "none",
                              "training.examples": 1000000}})
run = vdib.Run({str(tmp_path / "run")!r}, config)
print("begun", flush=True)
try:
    run.train()
except KeyboardInterrupt:
    print("stopped", run.progress.examples, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "begun\n"
    time.sleep(1.5)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)[0].split()
    assert child.returncode == 0 and said[0] == "stopped"
    assert (tmp_path / "run/checkpoint.safetensors").exists()
    told = vdib.Run.describe(tmp_path / "run")
    assert told.examples >= int(said[1]) > 0 and not told.finished


def test_a_trainer_gives_the_model_of_a_run(config, dataset, tmp_path):
    trainer = vdib.Trainer(config, dataset)
    seen = []
    history = trainer.train(callbacks=[seen.append])
    assert [p.examples for p in seen] == history["examples"].tolist() == list(range(4, 41, 4)) and seen[-1].done
    assert history["validation_examples"].tolist() == [20, 40] and numpy.isfinite(history["loss"]).all()
    assert set(history) >= {"loss", "rate_bits"} and len(history) == 13 and "10 steps" in repr(history)
    run = vdib.Run(tmp_path / "run", config, dataset)
    run.train()
    assert run.model.to_bytes() == trainer.model.to_bytes() and trainer.best.digest
    assert run.metrics()["validation_loss"].tolist() == pytest.approx(history["validation_loss"].tolist())
    assert run.folder == tmp_path / "run" and "run" in run._repr_html_() and run.dataset is dataset
    assert trainer.progress.figures()["loss"] == trainer.progress.loss
    assert "validation" not in trainer.progress.figures(validation=True)
    with pytest.raises(ExistsError):
        vdib.Run(tmp_path / "run", config, dataset)
    with pytest.raises(ExistsError, match="another process"):
        vdib.Run.resume(tmp_path / "run", dataset)
    run.close()
    with pytest.raises(DataError):
        vdib.Run.resume(tmp_path / "run")
    assert vdib.Run.resume(tmp_path / "run", dataset).step().done


def test_a_callback_ends_a_training_and_checkpoints_go_on(config, dataset, tmp_path):
    whole = vdib.Trainer(config, dataset)
    whole.train()
    part = vdib.Trainer(config, dataset, threads=1)
    part.train(callbacks=[lambda progress: progress.examples >= 20], progress=True)
    assert part.progress.examples == 20
    part.checkpoint(tmp_path / "c")
    other = vdib.Trainer(config, dataset)
    other.resume(tmp_path / "c")
    other.train()
    assert other.model.to_bytes() == whole.model.to_bytes()


def test_a_stopped_trainer_writes_its_checkpoint(config, dataset, tmp_path):
    trainer = vdib.Trainer(config, dataset, checkpoint=tmp_path / "c", cancelled=lambda: bool(trainer.progress))
    with pytest.raises(CancelledError):
        trainer.train()
    other = vdib.Trainer(config, dataset)
    other.resume(tmp_path / "c")
    assert other.step().examples == trainer.progress.examples + 4


def test_limits_and_needs(config, dataset):
    assert vdib.Trainer(config, dataset, examples=8).train()["examples"][-1] == 8
    assert vdib.Trainer(config, dataset, epochs=1).train()["examples"][-1] >= 36
    vdib.Trainer(config, dataset, seconds=0.05).train()
    need = vdib.Trainer.memory(config, dataset)
    assert need.total == need.weights + need.copies + need.batch + need.validation


def test_two_trainings_side_by_side(config, examples):
    def train(found, threads):
        data = vdib.Dataset.from_examples(examples)
        trainer = vdib.Trainer(config, data, threads=threads, examples=400)
        trainer.train()
        found.append(trainer.model.to_bytes())

    alone, together = [], []
    train(alone, 1)
    threads = [threading.Thread(target=train, args=(together, n)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone * 2


def test_an_object_at_work_refuses_another_thread(config, dataset):
    refused = []

    def meddle():
        try:
            trainer.step()
        except ArgumentError as error:
            refused.append(str(error))
        return False

    trainer = vdib.Trainer(config, dataset, cancelled=meddle)
    trainer.step()
    assert refused and "at work" in refused[0]


def test_python_goes_on_while_a_call_is_at_work(config, dataset):
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(1)
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    vdib.Trainer(vdib.Config("demo", {"data.train_examples": 10, "data.test_examples": 10}),
                 vdib.Dataset(None, vdib.Config("demo", {"data.train_examples": 10, "data.test_examples": 10})),
                 examples=32).train()  # fmt: skip
    done.set()
    thread.join()
    assert len(ticks) > 5


def test_a_training_begins_with_other_weights(config, dataset, tmp_path):
    kept = []

    def begin(model):
        kept.append(model)
        tensors = model.tensors
        for name, values in tensors.items():
            model.set_tensor(name, values * 0.5)

    trainer, plain = vdib.Trainer(config, dataset, begin=begin), vdib.Trainer(config, dataset)
    assert trainer.step().loss != plain.step().loss
    with pytest.raises(ArgumentError, match="closed"):
        kept[0].digest
    plain.model.save(tmp_path / "m.safetensors")
    run = vdib.Run(tmp_path / "run", config, dataset, init=tmp_path / "m.safetensors", begin=None)
    run.step()

    def raises(model):
        raise RuntimeError("not so")

    with pytest.raises(VdibError, match="not so") as raised:
        vdib.Trainer(config, dataset, begin=raises).step()
    assert isinstance(raised.value.__cause__, RuntimeError)


def together(count, work):
    """Calls work(Ranks) in `count` threads, which are the ranks, and returns what each gave or raised."""
    barrier, sent, results = threading.Barrier(count, timeout=60), [b""] * count, [None] * count

    def gather_of(rank):
        def gather(own):
            sent[rank] = own
            barrier.wait()
            parts = list(sent)
            barrier.wait()
            return parts

        return gather

    def attend(rank):
        try:
            results[rank] = work(vdib.Ranks(count, rank, gather_of(rank)))
        except VdibError as error:
            results[rank] = error

    threads = [threading.Thread(target=attend, args=(rank,)) for rank in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return results


def test_several_ranks_train_one_model(config, dataset, tmp_path):
    config = config.copy()
    config["learning.batch_size"], config["numeric.products"] = 4, "portable"
    alone = vdib.Trainer(config, dataset, examples=24)
    alone.train()

    def work(ranks):
        trainer = vdib.Trainer(config, dataset, examples=24, threads=1, ranks=ranks)
        trainer.train()
        trainer.collect()
        return trainer.model.digest

    assert together(3, work) == [alone.model.digest] * 3

    def run(ranks):
        made = vdib.Run(tmp_path / "of-two", config, dataset, examples=24, threads=1, ranks=ranks)
        made.train()
        return made.model.digest

    assert together(2, run) == [alone.model.digest] * 2
    assert vdib.Model.load(tmp_path / "of-two" / "model.safetensors").digest == alone.model.digest

    def resume(ranks):
        return vdib.Run.resume(tmp_path / "of-two", dataset, ranks=ranks).model.digest

    assert together(2, resume) == [alone.model.digest] * 2

    def judged(ranks=None):
        model = vdib.Model.load(tmp_path / "of-two" / "model.safetensors")  # one for each thread
        found = vdib.evaluate(model, dataset, spikes=True, threads=1, ranks=ranks).to_dict()
        return {name: value for name, value in found.items() if name not in ("seconds", "examples_per_second")}

    assert str(together(2, judged)) == str([judged()] * 2)
    with pytest.raises(TypeError, match="ranks"):
        vdib.evaluate(alone.model, dataset, ranks=2)


def test_ranks_that_fail_end_all(config, dataset):
    agreed = together(2, lambda ranks: ranks.agree("the disk is full" if ranks.rank == 1 else ""))
    assert [str(error) for error in agreed] == ["rank 1: the disk is full"] * 2
    assert together(2, lambda ranks: ranks.agree()) == [None, None]
    assert together(2, lambda ranks: ranks.end()) == [None, None]
    ended = together(2, lambda ranks: ranks.end("no data" if ranks.rank == 1 else ""))
    assert [str(error) for error in ended] == ["rank 1: no data"] * 2

    def early(ranks):
        try:
            if ranks.rank == 0:
                ranks.agree()
        finally:
            ranks.end()

    assert ["rank 1 has ended where rank 0 goes on" in str(error) for error in together(2, early)] == [True, True]
    with pytest.raises(ArgumentError, match="learning.batch_size"):
        vdib.Trainer(config, dataset, ranks=vdib.Ranks(1000, 0, lambda own: [own]))
    with pytest.raises(TypeError, match="ranks"):
        vdib.Trainer(config, dataset, ranks=3)
    with pytest.raises(TypeError, match="gather"):
        vdib.Ranks(2, 0, 5)
    short = config.copy()
    short["learning.batch_size"], short["numeric.products"] = 4, "portable"
    trainer = vdib.Trainer(short, dataset, examples=8, ranks=vdib.Ranks(2, 0, lambda own: [own]))
    with pytest.raises(VdibError, match="gather returned 1 parts; there are 2 ranks"):
        trainer.step()
    assert repr(vdib.Ranks(2, 1, print)).startswith("vdib.Ranks(2, 1,")


def test_a_decoder_of_ones_own(config, dataset):
    config.learning.draws = 2
    trainer = vdib.Trainer(config, dataset, examples=8)
    shown = trainer.forward()
    assert shown.windows.shape == (4, 2, 8, 4) and shown.rate_terms.shape == (4, 2) and len(shown.examples) == 4
    assert set(numpy.unique(shown.windows)) <= {0, 1} and shown.examples[0].raster.shape == (8, 12)
    gradients = numpy.random.default_rng(0).normal(size=shown.windows.shape).astype("f4")
    with pytest.raises(ArgumentError, match="shape"):
        trainer.backward(gradients[:2], losses=numpy.zeros((4, 2)))
    with pytest.raises(NumericError):
        trainer.backward(gradients * numpy.nan, losses=numpy.zeros((4, 2)))
    assert trainer.backward(gradients, losses=numpy.ones((4, 2))).examples == 4
    with pytest.raises(ArgumentError, match="forward"):
        trainer.backward(gradients, losses=numpy.ones((4, 2)))
    trainer.forward()
    trainer.backward(gradients, losses=numpy.ones((4, 2)))
    assert trainer.forward() is None


def test_what_does_not_fit_is_refused(config, dataset, tmp_path):
    with pytest.raises(TypeError, match="from_examples"):
        vdib.Trainer(config, [1, 2])
    with pytest.raises(DataError, match="target"):
        vdib.Trainer(vdib.Config("demo"), dataset)
    with pytest.raises(ArgumentError):
        vdib.Trainer(config, dataset, examples=-1)
    closed = vdib.Trainer(config, dataset)
    closed.close()
    for use in (closed.step, lambda: closed.model, lambda: closed.checkpoint(tmp_path / "c"), closed.forward):
        with pytest.raises(ArgumentError, match="closed"):
            use()
    assert not (tmp_path / "c").exists()
    dataset.close()
    with pytest.raises(ArgumentError, match="closed"):
        vdib.Trainer(config, dataset)


def test_files_of_runs_are_named():
    assert "checkpoint.safetensors" in [file.name for file in vdib.run_files()]
    assert all(file.about and file.keeper for file in vdib.run_files())
