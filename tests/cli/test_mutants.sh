#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every slip of tests/mutants can still be made: the lines that they change are there.
command -v python3 >/dev/null || { echo "FAIL: python3 is missing: scripts/install-dependencies --tests"; exit 1; }
"$VDIB_SOURCE/tests/mutants/run" --check
