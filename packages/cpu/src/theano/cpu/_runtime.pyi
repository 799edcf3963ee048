"""The compiled runtime: see the sources in `runtime`."""

from typing import Any

ffi: Any
lib: Any
