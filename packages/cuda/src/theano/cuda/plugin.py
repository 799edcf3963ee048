"""What theano-cuda registers."""

from __future__ import annotations

from typing import Any

from theano.plugin import hookimpl


@hookimpl
def theano_register_backends(registry: Any) -> None:
    """Make the GPU backend known; whether it can serve is asked when a mode wants it."""
    from theano.cuda.backend import backend  # lazy: only when a backend is chosen

    registry.backends["cuda"] = backend


@hookimpl
def theano_report(config: Any) -> str:
    """Tell the doctor what the driver has, or why it has nothing."""
    from theano.cuda.driver import availability  # lazy: asks the driver

    found = availability()
    devices = "".join(
        f"\n  device {d.number}: {d.name}, compute capability {d.capability[0]}.{d.capability[1]},"
        f" {d.memory / 2**30:.1f} GiB"
        for d in found.devices
    )
    return f"cuda: {'available' if found.ok else found.reason}{devices}"
