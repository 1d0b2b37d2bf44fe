#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sources are formatted with the repository's .clang-format, no line is too long, and no part includes one that it may
# not use.
set -e
"$VDIB_SOURCE/scripts/check-layers"
"$VDIB_SOURCE/scripts/check-lengths"
"$VDIB_SOURCE/scripts/check-format"
