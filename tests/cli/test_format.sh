#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sources are formatted with the repository's .clang-format.
"$VDIB_SOURCE/scripts/check-format"
