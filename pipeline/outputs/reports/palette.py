"""The colours of the light theme, for what is drawn without a browser; a test compares them with the pages'."""

from typing import Final

ACTUAL: Final = "#0e8a8c"
CATEGORIES: Final = (ACTUAL, "#cf8409", "#2f83c4")
TEXT: Final = "#3d4f55"
STRONG: Final = "#16262b"
GRID: Final = "#e6ebec"
LINE: Final = "#c3cdd0"
WARNING: Final = "#96600a"
