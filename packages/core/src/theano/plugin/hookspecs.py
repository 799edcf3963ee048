"""All hooks of Theano, one page each.

Hooks named ``theano_register_*`` receive a registry, return nothing, and run once, when a part that they fill is
first needed; the order of plugins never matters there.  Import the module with your ops or rules inside the hook,
not at the top of the plugin module, so that a program pays only for what it uses.  A hook that raises loses what it
registered in that call, and is reported by `theano.plugin.problems`.

The other hooks are called at work.  Those marked "first result" stop at the first plugin that returns a value other
than None; those marked "all" call every plugin.  The plugin registered last is called first, unless it says
``hookimpl(trylast=True)``.
"""

from __future__ import annotations

from typing import Any

from theano.plugin.markers import hookspec


@hookspec
def theano_register_config(registry: Any) -> None:
    """Register options of ``theano.config``.

    When and by whom: once, when plugins are loaded, before any other hook.

    Parameters
    ----------
    registry : theano.plugin.Registry
        Everything registered so far; options are added with `theano.configuration.AddConfigVar`.

    Examples
    --------
    ::

        @hookimpl
        def theano_register_config(registry):
            from theano.configuration import AddConfigVar, IntParam

            AddConfigVar("softsign.level", "How soft.", IntParam(1), in_c_key=False)
    """


@hookspec
def theano_register_types(registry: Any) -> None:
    """Register types of variables, and constructors of shared variables.

    When and by whom: once, when ``theano.shared`` or a rule table is first used.

    Parameters
    ----------
    registry : theano.plugin.Registry
        ``registry.types[name] = Type`` names a type; ``registry.shared_constructors.append(f)`` adds a constructor
        ``f(value, name=None, strict=False, allow_downcast=None, **kwargs)``, which refuses by TypeError.

    Examples
    --------
    ::

        @hookimpl
        def theano_register_types(registry):
            from theano_ragged.shared import ragged_shared

            registry.shared_constructors.append(ragged_shared)
    """


@hookspec
def theano_register_ops(registry: Any) -> None:
    """Register ops under a name.

    When and by whom: once, before the first rule table is used.

    Parameters
    ----------
    registry : theano.plugin.Registry
        ``registry.ops[name] = op`` makes an op known to tools that look ops up by name.

    Examples
    --------
    ::

        @hookimpl
        def theano_register_ops(registry):
            from theano_softsign import softsign

            registry.ops["softsign"] = softsign
    """


@hookspec
def theano_register_shape_rules(registry: Any) -> None:
    """Register rules for the shapes of results, for ops that do not define ``infer_shape`` themselves.

    When and by whom: once, when the table "shape" is first used.

    Parameters
    ----------
    registry : theano.plugin.Registry
        ``registry.table("shape").register(OpClass, rule)``; the rule is ``rule(node, input_shapes)`` and returns per
        output a tuple of int or scalar variables, or None if unknown.

    Examples
    --------
    ::

        @hookimpl
        def theano_register_shape_rules(registry):
            @registry.table("shape").register(SoftSign)
            def softsign_shape(node, input_shapes):
                return [input_shapes[0]]
    """


@hookspec
def theano_register_gradient_rules(registry: Any) -> None:
    """Register gradients: tables "gradient", "forward", "derivative" and "batching".

    When and by whom: once, when one of these tables is first used.

    Parameters
    ----------
    registry : theano.plugin.Registry
        Rows of "gradient" are ``rule(node, output_grads) -> list``, of "forward" ``rule(node, eval_points) -> list``,
        of "derivative" (scalar ops) ``rule(op, k, xs, out, g) -> list of gradient terms``, of "batching"
        ``rule(node, block) -> list`` (see `theano.gradient.batching`).

    Examples
    --------
    ::

        @hookimpl
        def theano_register_gradient_rules(registry):
            @registry.table("derivative").register(SoftSign)
            def softsign_derivative(op, k, xs, out, g):
                return [g / k.sqr(1 + abs(xs[0]))]
    """


@hookspec
def theano_register_lowerings(registry: Any, target: str) -> None:
    """Register how ops are lowered to steps of a plan.

    When and by whom: once for each target, when the table ``"lowering." + target`` is first used.

    Parameters
    ----------
    registry : theano.plugin.Registry
        ``registry.table("lowering." + target).register(OpClass, rule)`` with ``rule(node, build) -> Step | None``;
        None means that this node cannot be lowered.
    target : str
        "loops" (any backend that knows the loop IR), "c", "cuda" or "opencl" (library calls of that backend).

    Examples
    --------
    ::

        @hookimpl
        def theano_register_lowerings(registry, target):
            if target == "loops":
                @registry.table("lowering.loops").register(SoftSign)
                def lower_softsign(node, build):
                    return build.map([build.load(0) / (1 + build.k.abs(build.load(0)))])
    """


@hookspec
def theano_register_rules(table: Any) -> None:
    """Register rows in a table that a plugin invented, such as "batching".

    When and by whom: once for each table that is not one of Theano's own, when it is first used.

    Parameters
    ----------
    table : theano.plugin.RuleTable
        The table; look at ``table.name`` first.

    Examples
    --------
    ::

        @hookimpl
        def theano_register_rules(table):
            if table.name == "batching":
                table.register(SoftSign, batch_elementwise)
    """


@hookspec
def theano_register_backends(registry: Any) -> None:
    """Register backends, which turn a plan into something callable.

    When and by whom: once, when a function is first compiled.

    Parameters
    ----------
    registry : theano.plugin.Registry
        ``registry.backends[name] = backend``; the protocol is `theano.compile.backend`.

    Examples
    --------
    ::

        @hookimpl
        def theano_register_backends(registry):
            from theano_tpu.backend import TpuBackend

            registry.backends["tpu"] = TpuBackend()
    """


@hookspec
def theano_register_modes(registry: Any) -> None:
    """Register compilation modes under a name.

    When and by whom: once, when a mode is first looked up.

    Parameters
    ----------
    registry : theano.plugin.Registry
        ``registry.modes[name] = mode``; the mode is then known to ``theano.function(..., mode=name)``.

    Examples
    --------
    ::

        @hookimpl
        def theano_register_modes(registry):
            from theano.compile import Mode

            registry.modes["SOFT"] = Mode(linker="py", optimizer="fast_compile")
    """


@hookspec
def theano_register_optimizer(registry: Any) -> None:
    """Provide the database of rewrites.

    When and by whom: once, when a function is first compiled, before ``theano_register_rewrites``.  The package
    ``theano-opt`` implements it; a second implementation is an error.

    Parameters
    ----------
    registry : theano.plugin.Registry
        Set ``registry.optdb``, which answers ``query(query) -> optimizer``.

    Examples
    --------
    ::

        @hookimpl
        def theano_register_optimizer(registry):
            from theano.opt.database import optdb

            registry.optdb = optdb
    """


@hookspec
def theano_register_rewrites(optdb: Any) -> None:
    """Register rewrites of graphs.

    When and by whom: once, when a function is first compiled; never when no database of rewrites is installed.

    Parameters
    ----------
    optdb : theano.opt.SequenceDB
        The database; entries are named and carry tags.

    Examples
    --------
    ::

        @hookimpl
        def theano_register_rewrites(optdb):
            from theano_softsign.rewrites import local_softsign

            optdb["canonicalize"].register("local_softsign", local_softsign, "fast_run", "fast_compile")
    """


@hookspec(firstresult=True)
def theano_as_variable(value: Any) -> Any:
    """Turn a value of a foreign kind into a variable.  First result.

    When and by whom: by ``theano.tensor.as_tensor_variable`` and its kin, for a value that they do not know.

    Parameters
    ----------
    value : object
        Any Python object.

    Returns
    -------
    Variable or None
        None for "not mine".

    Examples
    --------
    ::

        @hookimpl
        def theano_as_variable(value):
            if isinstance(value, RaggedArray):
                return ragged_constant(value)
    """


@hookspec(firstresult=True)
def theano_make_shared(value: Any, options: dict[str, Any]) -> Any:
    """Make a shared variable from a value.  First result.

    When and by whom: by ``theano.shared``, after all registered constructors refused.

    Parameters
    ----------
    value : object
        The initial value.
    options : dict
        The other arguments of ``theano.shared``.

    Returns
    -------
    SharedVariable or None
        None for "not mine".

    Examples
    --------
    ::

        @hookimpl
        def theano_make_shared(value, options):
            if isinstance(value, RaggedArray):
                return RaggedShared(value, **options)
    """


@hookspec(firstresult=True)
def theano_select_backend(fgraph: Any, mode: Any) -> Any:
    """Choose the backend for a graph.  First result.

    When and by whom: by ``theano.function``, after rewriting, when the mode leaves the choice open.

    Parameters
    ----------
    fgraph : theano.graph.FunctionGraph
        The rewritten graph.
    mode : theano.compile.Mode
        The mode of the function.

    Returns
    -------
    str or None
        Name of a registered backend, or None for "no opinion".

    Examples
    --------
    ::

        @hookimpl
        def theano_select_backend(fgraph, mode):
            if any(is_on_tpu(variable.type) for variable in fgraph.inputs):
                return "tpu"
    """


@hookspec
def theano_modify_pipeline(stages: list[Any]) -> None:
    """Change the list of stages that turn a graph into a function.  All.

    When and by whom: by ``theano.function``, before the first stage runs.

    Parameters
    ----------
    stages : list
        The stages in order; change the list in place.

    Examples
    --------
    ::

        @hookimpl
        def theano_modify_pipeline(stages):
            stages.append(("count nodes", count_nodes))
    """


@hookspec
def theano_function_compiled(function: Any, plan: Any) -> None:
    """Look at a function that was just compiled.  All.

    When and by whom: by ``theano.function``, at the end.

    Parameters
    ----------
    function : theano.compile.Function
        The result.
    plan : theano.lowering.Plan
        The plan that it runs; must not be changed.

    Examples
    --------
    ::

        @hookimpl
        def theano_function_compiled(function, plan):
            log.info("%s has %d steps", function.name, len(plan.steps))
    """


@hookspec
def theano_explain_error(error: BaseException, node: Any) -> str | None:
    """Add a hint to an error that a node raised while a function ran.  All.

    When and by whom: by the executor, just before the error is raised again.

    Parameters
    ----------
    error : BaseException
        The original error.
    node : theano.graph.Apply
        The node that failed.

    Returns
    -------
    str or None
        A hint of one line, or None.

    Examples
    --------
    ::

        @hookimpl
        def theano_explain_error(error, node):
            if isinstance(error, MemoryError):
                return "set theano.config.allow_gc=True to free intermediate results earlier"
    """


@hookspec
def theano_report(config: Any) -> str | None:
    """Add lines to the report of ``python -m theano``.  All.

    When and by whom: by the doctor.

    Parameters
    ----------
    config : theano.configuration.TheanoConfigParser
        ``theano.config``.

    Returns
    -------
    str or None
        Lines about this plugin: versions, what is available, why not.

    Examples
    --------
    ::

        @hookimpl
        def theano_report(config):
            return "tpu: driver 1.2, 4 cores"
    """
