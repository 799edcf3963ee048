"""Registration and the query language."""

import pytest

from theano import config
from theano.opt import (
    DB,
    EquilibriumDB,
    EquilibriumOptimizer,
    LocalGroupDB,
    LocalOptGroup,
    OpRemove,
    Optimizer,
    ProxyDB,
    Query,
    SeqOptimizer,
    SequenceDB,
    TopoDB,
    TopoOptimizer,
)
from theano.opt.phases import PHASES
from theano.plugin import registry


class Nothing(Optimizer):
    def apply(self, fgraph):
        pass


@pytest.fixture
def db():
    db = SequenceDB()
    db.register("c", Nothing(), 3, "fast", "late")
    db.register("a", Nothing(), 1, "fast")
    db.register("b", Nothing(), 2, "slow", "late")
    return db


def names(sequence):
    return [rewriter.name for rewriter in sequence]


def test_include_is_a_union_in_order_of_position(db):
    assert names(db.query(Query(include=["fast"]))) == ["a", "c"]
    assert names(db.query(Query(include=["fast", "slow"]))) == ["a", "b", "c"]


def test_require_cuts_and_exclude_removes(db):
    assert names(db.query(Query(include=["fast", "slow"], require=["late"]))) == ["b", "c"]
    assert names(db.query(Query(include=["fast", "slow"], exclude=["late"]))) == ["a"]


def test_names_are_tags(db):
    assert names(db.query(Query(include=["b"]))) == ["b"]
    assert names(db.query(Query(include=["fast"], exclude=["c"]))) == ["a"]


def test_tag_prefix_language(db):
    assert names(db.query("+fast", "+slow", "&late", "-b")) == ["c"]
    with pytest.raises(ValueError, match="no prefix"):
        db.query("fast")


def test_unknown_tags_select_nothing(db):
    assert names(db.query(Query(include=["inplace"]))) == []
    assert names(db.query(Query(include=["fast"], exclude=["inplace"]))) == ["a", "c"]


def test_position_cutoff_of_query_and_flag(db):
    assert names(db.query(Query(include=["fast", "slow"], position_cutoff=2))) == ["a"]
    before = config.optdb.position_cutoff
    config.optdb.position_cutoff = 3
    try:
        assert names(db.query(Query(include=["fast", "slow"]))) == ["a", "b"]
    finally:
        config.optdb.position_cutoff = before


def test_extra_rewriters_go_to_their_position(db):
    extra = Nothing()
    extra.name = "extra"
    assert names(db.query(Query(include=["fast"]).register((extra, 1.5)))) == ["a", "extra", "c"]


def test_answers_are_kept_until_something_is_registered(db):
    query = Query(include=["fast"])
    first = db.query(query)
    assert db.query(query) is first
    db.register("d", Nothing(), "last", "fast")
    assert names(db.query(query)) == ["a", "c", "d"]


def test_nested_databases_get_the_query_or_their_own(db):
    inner = EquilibriumDB()
    db.register("inner", inner, 5, "fast")
    rule = OpRemove(str)
    inner.register("rule", rule, "fast")
    inner.register("other", OpRemove(int), "slow")
    found = db.query(Query(include=["fast"]))[-1]
    assert isinstance(found, EquilibriumOptimizer)
    assert found.local_optimizers == [rule]
    found = db.query(Query(include=["fast"], subquery={"inner": Query(include=["slow"])}))[-1]
    assert found.local_optimizers == [inner["other"]]


def test_entries_of_a_named_database_bear_its_name(db):
    inner = EquilibriumDB()
    db.register("inner", inner, 5, "fast")
    inner.register("rule", OpRemove(str))
    inner.register("hidden", OpRemove(int), use_db_name_as_tag=False)
    found = db.query(Query(include=["inner"]))[0]
    assert len(found.local_optimizers) == 1


def test_kinds_of_databases():
    group = LocalGroupDB()
    second, first = OpRemove(str), OpRemove(int)
    group.register("second", second, 2, "t")
    group.register("first", first, 1, "t")
    chosen = group.query(Query(include=["t"]))
    assert isinstance(chosen, LocalOptGroup)
    assert list(chosen.opts) == [first, second]
    assert isinstance(TopoDB(group).query(Query(include=["t"])), TopoOptimizer)
    assert isinstance(ProxyDB(group).query(Query(include=["t"])), LocalOptGroup)


def test_final_and_clean_up_entries():
    db = EquilibriumDB()
    db.register("fin", OpRemove(str), "t", final_opt=True)
    db.register("tidy", Nothing(), "t", cleanup=True)
    chosen = db.query(Query(include=["t"]))
    assert (len(chosen.local_optimizers), len(chosen.final_optimizers), len(chosen.cleanup_optimizers)) == (0, 1, 1)


def test_bad_registrations(db):
    with pytest.raises(ValueError, match="taken"):
        db.register("a", Nothing(), 7)
    with pytest.raises(ValueError, match="taken"):
        db.register("fast", Nothing(), 7)
    with pytest.raises(ValueError, match="another entry"):
        db.register("new", Nothing(), 7, "a")
    with pytest.raises(TypeError, match="rewriter or a database"):
        DB().register("new", object())
    with pytest.raises(TypeError, match="position"):
        db.register("new", Nothing(), "fast")


def test_phases_are_listed_in_order():
    positions = [phase.position for phase in PHASES]
    assert positions == sorted(positions)


def test_global_database_answers_the_levels():
    optdb = registry().optdb
    full = names(optdb.query(Query(include=["fast_run"])))
    assert full == [p.name for p in PHASES if "fast_run" in p.tags]
    quick = names(optdb.query(Query(include=["fast_compile"])))
    assert "elemwise_fusion" not in quick
    assert "canonicalize" in quick
    assert set(names(optdb.query(Query(include=["merge"])))) == {p.name for p in PHASES if "merge" in p.tags}


def test_every_classic_name_of_a_phase_can_be_excluded():
    optdb = registry().optdb
    for phase in PHASES:
        if "fast_run" in phase.tags:
            assert phase.name not in names(optdb.query(Query(include=["fast_run"], exclude=[phase.name])))


@pytest.mark.parametrize(
    ("phase", "rule"),
    [
        ("canonicalize", "local_mul_canonizer"), ("canonicalize", "local_fill_sink"), ("stabilize", "local_log1p"),
        ("specialize", "local_pow_specialize"), ("uncanonicalize", "local_max_and_argmax"),
        ("useless", "local_useless_elemwise"),
        ("stabilize", "log1p_neg_sigmoid,"), ("specialize", "local_softmax_with_bias"),
    ],
)  # fmt: skip
def test_rules_stand_in_their_phase_under_their_classic_names(phase, rule):
    assert rule in registry().optdb[phase]


def test_unsafe_rules_need_their_tag():
    optdb = registry().optdb
    usual = optdb["canonicalize"].query(Query(include=["fast_run"])).local_optimizers
    unsafe = optdb["canonicalize"].query(Query(include=["fast_run", "unsafe"])).local_optimizers
    assert {str(r) for r in unsafe} - {str(r) for r in usual} == {"local_remove_all_assert"}


def test_queries_give_sequences(db):
    assert isinstance(db.query("+fast"), SeqOptimizer)


def test_plugins_find_the_phases_before_any_rule_is_entered():
    from theano.opt.plugin import theano_register_optimizer

    class Registry:
        optdb = None

    theano_register_optimizer(Registry)
    for name in ("useless", "canonicalize", "stabilize", "specialize", "uncanonicalize", "specialize_device"):
        assert name in Registry.optdb


@pytest.mark.parametrize(
    "level", ["o1", "o2", "o3", "o4", "unsafe", "merge", "stabilize", "fast_run", "fast_compile", None]
)
def test_every_level_compiles_and_agrees(level):
    import numpy as np

    import theano.tensor as T
    from theano.compile import Mode, function

    x, w = T.dmatrices("x", "w")
    out = T.tanh(T.log(1 + T.exp(T.dot(x, w) * 2))).sum(axis=0) / x.shape[0]
    data = np.linspace(-1, 1, 12).reshape(4, 3), np.linspace(0, 1, 6).reshape(3, 2)
    expected = np.tanh(np.log1p(np.exp(data[0] @ data[1] * 2))).sum(axis=0) / 4
    compiled = function([x, w], out, mode=Mode("py", level))
    np.testing.assert_allclose(compiled(*data), expected)
    fused = any(word in str(compiled.maker.fgraph.toposort()) for word in ("Composite", "Fused"))
    assert fused == (level in ("o2", "o3", "o4", "unsafe", "fast_run"))


def test_every_rule_of_loops_can_be_loaded():
    from theano.opt.rewrites import scan_module

    for _, rule, _ in (*scan_module.PUSHING, *scan_module.CLEANING):
        assert callable(scan_module._load(rule))
    for rule in ("memory.scan_save_mem", "merge.merge_loops", "shared.scan_shared_to_states"):
        assert callable(scan_module._load(rule))
