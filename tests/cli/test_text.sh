#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No file of the library prints or reads numbers by the host program's locale (tests/report/test_locale.c runs it in
# some).
command -v python3 >/dev/null || { echo "FAIL: python3 is missing: scripts/install-dependencies --tests"; exit 1; }
"$VDIB_SOURCE/tests/check-text" "$VDIB_SOURCE"
