# SPDX-License-Identifier: MIT
"""The ONNX files of ready experiments after a moment of training, against vdib: test_onnx.py says how."""
import os

import test_onnx
from common import folder, trace, vdib

FEW = ["--examples", "24", "--set", "data.train_examples=40", "--set", "data.test_examples=10"]
BRIEF = ["--set", "learning.warmup_examples=4"]
EXPERIMENTS = {
    "demo": [], "classify": BRIEF, "anywhere": BRIEF, "mnist-time": BRIEF, "predict": [], "published/dvs": [],
}


def main():
    place = folder()
    numbers = os.path.join(place, "numbers.npz")
    for name, settings in EXPERIMENTS.items():
        run = os.path.join(place, name.replace("/", "-"))
        vdib("train", name, *FEW, *settings, "--threads", "2", "--out", run)
        model = os.path.join(run, "model.safetensors")
        trace(model, "-", 4, numbers)
        test_onnx.compare(name, model, numbers, place)


main()
