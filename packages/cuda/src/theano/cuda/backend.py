"""The backend as the core sees it: named, asked for by mode, and honest about why it cannot serve."""

from __future__ import annotations

from typing import Any

from theano.errors import explain


class CudaBackend:
    """Compiles plans for NVIDIA GPUs."""

    name = "cuda"
    target = "cuda"

    def unavailable(self) -> str | None:
        """Why plans cannot be compiled for a GPU here; None if they can."""
        from theano.cuda.driver import availability  # lazy: known to every process, asked by few

        found = availability()
        return None if found.ok else found.reason

    def make_function(self, maker: Any, plan: Any, containers: Any) -> Any:
        """Refuse with the reason: the core falls back to another backend."""
        raise RuntimeError(explain("compile for a GPU", str(self.unavailable()), "use a CPU mode"))


backend = CudaBackend()
