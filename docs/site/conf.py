# SPDX-License-Identifier: MIT
"""The documentation site. scripts/site puts its pages together in build/docs/source and calls Sphinx there."""

import os
import re

root = os.environ["VDIB_SOURCE"]
with open(os.path.join(root, "CMakeLists.txt")) as file:
    version = re.search(r"project\(\s*vdib\s+VERSION\s+([0-9.]+)", file.read()).group(1)

project = "vdib"
author = copyright = "the vdib authors"
release = version
extensions = ["myst_parser", "breathe", "sphinx_copybutton"]
if os.environ.get("VDIB_PYTHON"):  # the package is at hand: its pages come from its docstrings
    extensions += ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
    autodoc_typehints = "description"

source_suffix = {".md": "markdown"}
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
highlight_language = "none"

breathe_projects = {"vdib": os.environ["VDIB_DOXYGEN"]}
breathe_default_project = "vdib"
breathe_domain_by_extension = {"h": "c"}
# `typedef struct x { ... } x;` is shown as the struct and as the type, which Sphinx takes for the same thing twice.
suppress_warnings = ["duplicate_declaration.c"]

html_theme = "furo"
html_title = "vdib"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1f5f99", "color-brand-content": "#1f5f99"},
    "dark_css_variables": {"color-brand-primary": "#7db7ee", "color-brand-content": "#7db7ee"},
}
copybutton_exclude = ".linenos, .gp, .go"
