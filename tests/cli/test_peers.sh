#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/peers reads what vdib-peer exports: shapes, settings, spikes and gradients. PyTorch and JAX are not part of the
# tests.
source "$(dirname "$0")/common.sh"
peer=${VDIB%/*}/../bench/vdib-peer
[[ -x $peer ]] || skip "bench/vdib-peer is not built"
python=/usr/bin/python3
"$python" -c 'import numpy' 2>/dev/null || skip "python3 with numpy is not installed"
expect 0 "$peer" export "$folder" demo learning.batch_size=3 data.steps=7 encoder.layers='[40]' encoder.readouts=24 \
    encoder.initialisation=law readout.filter_steps=10 readout.feedback_bases=1
"$python" - "$VDIB_SOURCE/bench/peers" "$folder" <<'PYTHON' >"$folder/stdout" 2>&1 || fail "not understood"
import sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from common import Case, compare, np
case = Case(sys.argv[2])
assert (case.batch, case.steps, case.readouts) == (3, 7, 24) and case.x.shape == (3, 7, case.inputs)
assert set(np.unique(case.y)) == {0.0, 1.0} and case.targets.shape == (3, case.outputs) and case.loss > 0
assert all(np.abs(gradient).max() > 0 for gradient in case.gradients.values()), "a tensor has no gradient"
assert compare(case, case.loss, case.gradients)[0] == 0
wrong = {name: gradient * (1 + 1e-3 * (name == "encoder.readout.weight")) for name, gradient in case.gradients.items()}
worst, name = compare(case, case.loss, wrong)
assert name == "encoder.readout.weight" and abs(worst - 1e-3) < 1e-6
PYTHON
