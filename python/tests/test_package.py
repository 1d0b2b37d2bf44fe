# SPDX-License-Identifier: MIT
"""The package as a whole: every public name tested, every function of the library used, memory, what it runs with."""
import gc
import inspect
import os
import pathlib
import re
import subprocess
import sys

import pytest

import vdib
from vdib import _native
from vdib._binding import ffi, lib

SOURCE = pathlib.Path(os.environ["VDIB_SOURCE"]) / "python"

# Functions of the library that the package does without: what stands in for them.
UNUSED = {
    "vdib_allocator_set": "Python's own allocator is not the library's",
    "vdib_dataset_add": "Dataset.from_examples()",
    "vdib_dataset_create": "Dataset.from_examples()",
    "vdib_dataset_open": "vdib_dataset_open_with()",
    "vdib_dataset_open_images": "vdib_dataset_open_with()",
    "vdib_dataset_open_model": "vdib_dataset_open_with()",
    "vdib_batch_spikes": "vdib.torch asks for the windows",
    "vdib_config_key_help": "Config.help()",
    "vdib_events_open": "vdib_events_open_unit()",
    "vdib_events_read": "Recording.events, without a copy",
    "vdib_file_write": "what Python has for files",
    "vdib_status_name": "classes of vdib.errors",
    "vdib_status_text": "classes of vdib.errors",
    "vdib_version_number": "__version__",
}


def public_names():
    """Names of the package and of its public modules, and the methods and properties of its classes."""
    found = set()
    for module in (vdib, vdib.errors, vdib.events, vdib.figures):
        for name in module.__all__:
            found.add(name)
            thing = getattr(module, name)
            if inspect.isclass(thing) and not issubclass(thing, BaseException):
                found.update(m for m in vars(thing) if not m.startswith("_") and m not in getattr(thing, "_fields", ()))
    return found


def test_every_public_name_is_tested():
    text = "\n".join(path.read_text() for path in (SOURCE / "tests").glob("*.py"))
    untested = [name for name in sorted(public_names()) if not re.search(rf"\b{name}\b", text)]
    assert len(public_names()) > 150 and untested == []


def test_every_public_name_says_what_it_is():
    for module in (vdib, vdib.errors, vdib.events, vdib.figures):
        for name in module.__all__:
            thing = getattr(module, name)
            assert module.__name__ == "vdib" or name == "dtype" or thing.__doc__, name
            if inspect.isclass(thing) and not issubclass(thing, BaseException):
                for member, value in vars(thing).items():
                    if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                        assert value.__doc__, f"{name}.{member}"


def test_every_function_of_the_library_is_used():
    text = "\n".join(path.read_text() for path in (SOURCE / "vdib").rglob("*.py"))
    functions = {name for name in dir(lib) if name.startswith("vdib_") and not name.startswith("vdib_python_")}
    unused = {name for name in functions if not re.search(rf"\b{name}\b", text)}
    assert len(functions) > 200 and unused == set(UNUSED)


# Structs of the library and the tuples that tell what is in them; the names that differ.
TOLD = {
    "vdib_benchmark": (vdib.bench.Benchmark, {}), "vdib_binning_report": (vdib.Binning, {}),
    "vdib_conversion_report": (vdib.conversion.Conversion, {"pixel_count": "pixels"}),
    "vdib_converted": (vdib.conversion.Converted, {"from": "source", "status": "error", "message": "error"}),
    "vdib_events_info": (vdib.events.Info, {}), "vdib_example": (vdib.Example, {
        "index": "number", "image_channels": "image", "image_height": "image", "image_width": "image"}),
    "vdib_export_row": (vdib.exchange.Part, {"as": "stands_for_it"}), "vdib_frames_info": (vdib.events.FramesInfo, {}),
    "vdib_frame": (vdib.events.Frame, {"width": "pixels", "height": "pixels", "channels": "pixels"}),
    "vdib_geometry": (vdib.Geometry, {}),
    "vdib_key_info": (vdib.Key, {"standard": "default", "index": "name", "least": "low", "most": "high"}),
    "vdib_layer_times": (vdib.model.LayerTimes, {}), "vdib_machine": (vdib.bench.Machine, {}),
    "vdib_progress": (vdib.Progress, {}), "vdib_recording_report": (vdib.dataset.RecordingReport, {}),
    "vdib_ridge_fit": (vdib.evaluation.RidgeFit, {}), "vdib_run_info": (vdib.run.RunInfo, {}),
    "vdib_scaling": (vdib.bench.Scaling, {}), "vdib_stream_counts": (vdib.stream.StreamCounts, {}),
    "vdib_shown": (vdib.trainer.Shown, {"data": "examples", "window": "windows", "readouts": "windows",
                                        "draws": "windows", "row": "windows"}),
    "vdib_time_constant": (vdib.model.TimeConstant, {}), "vdib_training_need": (vdib.trainer.Need, {}),
    "vdib_view_info": (vdib.conversion.ViewInfo, {}), "vdib_weights_taken": (vdib.model.WeightsTaken, {}),
    "vdib_writer_format": (vdib.events.WriterFormat, {}),
}  # fmt: skip
# Members that the package does without.
UNSET = {
    "vdib_allocator.allocate": "vdib_allocator_set()", "vdib_evaluation.findings": "private",
    "vdib_dataset_source.image_height": "no example of Python's has an image behind it",
    "vdib_dataset_source.image_width": "the same",
    "vdib_tensor_info.count": "the product of the shape",
    "vdib_benchmark_options.begin": "benchmark() gives the results as they come",
}  # fmt: skip


def members():
    """(struct, member) of every struct that the library declares."""
    for name in ffi.list_types()[0]:
        try:
            ffi.sizeof(name)
        except ffi.error:  # declared only
            continue
        if ffi.typeof(name).kind == "struct":
            yield from ((name, member) for member, _ in ffi.typeof(name).fields if member != "size")


def test_every_member_of_a_struct_is_reached():
    modules = [path.read_text() for path in (SOURCE / "vdib").rglob("*.py")]
    assert {name for name, _ in members()} > set(TOLD)
    for name, (told, other) in TOLD.items():
        assert {other.get(member, member) for of, member in members() if of == name} == set(told._fields), name
    lacks = set()
    for name, member in members():
        text = "\n".join([module for module in modules if name in module] or modules)
        if name not in TOLD and not re.search(rf'\b{member}=|\.{member}\b|"{member}"', text):
            lacks.add(f"{name}.{member}")
    assert lacks == set(UNSET)


def test_there_is_an_exception_for_each_status():
    names = {name for name in dir(lib) if name.startswith("VDIB_ERROR_")}
    assert {f"VDIB_{error.name}" for error in vdib.errors.by_status.values()} == names
    for status, error in vdib.errors.by_status.items():
        assert getattr(lib, f"VDIB_{error.name}") == status == error.status and issubclass(error, vdib.VdibError)
    assert issubclass(vdib.errors.FileError, OSError) and issubclass(vdib.errors.OutOfMemoryError, MemoryError)
    assert issubclass(vdib.errors.ExistsError, FileExistsError) and issubclass(vdib.errors.ConfigError, ValueError)
    assert issubclass(vdib.errors.VersionError, vdib.VdibError)


def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif("VDIB_SANITIZER_RUNTIME" in os.environ, reason="the sanitizers keep freed memory for a while")
def test_a_hundred_thousand_calls_take_no_memory(model, raster, config, dataset):
    stream = model.stream(seed=1)
    dense = raster.to_dense()

    def calls(count):
        for i in range(count):
            stream.step([1, 5])
            if i % 10 == 0:
                spikes = model.encode(raster, seed=i)
                model.decode(spikes)
                vdib.Raster.from_dense(dense).csr()
                dataset.train[i % 36]
            if i % 100 == 0:
                config.copy()["objective.beta"] = 0.5
                try:
                    stream.step([99])
                except vdib.VdibError:
                    pass
        gc.collect()

    calls(5000)
    before = resident()
    calls(100000)
    assert resident() - before < 2 << 20
    assert len(_native._ends) < 50


def run(code, **environment):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300,
                          env={**os.environ, **environment})  # fmt: skip


WITHOUT_NUMPY = """
import sys
for name in ("numpy", "scipy", "pandas", "tqdm"):
    sys.modules[name] = None
import vdib
assert vdib._arrays.numpy is None
raster = vdib.Raster.from_pairs([0, 1], [2, 3], shape=(2, 5))
assert raster.at(1).tolist() == [3] and raster.to_dense().tolist() == [[0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]
assert vdib.Raster.from_dense([[0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]) == raster
config = vdib.Config("demo", {"data.train_examples": 20, "data.test_examples": 10, "evaluation.judge": "none"})
data = vdib.Dataset(None, config)
trainer = vdib.Trainer(config, data, examples=16)
history = trainer.train(progress=True)
assert history["examples"] == [16.0] and data.test[0].target.shape == (1, 28, 28)
model = trainer.model
assert model.reconstruct(data.test[0].raster).shape == (1, 28, 28)
assert vdib.evaluate(model, data)["mse"] > 0
model.set_tensor(*next(iter(model.tensors.items())))
examples = [(vdib.Raster.from_pairs([i % 8], [i % 12], (8, 12)), [0.5, i / 20]) for i in range(20)]
own = vdib.Dataset.from_examples(examples)
assert own.geometry.target_shape == (1, 1, 2) and own.train[1].raster.spikes == 1
for needs in (raster.to_pairs, raster.to_scipy, lambda: vdib.events.dtype):
    try:
        needs()
        raise SystemExit("no exception")
    except vdib.errors.UnsupportedError as error:
        assert "pip install" in str(error)
try:
    vdib.Raster.from_dense([[1], [1, 2]])
    raise SystemExit("no exception")
except vdib.errors.ArgumentError:
    print("done")
"""


def test_it_trains_without_numpy():
    done = run(WITHOUT_NUMPY)
    assert done.stdout.endswith("done\n"), done.stderr[-3000:]


def test_a_training_is_the_same_in_a_forked_child():
    done = run("""
import os, vdib
config = vdib.Config("demo", {"data.train_examples": 20, "data.test_examples": 10, "evaluation.judge": "none"})
def train():
    trainer = vdib.Trainer(config, vdib.Dataset(None, config), examples=32)
    trainer.train()
    return trainer.model.digest
first = train()
read, write = os.pipe()
child = os.fork()
if child == 0:
    os.write(write, train().encode())
    os._exit(0)
assert os.read(read, 64).decode() == first == train() and os.waitpid(child, 0)[1] == 0
print("done")
""")
    assert done.stdout == "done\n", done.stderr


@pytest.mark.skipif("VDIB_SANITIZER_RUNTIME" in os.environ, reason="the sanitizers see nothing of sources")
def test_the_types_are_checked():
    checked = subprocess.run([sys.executable, "-m", "mypy", "--config-file", SOURCE.parent / "pyproject.toml",
                              "--cache-dir", os.devnull, SOURCE / "vdib"], capture_output=True, text=True,
                             cwd=SOURCE.parent, timeout=600)  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    assert (pathlib.Path(vdib.__file__).parent / "py.typed").exists()


def test_the_program_comes_along():
    done = subprocess.run([sys.executable, "-m", "vdib", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[1].startswith(vdib.__version__) and vdib.cores() >= 1
    assert subprocess.run([sys.executable, "-m", "vdib", "trian"], capture_output=True).returncode == 2


SHORT = """
import vdib
config = vdib.Config("demo", {"data.train_examples": 20, "data.test_examples": 10, "evaluation.judge": "none"})
trainer = vdib.Trainer(config, vdib.Dataset(None, config), examples=16)
trainer.train()
print(trainer.model.digest)
"""


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13"])
def test_other_interpreters_train_with_the_same_file(version):
    """Those that are found, with the cffi that `make python` has fetched for them; the missing ones are named as not
    run."""
    found = subprocess.run([SOURCE / "tests/interpreters"], capture_output=True, text=True, check=True).stdout
    pythons = dict(line.split(" ", 1) for line in found.splitlines())
    if version not in pythons:
        pytest.skip(f"python{version} is not here: NOT RUN")
    if "VDIB_SANITIZER_RUNTIME" in os.environ and version != min(pythons, key=lambda v: int(v.split(".")[1])):
        pytest.skip("under the sanitizers the oldest one is enough")
    path = os.pathsep.join([os.environ["PYTHONPATH"], str(SOURCE.parent / f"build/python/of-{version}")])
    other = {**os.environ, "PYTHONPATH": path}
    if subprocess.run([pythons[version], "-c", "import cffi"], capture_output=True, env=other).returncode != 0:
        pytest.skip(f"{pythons[version]} has no cffi (`make python` fetches it): NOT RUN")
    done = subprocess.run([pythons[version], "-c", SHORT], capture_output=True, text=True, env=other)
    assert done.stdout == run(SHORT).stdout and len(done.stdout) == 65, done.stderr


def test_arrays_of_another_device_are_refused():
    class Elsewhere:
        def __array__(self, *_):
            raise TypeError("can't convert cuda:0 device type tensor to numpy")

        ndim = 2

    with pytest.raises(vdib.errors.ArgumentError, match="cuda:0"):
        vdib.Raster.from_pairs(Elsewhere(), [0], (2, 2))
    with pytest.raises((vdib.errors.ArgumentError, TypeError), match="cuda:0"):
        vdib.Raster.from_dense(Elsewhere())


def test_objects_in_cycles_end():
    model = vdib.Model(vdib.Config("classify", {"encoder.layers": ["2"], "encoder.readouts": 2, "data.steps": 3}),
                       vdib.Geometry(1, 1, 4, 3, 2))  # fmt: skip
    stream = model.stream()
    stream.itself, stream.model = stream, model
    model.stream_of_it = stream
    del model, stream
    gc.collect()


def test_what_cannot_be_pickled_says_so(model):
    import pickle

    with pytest.raises(TypeError, match="Stream cannot be pickled"):
        pickle.dumps(model.stream())


def test_what_is_told_are_named_tuples(recording, dataset, config, tmp_path):
    assert isinstance(vdib.events.info(recording), vdib.events.Info)
    assert isinstance(vdib.events.packets(recording), vdib.events.Packets)
    assert sum(vdib.events.Packets(recording).chunks(7)) == vdib.events.info(recording).events
    assert isinstance(vdib.events.writer_formats()[0], vdib.events.WriterFormat)
    frames = vdib.events.frames(SOURCE.parent / "fuzz/corpus/frames/none")
    assert isinstance(frames, vdib.events.Frames) and isinstance(frames.next(), vdib.events.Frame)
    assert isinstance(frames.info, vdib.events.FramesInfo)
    assert isinstance(dataset.train[0], vdib.Example) and isinstance(vdib.keys()[0], vdib.Key)
    assert isinstance(vdib.experiments()[0], vdib.Experiment)
    assert isinstance(vdib.figures.figures()[0], vdib.figures.Figure)
    assert isinstance(vdib.figures.arrays()[0], vdib.figures.Array)
    run = vdib.train(config, dataset=dataset, out=tmp_path / "r", progress=False)
    assert isinstance(run.progress, vdib.Progress) and isinstance(run.history, vdib.History)
    assert isinstance(run.evaluation, vdib.Evaluation) and isinstance(vdib.compare([tmp_path / "r"]), vdib.Results)
