"""How Sphinx builds the site: `scripts/docs` runs it with every warning as an error.

Figures, help texts and the pages of `docs/` are read when the site is built; nothing of them is typed a second time.
"""

import sys
from pathlib import Path

import deepcheck

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "DeepCheck"
author = "The DeepCheck developers"
project_copyright = "The DeepCheck developers, MIT licence"
version = release = deepcheck.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "borrowed",
    "measured",
    "command_line",
    "public_names",
]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["_build"]
smartquotes = False

myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 4
nb_execution_mode = "off"
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 100
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_attr_annotations = False
napoleon_custom_sections = [("Warns", "returns_style"), ("Law", "notes_style")]

nitpicky = True
# No reference leaves the site: it is built without network, so names of other libraries have no target here.
nitpick_ignore_regex = [
    (r"py:.*", r"(numpy|np|matplotlib|onnx|torch)\..*"),
    (r"py:.*", r"(abc|collections|fractions|os|pathlib|typing)\..*"),
    (r"py:.*", r"(Path|Fraction|Any|Literal|Callable|Iterator|Iterable|Mapping|Sequence)"),
    (r"py:.*", r"(NDArray|ndarray|dtype|Figure)"),
]

html_theme = "furo"
html_title = f"DeepCheck {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": True,
    "light_css_variables": {"color-brand-primary": "#00674f", "color-brand-content": "#00674f"},
    "dark_css_variables": {"color-brand-primary": "#5fd7b3", "color-brand-content": "#5fd7b3"},
}
pygments_style = "friendly"
pygments_dark_style = "monokai"
copybutton_exclude = ".linenos, .gp, .go"
