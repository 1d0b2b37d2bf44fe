# SPDX-License-Identifier: MIT
"""figures.py VDIB PLAIN FOLDER: trains small runs, reads what the program prints and writes, and compares every figure
with what the plain computation finds in the model files. test_figures.sh calls it."""
import fcntl
import json
import math
import os
import pty
import random
import re
import statistics
import struct
import subprocess
import sys
import termios

VDIB, PLAIN, FOLDER = sys.argv[1:4]

# What a figure is called in the terminal, by its name in JSON; what stands behind it, of whole examples and step by
# step.
LABELS = {
    "examples": ("examples", "", ""),
    "steps": ("scored steps", "", ""),
    "judge_accuracy": ("judge accuracy", "", ""),
    "judge_accuracy_original": ("judge accuracy on originals", "", ""),
    "accuracy": ("accuracy", "", ""),
    "mse": ("MSE", " per output", " per unit"),
    "constant_accuracy": ("accuracy of the best constant answer", "", ""),
    "constant_mse": ("MSE of the best constant answer", "", " per unit"),
    "copy_accuracy": ("accuracy of a copy of the present class", "", ""),
    "copy_mse": ("MSE of a copy of the present class", "", " per unit"),
    "markov_accuracy": ("accuracy of a Markov predictor", "", ""),
    "markov_mse": ("MSE of a Markov predictor", "", " per unit"),
    "psnr": ("PSNR", " dB", ""),
    "ssim": ("SSIM", "", ""),
    "distortion_nats": ("distortion", " nats per example", " nats per step"),
    "distortion_nats_per_output": ("distortion per output", " nats per output", " nats per output"),
    "rate_bits": ("rate", " bits per example", " bits per step"),
    "rate_bits_sampled": ("rate, sampled", " bits per example", " bits per step"),
    "spikes_per_example": ("readout spikes", " spikes per example", " spikes per sequence"),
    "spike_density": ("spike density", " per neuron and step", " per neuron and step"),
    "input_spikes_per_example": ("input spikes", " spikes per example", " spikes per sequence"),
    "synaptic_operations": ("synaptic operations", " per example", " per sequence"),
    "seconds": ("duration", " s", " s"),
    "examples_per_second": ("speed", " examples per second", " examples per second"),
}
ERRORS = {"accuracy": "accuracy_standard_error", "mse": "mse_standard_error"}
COUNTS = {"examples", "steps", "synaptic_operations"}  # shown whole, with commas
TIMED = {"seconds", "examples_per_second"}
not_last = []  # of each run, whether its best model is another than its last


def check(good, *what):
    if not good:
        sys.exit("figures.py: " + " ".join(str(part) for part in what))


def near(got, want, what, bound=2e-5):
    check(abs(got - want) <= bound * abs(want) + 1e-12, what, "is", got, "but", want, "is right")


def shown(text, want, what):
    """A number as the program prints it is `want` rounded to the digits that stand there."""
    digits = text.replace(",", "")
    mantissa, _, exponent = digits.partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    check(abs(float(digits) - want) <= 0.505 * unit + 2e-5 * abs(want),
          what, "is shown as", text, "but", want, "is right")


def vdib(*arguments):
    done = subprocess.run([VDIB, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    check(done.returncode == 0, "vdib", *arguments, "failed:", done.stdout[-2000:], done.stderr)
    return done.stdout


def plain(model, data, split):
    lines = subprocess.run([PLAIN, model, data, split], capture_output=True, text=True, check=True).stdout.split("\n")
    return {name: float(value) for name, value in (line.split() for line in lines if line)}


def metrics(run):
    with open(run + "/metrics.jsonl") as stream:
        return [json.loads(line) for line in stream]


def check_json(object_, want, what):
    for name, value in want.items():
        if name != "loss":
            near(object_[name], value, what + ": " + name)
    known = set(LABELS) | set(ERRORS.values())
    has = {name for name in object_ if name in known and object_[name] is not None}
    check(has == set(want) - {"loss"} | TIMED, what, "has the figures", sorted(has))
    near(object_["seconds"] * object_["examples_per_second"], want["examples"], what + ": seconds times speed")


def check_table(text, want, stepwise, what):
    """The lines '  label   value [+- error] unit' of a table."""
    lines = {}
    for line in text.split("\n"):
        found = re.fullmatch(r"  (\S.{35}) (-?[0-9.,]+)(?: \+- ([0-9.,]+))?( [A-Za-z].*)?", line)
        if found:
            check(found[1].rstrip() not in lines, what, "has two lines", found[1])
            lines[found[1].rstrip()] = found
    names = [name for name in LABELS if name in want or name in TIMED]
    for name in names:
        label, unit, step_unit = LABELS[name]
        check(label in lines, what, "has no line", label, "in\n" + text)
        found = lines.pop(label)
        check((found[4] or "") == (step_unit if stepwise else unit), what, ":", label, "has the unit", found[4])
        if name not in TIMED:
            shown(found[2], want[name], what + ": " + label)
            check(name not in COUNTS or ("," in found[2]) == (want[name] >= 999.5),
                  what, ":", label, "has no commas:", found[2])
        check((found[3] is not None) == (ERRORS.get(name) in want), what, "error of", label)
        if found[3] is not None:
            shown(found[3], want[ERRORS[name]], what + ": error of " + label)
    check(not lines, what, "has other lines:", sorted(lines))


def check_all(run, data, stepwise):
    """eval, eval --json on every split, of the last and of the best model; report; evaluation.json."""
    splits = ["test"] if stepwise else ["test", "validation", "train"]
    for model in ("model", "best"):
        path = f"{run}/{model}.safetensors"
        for split in splits:
            want = plain(path, data, "training" if split == "train" else split)
            what = f"eval {path} --split {split}"
            check_json(json.loads(vdib("eval", path, "--split", split, "--json", *of(data))), want, what)
            check_table(vdib("eval", path, "--split", split, *of(data)), want, stepwise, what)
    want = plain(run + "/model.safetensors", data, "test")
    with open(run + "/evaluation.json") as stream:
        check_json(json.load(stream), want, run + "/evaluation.json")
    check_table(vdib("eval", run), want, stepwise, "eval " + run)
    os.remove(run + "/evaluation.json")
    check_table(vdib("report", run), want, stepwise, "report " + run)
    with open(run + "/evaluation.json") as stream:
        check_json(json.load(stream), want, run + "/evaluation.json written again")
    unlike(want)


def of(data):
    return [] if data == "-" else ["--data", data]


def unlike(want):
    """No two figures could be taken for each other."""
    values = [(name, value) for name, value in want.items() if name != "loss"]
    for i, (a, x) in enumerate(values):
        for b, y in values[:i]:
            same = {a, b} == {"distortion_nats", "distortion_nats_per_output"}  # a class is one output
            check(same or abs(x - y) > 0.004 * max(abs(x), abs(y)), a, "and", b, "are alike:", x, y)


def check_validations(run, data, text, stepwise):
    """The lines of validations, in the terminal and in metrics.jsonl; which model is the best."""
    printed = re.findall(r"^([0-9,]+) examples: validation loss (\S+), distortion (\S+) nats, "
                         r"rate (\S+) bits( \(best so far\))?$",
                         text, re.M)
    lines = [line for line in metrics(run) if line["kind"] == "validation"]
    check(len(printed) == len(lines), "validations in the terminal:", len(printed), "and in the file:", len(lines))
    best = math.inf
    for line, (examples, loss, distortion, rate, improved) in zip(lines, printed):
        check(line["examples"] == int(examples.replace(",", "")), "examples of a validation")
        shown(loss, line["loss"], "validation loss")
        shown(distortion, line["distortion_nats"], "validation distortion")
        shown(rate, line["rate_bits"], "validation rate")
        check(line["improved"] == (line["loss"] < best) == bool(improved), "best so far", line)
        best = min(best, line["loss"])
    if not lines:
        return
    for model, line in (("model", lines[-1]), ("best", [line for line in lines if line["improved"]][-1])):
        want = plain(f"{run}/{model}.safetensors", data, "validation")
        for name in ("loss", "distortion_nats", "rate_bits"):
            near(line[name], want[name], f"validation of {model}.safetensors: {name}")
    with open(run + "/model.safetensors", "rb") as last, open(run + "/best.safetensors", "rb") as best_file:
        check(lines[-1]["improved"] or last.read() != best_file.read(), "the best model is the last one")
    not_last.append(not lines[-1]["improved"])


def on_a_terminal(*arguments):
    """What a command draws on a terminal of 240 columns, and its exit code."""
    process, terminal = pty.fork()
    if process == 0:
        os.execv(VDIB, [VDIB, *arguments])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 240, 0, 0))
    drawn = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        drawn += part
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    check(code == 0, "on a terminal:", code, drawn[-2000:])
    return drawn.decode()


def check_progress(settings, data):
    """The line that a terminal shows, against the line of metrics.jsonl after as many examples."""
    run = FOLDER + "/drawn"
    drawn = on_a_terminal("train", settings, "--out", run, "--seconds", "1.5",
                          "--set", "training.validate_every=0", "--set",
                          "learning.batch_size=100", *of(data))
    lines = {line["examples"]: line for line in metrics(run) if line["kind"] == "train"}
    pattern = (r"([0-9,]+) examples  loss (\S+)  (\S+ s|[0-9:]+) left  rate (\S+) bits  (\S+) ex/s  spike density (\S+)"
               r"  distortion (\S+) nats")
    found = re.findall(pattern, drawn)
    check(found, "no line of progress in", drawn[:3000])
    for examples, loss, _, rate, speed, density, distortion in found:
        line = lines[int(examples.replace(",", ""))]
        for text, name in ((loss, "loss"),
                           (rate, "rate_bits"), (density, "spike_density"), (distortion, "distortion_nats")):
            near(float(text), line[name], f"progress: {name}", 6e-4)
        check(float(speed) > 0, "speed")


def check_summary(settings, data):
    series = FOLDER + "/series"
    text = vdib("train", settings, "--seed", "4", "--seeds", "3", "--examples", "60", "--out", series, *of(data))
    wants = [plain(f"{series}/seed-{seed}/model.safetensors", data, "test") for seed in (4, 5, 6)]
    with open(series + "/summary.json") as stream:
        summary = json.load(stream)
    check(summary["first_seed"] == 4 and summary["seeds"] == 3, "summary.json: seeds")
    figures = summary["figures"]
    names = [name for name in wants[0] if name not in ("examples", "steps", "loss")]
    check(sorted(figures) == sorted(names), "summary.json has", sorted(figures))
    table = text[text.index("3 seeds from 4 on"):]
    for name in names:
        values = [want[name] for want in wants]
        mean, deviation = statistics.mean(values), statistics.stdev(values)
        check(len(figures[name]["values"]) == 3, "summary.json: values of", name)
        for got, value in zip(figures[name]["values"], values):
            near(got, value, "summary.json: value of " + name)
        near(figures[name]["mean"], mean, "summary.json: mean of " + name)
        check(abs(figures[name]["standard_deviation"] - deviation) <= 2e-5 * abs(mean) + 1e-3 * deviation,
              "summary.json: deviation of", name, figures[name]["standard_deviation"], "but", deviation, "is right")
        label, unit, _ = LABELS[name]
        found = re.search(rf"^  {re.escape(label)} +([0-9.,-]+) +([0-9.,]+){re.escape(unit)}$", table, re.M)
        check(found, "no line", label, "in", table)
        shown(found[1], mean, "mean of " + label)
        shown(found[2], deviation, "deviation of " + label)


def write_images(folder):
    """An IDX folder: 16 x 16 images of three classes, a bar under noise."""
    os.makedirs(folder)
    draw = random.Random(5)
    for part, count in (("train", 60), ("t10k", 31)):
        labels = bytes((i * i + i // 4) % 3 for i in range(count))
        pixels = bytearray()
        for label in labels:
            for p in range(256):
                bar = p % 16 // 6 == label
                pixels.append(int(draw.random() * (170 if bar else 200) + (60 if bar else 0)))
        with open(f"{folder}/{part}-labels-idx1-ubyte", "wb") as stream:
            stream.write(struct.pack(">II", 0x801, count) + labels)
        with open(f"{folder}/{part}-images-idx3-ubyte", "wb") as stream:
            stream.write(struct.pack(">IIII", 0x803, count, 16, 16) + pixels)


COMMON = """seed: 3
data: {steps: 8, blank_steps: 2, %s}
encoder: {layers: [9], readouts: 7}
readout: {filter_steps: 4, bases: 3}
decoder: {type: linear, window: %s}
objective: {beta: 0.3, prior_probability: 0.2}
learning: {%s}
training: {examples: %s, validate_every: %s}
"""


def settings(name, *parts):
    path = f"{FOLDER}/{name}.yaml"
    with open(path, "w") as stream:
        stream.write(f"experiment: {name}\n" + COMMON % parts)
    return path


def check_end(run, text, examples):
    """What stands at the end of training and in run.json: how many examples were shown, in which time."""
    found = re.search(r"^trained on ([0-9,]+) examples in (\d+) s, (\d+) a second$", text, re.M)
    check(found and int(found[1].replace(",", "")) == examples, "the end of training says", found and found[0])
    with open(run + "/run.json") as stream:
        record = json.load(stream)
    check(record["examples"] == examples and record["finished"] is True, "run.json:", record)
    # the record is written a moment later than what is printed is taken
    check(-0.51 <= record["seconds"] - int(found[2]) <= 30, "run.json: seconds", record["seconds"], "and", found[2])
    check(0.5 <= int(found[3]) * record["seconds"] / examples <= 30, "speed at the end", found[3])
    info = vdib("info", run)
    check(f"{examples:,} in" in info or f"{examples} in" in info, "info does not say", examples, "examples:", info)


def run_and_check(name, path, data, examples, stepwise=False):
    run = FOLDER + "/" + name
    text = vdib("train", path, "--out", run, *of(data))
    check_end(run, text, examples)
    check_validations(run, data, text, stepwise)
    check_table(text[text.index("test split:"):], plain(run + "/model.safetensors", data, "test"), stepwise,
                "end of " + name)
    check_all(run, data, stepwise)


data = FOLDER + "/idx"
write_images(data)
rule = "batch_size: 4, encoder_learning_rate: 0.02, decoder_learning_rate: 0.05"
images = settings("images", "input: rate, target: image", 6, rule, 320, 64)
run_and_check("images", images, data, 320)
run_and_check("classes", settings("classes", "input: latency, target: class", 8, rule, 320, 64), data, 320)
run_and_check("steps", settings("steps", "input: blobs, target: units, test_steps: 50, test_examples: 4", 4,
                                "schedule: online, encoder_learning_rate: 0.01, "
                                "decoder_learning_rate: 0.01", 20, 5), "-", 20, True)
check_progress(images, data)
check_summary(images, data)
check(sum(not_last) >= 2, "the best models should not all be the last ones", not_last)
