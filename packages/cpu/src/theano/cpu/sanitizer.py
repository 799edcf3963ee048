"""Builds that watch themselves: the variable THEANO_CPU_SANITIZE names a sanitizer for the runtime and for kernels.

Read by setup.py when the runtime is built and by the tool chain when kernels are, so both are watched alike. The
sanitizer's library must be loaded first: `tests/sanitized.py` starts Python that way (``tox run -e asan``).
"""

from __future__ import annotations

import os

VARIABLE = "THEANO_CPU_SANITIZE"

FLAGS = {
    "address": ("-fsanitize=address", "-fno-omit-frame-pointer"),
    "undefined": ("-fsanitize=undefined", "-fno-omit-frame-pointer"),
    "thread": ("-fsanitize=thread", "-fno-omit-frame-pointer"),
}


def sanitizer_flags() -> tuple[str, ...]:
    """Flags for compiler and linker; none unless the variable names a sanitizer.

    Raises
    ------
    ValueError
        There is no sanitizer of that name.
    """
    name = os.environ.get(VARIABLE, "")
    if name and name not in FLAGS:
        raise ValueError(f"{VARIABLE}={name}: there is no such sanitizer\n  Do: use one of {', '.join(FLAGS)}")
    return FLAGS.get(name, ())
