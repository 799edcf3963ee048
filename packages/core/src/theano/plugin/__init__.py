"""Plugins: how the parts of Theano, ours and those of others, find each other.

Hooks discover, tables dispatch.  A plugin is a module named by an entry point of group ``theano``; its functions
marked with `hookimpl` register parts with a `Registry`.  Hot paths then look rows up in a `RuleTable`.

Nothing is imported before it is needed: ``theano.plugin`` itself does not import pluggy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from theano.plugin.registry import Registry
from theano.plugin.rules import RuleTable

if TYPE_CHECKING:
    from theano.plugin.manager import Manager, Problem

__all__ = ["Registry", "RuleTable", "get_manager", "hook", "hookimpl", "problems", "registry", "table"]

_manager: Manager | None = None


def get_manager() -> Manager:
    """Return the manager of plugins of this process."""
    global _manager
    if _manager is None:
        # lazy: pluggy is not imported before the first use of a plugin
        from theano.plugin.manager import Manager

        _manager = Manager()
    return _manager


# This function takes the place of the submodule of the same name, which was imported above.
def registry() -> Registry:
    """Return the registry of this process; plugins fill its parts when they are first read."""
    return (_manager or get_manager()).registry


def table(name: str) -> RuleTable:
    """Return a rule table, filled by all plugins.

    >>> table("gradient")  # doctest: +ELLIPSIS
    <RuleTable 'gradient': ... rows>
    """
    return (_manager or get_manager()).registry.table(name)


def hook(name: str, **arguments: Any) -> Any:
    """Call a hook: the first result that is not None, or the list of all results, as its specification says."""
    return (_manager or get_manager()).call(name, arguments)


def problems() -> tuple[Problem, ...]:
    """Return what went wrong with plugins so far; empty when all is well."""
    return tuple(get_manager().problems)


def __getattr__(name: str) -> Any:
    if name in ("hookimpl", "hookspec"):
        # lazy: only plugin modules need the markers
        from theano.plugin import markers

        return getattr(markers, name)
    raise AttributeError(f"module 'theano.plugin' has no attribute {name!r}")
