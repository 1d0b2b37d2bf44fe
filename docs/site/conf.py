# SPDX-License-Identifier: MIT
"""The documentation site. scripts/site puts its pages together in build/docs/source and calls Sphinx there."""

import os
import re
import sys

root = os.environ["VDIB_SOURCE"]
with open(os.path.join(root, "CMakeLists.txt")) as file:
    version = re.search(r"project\(\s*vdib\s+VERSION\s+([0-9.]+)", file.read()).group(1)

project = "vdib"
author = copyright = "the vdib authors"
release = version
extensions = ["myst_parser", "breathe", "sphinx_copybutton"]
if os.environ.get("VDIB_PYTHON"):  # the package is at hand: its page comes from its docstrings
    sys.path.insert(0, os.environ["VDIB_PYTHON"])
    extensions += ["sphinx.ext.autodoc"]
    autodoc_mock_imports = ["torch"]
    autodoc_default_options = {"show-inheritance": True}



def split_parameters(app, what, name, obj, options, lines):
    """`:param seed, index: words` says the same of each: Sphinx takes the first name for a type."""
    found, i = [], 0
    while i < len(lines):
        names = re.match(r":param (\w+(?:, \w+)+):(.*)", lines[i])
        end = i + 1
        while names and end < len(lines) and lines[end].startswith(" "):
            end += 1
        for one in names.group(1).split(", ") if names else []:
            found += [f":param {one}:{names.group(2)}", *lines[i + 1 : end]]
        found += [] if names else [lines[i]]
        i = end
    lines[:] = found


def setup(app):
    if "sphinx.ext.autodoc" in extensions:
        app.connect("autodoc-process-docstring", split_parameters)


source_suffix = {".md": "markdown"}
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
highlight_language = "none"
default_role = "code"  # `x` in docstrings

breathe_projects = {"vdib": os.environ["VDIB_DOXYGEN"]}
breathe_default_project = "vdib"
breathe_domain_by_extension = {"h": "c"}
# `typedef struct x { ... } x;` is shown as the struct and as the type, which Sphinx takes for the same thing twice.
# Of attributes of one name in two classes of the package, a word in a docstring may mean either.
suppress_warnings = ["duplicate_declaration.c", "ref.python"]

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
