"""Databases of rewriters, and the language in which a mode asks for some of them.

Each entry has a name and tags; a name counts as a tag. A query takes the union of its include tags, cuts it with each
require tag and removes each exclude tag. Entries that are databases are asked the same query, or the one in
``subquery[name]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from theano.compile.query import Query
from theano.configuration import config
from theano.errors import KeyText, explain
from theano.plugin import registry

from .engine import EquilibriumOptimizer, LocalOptGroup, LocalOptimizer, Optimizer, SeqOptimizer, TopoOptimizer

__all__ = ["DB", "EquilibriumDB", "LocalGroupDB", "ProxyDB", "Query", "SequenceDB", "TopoDB", "optdb"]


class DB:
    """A set of named, tagged rewriters and databases."""

    #: Grows with every registration in any database, so that answers to queries can be kept until then.
    edition = 0

    def __init__(self) -> None:
        self.name: str | None = None
        self._entries: dict[str, Any] = {}
        self._by_tag: dict[str, dict[str, None]] = {}

    def register(self, name: str, obj: Any, *tags: str, use_db_name_as_tag: bool = True) -> Any:
        """Enter `obj` under `name` and `tags`; in a named database also under the database's name.

        Raises
        ------
        TypeError
            If `obj` is neither a rewriter nor a database.
        ValueError
            If the name is taken, as a name or as a tag.
        """
        if not isinstance(obj, (LocalOptimizer, Optimizer, DB)):
            raise TypeError(explain(f"register {name!r}", f"{type(obj).__name__}", "register a rewriter or a database"))
        if name in self._entries or name in self._by_tag:
            raise ValueError(
                explain(f"register {name!r}", "the name is taken, as a name or a tag", "choose another name")
            )
        for tag in tags:
            if tag in self._entries and tag != name:
                raise ValueError(
                    explain(f"register {name!r} with tag {tag!r}", "this is another entry's name", "rename one")
                )
        if getattr(obj, "name", None) is None or isinstance(obj, DB):
            obj.name = name
        self._entries[name] = obj
        own = (self.name,) if use_db_name_as_tag and self.name is not None else ()
        self.add_tags(name, name, *tags, *own)
        return obj

    def add_tags(self, name: str, *tags: str) -> None:
        """Give entry `name` more tags."""
        DB._note_change()
        for tag in tags:
            self._by_tag.setdefault(tag, {})[name] = None

    def remove_tags(self, name: str, *tags: str) -> None:
        """Take tags from entry `name`."""
        DB._note_change()
        for tag in tags:
            self._by_tag.get(tag, {}).pop(name, None)

    @staticmethod
    def _note_change() -> None:
        DB.edition += 1
        registry().note_change()

    def __getitem__(self, name: str) -> Any:
        if name not in self._entries:
            text = explain(f"entry {name!r} of the database {self.name or ''}", "no such entry", "see its names()")
            raise KeyError(KeyText(text))
        entry = self._entries[name]
        return entry.settled() if isinstance(entry, LocalOptimizer) else entry

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def names(self) -> list[str]:
        """Names of the entries, in order of registration."""
        return list(self._entries)

    def tags_of(self, name: str) -> set[str]:
        """Tags of entry `name`, its name included."""
        return {tag for tag, holders in self._by_tag.items() if name in holders}

    def selected(self, query: Query) -> list[str]:
        """Names of the entries that `query` selects directly, plus databases in which it finds something."""
        wanted: set[str] = set()
        for tag in query.include:
            wanted.update(self._by_tag.get(tag, ()))
        for tag in query.require:
            wanted.intersection_update(self._by_tag.get(tag, ()))
        for tag in query.exclude:
            wanted.difference_update(self._by_tag.get(tag, ()))
        return [name for name in self._entries if name in wanted]

    def chosen(self, query: Query) -> list[tuple[str, Any]]:
        """Names and rewriters that `query` selects; nested databases have been asked."""
        found = []
        for name in self.selected(query):
            entry = self._entries[name]
            if isinstance(entry, DB):
                inner = (query.subquery or {}).get(name, query)
                entry = entry.query(inner)
                entry.name = name
            found.append((name, entry))
        return found

    def query(self, *tags: Any, **subqueries: Query) -> Any:
        """The rewriter for a `Query`, or for tags such as "+include", "&require", "-exclude" and ``name=Query``."""
        if len(tags) == 1 and isinstance(tags[0], Query):
            return self.build(tags[0])
        parts: dict[str, list[str]] = {"+": [], "&": [], "-": []}
        for tag in tags:
            if not isinstance(tag, str) or tag[:1] not in parts:
                raise ValueError(explain(f"query with tag {tag!r}", "no prefix", "write '+tag', '&tag' or '-tag'"))
            parts[tag[0]].append(tag[1:])
        return self.build(Query(include=parts["+"], require=parts["&"], exclude=parts["-"], subquery=subqueries))

    def build(self, query: Query) -> Any:
        """The rewriter that runs what `query` selects."""
        return SeqOptimizer([entry for _, entry in self.chosen(query)])

    def print_summary(self, stream: Any = None) -> None:
        """Write the entries with their tags."""
        for name in self._entries:
            print(f"{name}: {', '.join(sorted(self.tags_of(name) - {name}))}", file=stream)


class EquilibriumDB(DB):
    """Its rewriters run together until nothing changes.

    Entries registered with ``final_opt=True`` or ``cleanup=True`` run when the others have settled.
    """

    def __init__(self, ignore_newtrees: bool = True, tracks_on_change_inputs: bool = False) -> None:
        super().__init__()
        self.ignore_newtrees, self.tracks_on_change_inputs = ignore_newtrees, tracks_on_change_inputs
        self._final: set[str] = set()
        self._cleanup: set[str] = set()

    def register(
        self, name: str, obj: Any, *tags: str, final_opt: bool = False, cleanup: bool = False, **kwargs: Any
    ) -> Any:
        if final_opt and cleanup:
            raise ValueError(explain(f"register {name!r}", "both final_opt and cleanup", "choose one"))
        super().register(name, obj, *tags, **kwargs)
        if final_opt:
            self._final.add(name)
        if cleanup:
            self._cleanup.add(name)
        return obj

    def build(self, query: Query) -> EquilibriumOptimizer:
        chosen = self.chosen(query)

        def whole(names: set[str]) -> list[Optimizer]:
            picked = [entry for name, entry in chosen if name in names]
            return [TopoOptimizer(e) if isinstance(e, LocalOptimizer) else e for e in picked]

        return EquilibriumOptimizer(
            [entry for name, entry in chosen if name not in self._final and name not in self._cleanup],
            ignore_newtrees=self.ignore_newtrees,
            tracks_on_change_inputs=self.tracks_on_change_inputs,
            final_optimizers=whole(self._final),
            cleanup_optimizers=whole(self._cleanup),
        )


class SequenceDB(DB):
    """Its rewriters run in the order of their positions (then names)."""

    def __init__(self, failure_callback: Callable[..., Any] | None = None) -> None:
        super().__init__()
        self.failure_callback = failure_callback
        self.positions: dict[str, float] = {}
        self._answers: dict[Query, tuple[int, float, SeqOptimizer]] = {}

    def register(self, name: str, obj: Any, position: float | str, *tags: str, **kwargs: Any) -> Any:  # type: ignore[override]
        """Enter `obj` at `position`, a number or "last"."""
        if position == "last":
            position = max(self.positions.values(), default=0) + 1
        if isinstance(position, str | bool) or not isinstance(position, int | float):
            found = f"position {position!r}"
            raise TypeError(explain(f"register {name!r}", found, "give a number or 'last' before the tags"))
        super().register(name, obj, *tags, **kwargs)
        self.positions[name] = float(position)
        return obj

    def build(self, query: Query) -> SeqOptimizer:
        cutoff = min(query.position_cutoff, config.optdb.position_cutoff)
        if query.subquery is not None:
            return self._assembled(query, cutoff)
        edition, at, answer = self._answers.get(query, (-1, cutoff, None))
        if answer is None or edition != DB.edition or at != cutoff:
            answer = self._assembled(query, cutoff)
            self._answers[query] = (DB.edition, cutoff, answer)
        return answer

    def _assembled(self, query: Query, cutoff: float) -> SeqOptimizer:
        ranked = [(self.positions[name], name, name, entry) for name, entry in self._in_reach(query, cutoff)]
        for i, (extra, position) in enumerate(query.extra_optimizations):
            ranked.append((float(position), f"~extra{i:03}", "", extra))
        ranked.sort(key=lambda item: item[:2])
        chosen = [item[3] for item in ranked]
        return SeqOptimizer(chosen, failure_callback=self.failure_callback)

    def _in_reach(self, query: Query, cutoff: float) -> Iterable[tuple[str, Any]]:
        return [(name, entry) for name, entry in self.chosen(query) if self.positions[name] < cutoff]

    def print_summary(self, stream: Any = None) -> None:
        for name in sorted(self._entries, key=lambda n: (self.positions[n], n)):
            tags = ", ".join(sorted(self.tags_of(name) - {name}))
            print(f"{self.positions[name]:g} {name}: {tags}", file=stream)


class LocalGroupDB(DB):
    """Its local rewriters become one group: first match wins, or all are applied."""

    def __init__(self, apply_all_opts: bool = False, profile: bool = False, local_opt: Any = LocalOptGroup) -> None:
        super().__init__()
        self.apply_all_opts, self.profile, self.local_opt = apply_all_opts, profile, local_opt
        self.positions: dict[str, float] = {}

    def register(self, name: str, obj: Any, *tags: Any, position: float | str = "last", **kwargs: Any) -> Any:
        """Enter `obj`; a number or "last" before the tags is its position."""
        if tags and (tags[0] == "last" or isinstance(tags[0], int | float)):
            position, tags = tags[0], tags[1:]
        super().register(name, obj, *tags, **kwargs)
        self.positions[name] = max(self.positions.values(), default=0.0) + 1 if position == "last" else float(position)
        return obj

    def build(self, query: Query) -> LocalOptGroup:
        ranked = sorted(self.chosen(query), key=lambda item: (self.positions[item[0]], item[0]))
        return self.local_opt(*[entry for _, entry in ranked], apply_all_opts=self.apply_all_opts)


class TopoDB(DB):
    """The rewriter of another database, applied in one pass."""

    def __init__(
        self, db: DB, order: str = "in_to_out", ignore_newtrees: bool = False, failure_callback: Any = None
    ) -> None:
        super().__init__()
        self.db, self.order, self.ignore_newtrees, self.failure_callback = db, order, ignore_newtrees, failure_callback

    def build(self, query: Query) -> TopoOptimizer:
        return TopoOptimizer(self.db.build(query), self.order, self.ignore_newtrees, self.failure_callback)


class ProxyDB(DB):
    """A database at a second position of a sequence."""

    def __init__(self, db: DB) -> None:
        super().__init__()
        if not isinstance(db, DB):
            raise TypeError(explain("ProxyDB(db)", f"{type(db).__name__}", "give a database"))
        self.db = db

    def build(self, query: Query) -> Any:
        return self.db.build(query)


#: The sequence of all phases; filled by the plugins.
optdb = SequenceDB()
optdb.name = "optdb"
