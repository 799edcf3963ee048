"""``python -m theano``: what is installed, what works, and why something does not."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

from theano.configuration import config, options, sources
from theano.plugin import get_manager
from theano.version import version

__all__ = ["main", "report"]

DISTRIBUTIONS = ("core", "tensor", "opt", "grad", "cpu", "cuda", "sparse")
LIBRARIES = ("numpy", "scipy", "pluggy", "cffi", "pycuda")


def _installed(name: str) -> str:
    try:
        return version_of(name)
    except PackageNotFoundError:
        return ""


def _versions() -> Iterator[str]:
    yield f"Theano {version}, Python {platform.python_version()} on {platform.platform()}"
    yield f"Python: {sys.executable}"


def _packages() -> Iterator[str]:
    yield "\nPackages"
    for name in (f"theano-{part}" for part in DISTRIBUTIONS):
        yield f"  {name}: {_installed(name) or f'not installed (pip install {name})'}"
    for name in LIBRARIES:
        yield f"  {name}: {_installed(name) or 'not installed'}"


def _plugins() -> Iterator[str]:
    manager = get_manager()
    manager.load()
    yield "\nPlugins"
    for plugin in manager.loaded:
        yield f"  {plugin.name}: {plugin.module.__name__} ({plugin.distribution})"
    for name in manager.disabled:
        yield f"  {name}: disabled by the environment"
    if not manager.loaded:
        yield "  none"


def _backends() -> Iterator[str]:
    yield "\nBackends"
    yield "  Python executor: always available"
    for name, backend in sorted(get_manager().registry.backends.items()):
        try:
            why = backend.unavailable()
        except Exception as error:  # the doctor goes on whatever a backend does
            why = f"{type(error).__name__}: {error}"
        yield f"  {name}: {f'unavailable: {why}' if why else 'available'}"


def _compiler() -> Iterator[str]:
    yield "\nCompiler and cache"
    yield f"  compiler (cxx): {config.cxx or 'none found'}"
    cache = config.kernel_cache
    state = "no home directory" if not cache else "exists" if os.path.isdir(cache) else "not made yet"
    yield f"  kernel cache: {cache} ({state})"


def _configuration() -> Iterator[str]:
    yield "\nConfiguration"
    yield f"  THEANO_FLAGS: {sources.text or '(not set)'}"
    for path in sources.paths:
        yield f"  {path}: {'read' if os.path.isfile(path) else 'does not exist'}"
    for name, param, value in options():
        if param.origin != "default":
            yield f"  {name} = {value} (from {param.origin})"


def _from_plugins() -> Iterator[str]:
    try:
        texts = get_manager().call("theano_report", {"config": config})
    except Exception as error:  # the doctor goes on whatever a plugin does
        texts = [f"theano_report failed: {type(error).__name__}: {error}"]
    for text in texts:
        yield f"\n{text}"


def _problems() -> Iterator[str]:
    problems = get_manager().problems
    yield f"\nProblems: {len(problems) or 'none'}"
    for problem in problems:
        yield f"  {problem!s}"


def report() -> str:
    """Return the report as text."""
    sections = (_versions, _packages, _plugins, _backends, _compiler, _configuration, _from_plugins, _problems)
    return "\n".join(line for section in sections for line in section())


def main() -> int:
    """Print the report; the result is 1 if a plugin has a problem."""
    # lazy: only here are warnings in the way, since the report tells the same
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print(report())
    return 1 if get_manager().problems else 0


if __name__ == "__main__":
    sys.exit(main())
