"""Finding names in THEANO_FLAGS and rc files that belong to no option."""

from __future__ import annotations

import warnings

from theano.configuration.accepted import RETIRED
from theano.configuration.parser import registered, sources, suggestion
from theano.errors import ConfigError, TheanoConfigWarning, explain

__all__ = ["check_names", "check_pending_flags"]

# Sections of Theano's own packages, which may or may not be installed.
PLUGIN_SECTIONS = frozenset({"cpu", "cuda", "gpuarray", "opencl", "opt", "sparse", "grad", "tensor"})


def _section(name: str) -> str:
    return name.split(".")[0] if "." in name else ""


def _known_sections() -> set[str]:
    return {_section(name) for name in registered} - {""}


def _refuse(name: str, origin: str) -> ConfigError:
    do = suggestion(name, registered) + 'python -c "import theano; print(theano.config)" lists all options'
    return ConfigError(explain(f"option {name!r} (from {origin})", "there is no such option", do))


def check_names() -> None:
    """Refuse unknown names at import, as far as they can be known to be unknown before plugins are loaded."""
    sections = _known_sections()
    for name, origin in sources.left().items():
        if name in RETIRED:
            sources.drop(name)
            text = explain(f"option {name!r} (from {origin})", "this option is gone, so it is ignored", RETIRED[name])
            warnings.warn(text, TheanoConfigWarning, stacklevel=2)
            continue
        section = _section(name)
        if section in PLUGIN_SECTIONS:
            continue
        if not section or section in sections or suggestion(section, sections):
            raise _refuse(name, origin)


def check_pending_flags(loaded: frozenset[str]) -> None:
    """Refuse names that loaded plugins do not know; tell about sections that no plugin has.

    Parameters
    ----------
    loaded : frozenset of str
        Names of the plugins that were loaded.
    """
    sections = _known_sections()
    for name, origin in sources.left().items():
        section = _section(name)
        if section in loaded:
            raise _refuse(name, origin)
        if section in PLUGIN_SECTIONS and section not in sections:
            continue
        sources.drop(name)
        text = explain(
            f"option {name!r} (from {origin})",
            "no installed plugin has this option, so it is ignored",
            "install the plugin, or remove the option",
        )
        warnings.warn(text, TheanoConfigWarning, stacklevel=2)
