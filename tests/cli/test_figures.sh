#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every figure that the program prints or writes, against the plain computation (tests/plain) on the model files of
# the runs.
source "$(dirname "$0")/common.sh"
: "${VDIB_PLAIN:?the path of plain-figures}"
command -v python3 >/dev/null || skip "there is no python3 to read what the program prints"

python3 "$VDIB_SOURCE/tests/cli/figures.py" "$VDIB" "$VDIB_PLAIN" "$folder" ||
    fail "the program lets out a wrong figure"
