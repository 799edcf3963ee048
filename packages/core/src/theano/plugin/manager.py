"""Finding plugins and letting them register, stage by stage.

Environment variables, all lists separated by commas:

* ``THEANO_PLUGINS``: load only these entry points (an empty list: none).
* ``THEANO_DISABLE_PLUGINS``: do not load these.
* ``THEANO_TRACE_PLUGINS``: when set, tell on standard error what is loaded and called.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from theano.configuration import check_pending_flags, sources
from theano.errors import PluginWarning, explain
from theano.frozen import dataclass
from theano.plugin.discovery import EntryPoint, entry_points
from theano.plugin.markers import hookimpl, hookspec
from theano.plugin.registry import Registry

if TYPE_CHECKING:
    from theano.plugin.pluggy_manager import HookManager

__all__ = ["Manager", "Problem"]

GROUP = "theano"

# Stages run at most once, each after those that it needs.
_HOOK_OF_STAGE = {
    "config": "theano_register_config",
    "types": "theano_register_types",
    "ops": "theano_register_ops",
    "shape_rules": "theano_register_shape_rules",
    "gradient_rules": "theano_register_gradient_rules",
    "backends": "theano_register_backends",
    "modes": "theano_register_modes",
}
_NEEDS = {"config": (), "types": ("config",), "ops": ("types",)}


@dataclass(frozen=True)
class Problem:
    """Something that went wrong with a plugin.

    Attributes
    ----------
    plugin : str
        Name of the plugin.
    doing : str
        What was being done, such as "import theano_foo.plugin".
    error : Exception or str
        What happened.
    """

    plugin: str
    doing: str
    error: Exception | str

    def __str__(self) -> str:
        found = self.error if isinstance(self.error, str) else f"{type(self.error).__name__}: {self.error}"
        return explain(
            f"plugin {self.plugin!r}: {self.doing}",
            found,
            f"repair or remove the plugin, or set THEANO_DISABLE_PLUGINS={self.plugin}; all else works without it",
        )


@dataclass(frozen=True)
class Loaded:
    """A plugin that was loaded: its name, module and the distribution that brought it."""

    name: str
    module: ModuleType
    distribution: str


def _names_in(variable: str) -> frozenset[str] | None:
    text = os.environ.get(variable)
    if text is None:
        return None
    return frozenset(name.strip() for name in text.split(",") if name.strip())


Implementation = tuple[Callable[..., Any], Sequence[str]]


def _is_own(module: ModuleType) -> bool:
    """Whether a plugin module is one of Theano's own distributions."""
    return module.__name__.startswith("theano.")


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the arguments without a default: what the hook hands out."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount - len(function.__defaults__ or ())]


def _called(implementations: Sequence[Implementation], arguments: dict[str, Any], first: bool) -> Any:
    """What pluggy does for implementations without options."""
    results = []
    for function, names in implementations:
        result = function(*[arguments[name] for name in names])
        if result is not None:
            results.append(result)
            if first:
                return result
    return None if first else results


def _found_entry_points() -> list[EntryPoint]:
    # The same distribution may be seen twice, by two entries of sys.path.
    unique = {(point.name, point.value): point for point in reversed(entry_points(GROUP))}
    return [unique[key] for key in sorted(unique)]


class Manager:
    """Loads plugins on first use, and runs each stage of registration once.

    Attributes
    ----------
    registry : Registry
        What the plugins registered.
    problems : list of Problem
        Failures so far; each was also a `PluginWarning`.
    loaded : list of Loaded
        In the order of loading.
    disabled : list of str
        Entry points that the environment switched off.
    """

    def __init__(self) -> None:
        self.registry = Registry(self.run_stage)
        self.problems: list[Problem] = []
        self.loaded: list[Loaded] = []
        self.disabled: list[str] = []
        self._plugin_manager: HookManager | None = None
        self._lock = threading.RLock()
        self._started: set[str] = set()
        self._done: set[str] = set()
        self._discovered = False
        self._points: list[EntryPoint] | None = None
        self._reported = 0
        self._depth = 0
        self._tracing = bool(os.environ.get("THEANO_TRACE_PLUGINS"))

    @property
    def plugin_manager(self) -> HookManager:
        """The manager of pluggy; made when it is first needed, with the plugins loaded so far."""
        if self._plugin_manager is None:
            from theano.plugin.pluggy_manager import HookManager  # lazy: our own plugin modules do without pluggy

            self._plugin_manager = HookManager((plugin.name, plugin.module) for plugin in self.loaded)
        return self._plugin_manager

    # ---- loading

    def load(self) -> None:
        """Import all plugins and register their options."""
        self.run_stage("config")

    def _discover(self) -> None:
        for point in self._enabled():
            dist = point.dist
            distribution = f"{dist.name} {dist.version}" if dist else "unknown distribution"
            self._load_one(point.name, distribution, point.load)
        self._check_names()

    def _enabled(self) -> list[EntryPoint]:
        """The entry points that are to be loaded; looked for once."""
        if self._points is None:
            only = _names_in("THEANO_PLUGINS")
            blocked = _names_in("THEANO_DISABLE_PLUGINS") or frozenset()
            points = _found_entry_points()
            off = [p.name for p in points if p.name in blocked or (only is not None and p.name not in only)]
            for name in off:
                self._trace(f"plugin {name} is disabled")
            for name in sorted((only or frozenset()) - {point.name for point in points}):
                self._problem(name, "load what THEANO_PLUGINS names", "no installed distribution has this entry point")
            self.disabled += off
            self._points = [point for point in points if point.name not in off]
        return self._points

    def _load_one(self, name: str, distribution: str, load: Callable[[], Any]) -> None:
        start = time.perf_counter()
        taken = next((plugin.module for plugin in self.loaded if plugin.name == name), None)
        if taken is not None:
            self._problem(name, f"load from {distribution}", f"{taken.__name__} already has this name")
            return
        try:
            module = load()
        except Exception as error:  # a broken plugin must not break the others
            self._problem(name, f"import from {distribution}", error)
            return
        try:
            # What is our own fits its specifications (a test sees to it).
            if self._plugin_manager is not None or not _is_own(module):
                self.plugin_manager.register(module, name)
        except Exception as error:  # an implementation does not fit its specification
            if self.plugin_manager.has_plugin(name):
                self.plugin_manager.unregister(name=name)
            self._problem(name, f"register {getattr(module, '__name__', module)}", error)
            return
        self.loaded.append(Loaded(name, module, distribution))
        self._trace(f"plugin {name} from {distribution}", start)

    def _check_names(self) -> None:
        """Report implementations of hooks that do not exist; without any, pluggy's own check passes too."""
        if self._plugin_manager is None:
            return
        from theano.plugin import hookspecs  # lazy: only plugins of others are checked

        known = [name for name in vars(hookspecs) if name.startswith("theano_")]
        wrong = False
        for plugin in self.loaded:
            for caller in self.plugin_manager.get_hookcallers(plugin.module) or ():
                optional = all(impl.optionalhook for impl in caller.get_hookimpls() if impl.plugin is plugin.module)
                if caller.has_spec() or optional:
                    continue
                wrong = True
                import difflib  # lazy: only for mistakes

                near = difflib.get_close_matches(caller.name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                self._problem(plugin.name, f"implement {caller.name}", f"there is no such hook{hint}")
        if not wrong:
            self.plugin_manager.check_pending()

    # ---- stages

    def run_stage(self, stage: str) -> None:
        """Run a stage of registration, and those that it needs, unless they ran before."""
        if stage in self._done:
            return
        with self._lock:
            if stage in self._started:  # asked for by a hook of this very stage: give what is there
                return
            self._started.add(stage)
            self._depth += 1
            try:
                for needed in _NEEDS.get(stage, ("ops",)):
                    self.run_stage(needed)
                self._run_hooks(stage)
                if stage == "config":
                    check_pending_flags(frozenset(plugin.name for plugin in self.loaded))
                self._done.add(stage)
            finally:
                self._depth -= 1
                if stage not in self._done:
                    self._started.discard(stage)
        if self._depth == 0:
            self._warn_of_problems()

    def _run_hooks(self, stage: str) -> None:
        kind, _, rest = stage.partition(".")
        if stage == "config":
            if self._discovered:  # a wrong option stopped this stage before: only the check is left
                return
            self._discovered = True
            self._discover()
        if stage == "rewrites":
            self._call_each("theano_register_optimizer", {"registry": self.registry})
            optdb = self.registry._optdb
            if optdb is not None:
                self._call_each("theano_register_rewrites", {"optdb": optdb})
        elif kind == "lowerings":
            self._call_each("theano_register_lowerings", {"registry": self.registry, "target": rest})
        elif kind == "rules":
            self._call_each("theano_register_rules", {"table": self.registry._tables[rest]})
        else:
            self._call_each(_HOOK_OF_STAGE[stage], {"registry": self.registry})

    def _call_each(self, hook_name: str, arguments: dict[str, Any]) -> None:
        """Call a registering hook of one plugin after the other; a failing one loses its own registrations only."""
        for plugin in self.loaded:
            found = self._implementation(plugin, hook_name)
            if found is None:
                continue
            function, names = found
            start = time.perf_counter()
            with self._guarded(plugin.name, hook_name):
                function(*[arguments[name] for name in names])
            self._trace(f"{hook_name} of {plugin.name}", start)

    def _implementation(self, plugin: Loaded, hook_name: str) -> Implementation | None:
        """What a plugin does in a hook, and the names of the arguments that it takes."""
        if _is_own(plugin.module):
            found: Any = getattr(plugin.module, hook_name, None)
            return None if hookimpl.options_of(found) is None else (found, _parameters(found))
        for impl in getattr(self.plugin_manager.hook, hook_name).get_hookimpls():
            if impl.plugin_name == plugin.name:
                return impl.function, impl.argnames
        return None

    @contextmanager
    def _guarded(self, plugin: str, doing: str) -> Iterator[None]:
        self.registry.begin()
        try:
            yield
        except Exception as error:  # a broken plugin must not break the others
            self.registry.rollback()
            self._problem(plugin, doing, error)
        except BaseException:
            self.registry.rollback()
            raise
        else:
            self.registry.commit()

    # ---- hooks that are called at work

    def standard_plugins(self) -> dict[str, str] | None:
        """Names and modules of all plugins, loaded or not yet, if they are our own and register only by their hooks.

        None if plugins of others take part, something went wrong, or somebody registered something by hand.
        """
        if not self._discovered and sources.left():
            self.run_stage("config")  # options that no plugin may know have to be looked at
        points = self._enabled()
        own = all(point.value.startswith("theano.") for point in points)
        if not own or self.problems or self._plugin_manager is not None or self.registry.altered:
            return None
        found = {point.name: point.value for point in points}
        return found if {plugin.name for plugin in self.loaded} <= found.keys() else None

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """Call a hook that is not a registering one."""
        self.run_stage("config")
        if self._plugin_manager is None:
            from theano.plugin import hookspecs  # lazy: read with the first hook that is called at work

            options = hookspec.options_of(getattr(hookspecs, name, None))
            # The plugin registered last is called first.
            own = [found for plugin in reversed(self.loaded) if (found := self._implementation(plugin, name))]
            if options is not None and not any(hookimpl.options_of(function) for function, _ in own):
                return _called(own, arguments, bool(options.get("firstresult")))
        caller = getattr(self.plugin_manager.hook, name, None)
        if caller is None or not caller.has_spec():
            raise AttributeError(
                explain(f"hook {name!r}", "there is no such hook", "see theano.plugin.hookspecs for all hooks")
            )
        return caller(**arguments)

    # ---- telling

    def _problem(self, plugin: str, doing: str, error: Exception | str) -> None:
        self.problems.append(Problem(plugin, doing, error))
        self._trace(f"PROBLEM: {self.problems[-1]}")

    def _warn_of_problems(self) -> None:
        # Told only when all stages are over, so that a warning turned into an error leaves nothing half done.
        new = self.problems[self._reported :]
        self._reported = len(self.problems)
        for problem in new:
            warnings.warn(str(problem), PluginWarning, stacklevel=4)

    def _trace(self, text: str, start: float | None = None) -> None:
        if self._tracing:
            took = "" if start is None else f" ({(time.perf_counter() - start) * 1e3:.1f} ms)"
            print(f"theano plugins: {text}{took}", file=sys.stderr)
