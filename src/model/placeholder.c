/* SPDX-License-Identifier: MIT */
typedef int vdib__model;
