"""The confusions of one function: those that depend on its variables, and all others."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from grader.reader import confusions, misplaced, operators

from .editing import Function, own_expressions, replaced, text_of

Edits = Iterator[tuple[str, str]]
"""The operator, and the text in the place of the statements."""


INDICES = frozenset("ijkt")
"""Variables that count, by habit."""

NUMBERS = ("0.5", "1")
"""What is written in place of a number that a parameter gives."""

USUAL = ("5", "10")
"""Numbers that people write by habit, such as limits."""

SEEDS = (0, 1, 42, 123, 1234)
"""Seeds by habit."""

DRAWS = (
    *("choice", "choices", "integers", "multinomial", "normal", "permutation", "rand", "randint"),
    *("randn", "random", "randrange", "sample", "shuffle", "uniform"),
)
"""Functions that draw."""


class Confusions:
    """What a person may write in the place of statements of `function`.

    `defaults` are the values of parameters, as ``eps`` or ``self.eps``, that are used if no other
    is given.
    """

    def __init__(self, function: Function, defaults: Mapping[str, ast.expr]) -> None:
        self._alike = _alike_names(function)
        self._defaults = defaults
        parameters = [*function.args.args, *function.args.kwonlyargs]
        self._parameters = [a.arg for a in parameters if a.arg != "self"]
        self._numbers = _numbers(function).intersection(self._parameters)
        self._inputs = {second: first for first, second in _pairs(function)}
        # What holds a batch or a sequence, where anything does.
        firsts = [*self._parameters[:1], *dict.fromkeys(self._inputs.values())]
        self._sizes = [size for n in firsts for size in (f"len({n})", f"{n}.shape[1]")]
        begin = function.body[1:] if ast.get_docstring(function) else function.body
        self._first = begin[0] if begin else None
        self._seedings = _seedings(function)

    def of(self, statements: Sequence[ast.stmt]) -> Edits:
        """What may take the place of one statement, or of two neighbours."""
        if len(statements) == 2:
            for operator, made in misplaced.pair(*statements):
                yield operator, text_of(made)
            return
        (statement,) = statements
        yield from self.seeded(statement)
        for operator, made in misplaced.statement(statement):
            yield operator, text_of(made)
        if misplaced.is_counted(statement):
            assert isinstance(statement, ast.For)
            yield from _in_one_round(statement)
        for node in own_expressions(statement):
            for operator, new in self._of_expression(node):
                yield operator, text_of([replaced(statement, node, new)])
        # Half or twice a returned value, or the loss, comes from a formula remembered wrongly.
        twice = ["2"] if isinstance(statement, (ast.Return, ast.Expr)) else []
        for node in confusions.values(statement):
            for operator, new in confusions.value(node, [*twice, *self._sizes]):
                yield operator, text_of([replaced(statement, node, new)])
        for parent in own_expressions(statement):
            for node in confusions.operands(parent):
                for operator, new in confusions.operand(node):
                    yield operator, text_of([replaced(statement, node, new)])

    def seeded(self, statement: ast.stmt) -> Edits:
        """A seed set at the start of a function that draws."""
        if statement is self._first:
            for text in self._seedings:
                yield "seed", f"{text}\n{text_of([statement])}"

    def _of_expression(self, node: ast.expr) -> operators.Edits:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            for other in self._alike.get(node.id, ()):
                yield "name", ast.Name(other)
            if node.id in self._inputs:
                # The last input in place of the target, which has no time axis.
                last = ast.parse(f"{self._inputs[node.id]}[:, -1]", mode="eval").body
                yield "name", last
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            default = self._defaults.get(ast.unparse(node))
            yield from [("fixed", default)] if default is not None else []
            if default is None and isinstance(node, ast.Name) and node.id in self._numbers:
                yield from (("fixed", ast.parse(n, mode="eval").body) for n in NUMBERS)
        if isinstance(node, (ast.BinOp, ast.Compare)):
            yield from self._off_by_one(node)
        if isinstance(node, ast.Call):
            yield from self._other_settings(node)
        yield from confusions.expression(node)

    def _other_settings(self, node: ast.Call) -> operators.Edits:
        """Usual numbers, or a length, in the place of a number that a function is called with."""
        for argument in (*node.args, *(k.value for k in node.keywords)):
            if isinstance(argument, ast.Constant) and type(argument.value) in (int, float):
                for text in (*USUAL, *self._sizes[:1], *self._sizes[2::2]):
                    yield "constant", _with(node, argument, ast.parse(text, mode="eval").body)

    def _off_by_one(self, node: ast.BinOp | ast.Compare) -> operators.Edits:
        """One more and one less than a parameter that is counted with."""
        operands = [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.Name)]
        for operand in operands:
            if operand.id in self._parameters:
                for op in (ast.Add(), ast.Sub()):
                    off = ast.BinOp(operand, op, ast.Constant(1))
                    yield "one", _with(node, operand, off)


def _pairs(function: Function) -> list[tuple[str, str]]:
    """The variables of loops over pairs, as ``x`` and ``y`` of ``for x, y in loader``."""
    targets = [n.target for n in ast.walk(function) if isinstance(n, ast.For)]
    # ``for step, (x, y) in enumerate(loader)`` has the pair inside another.
    inner = [e for t in targets if isinstance(t, ast.Tuple) for e in t.elts]
    found = []
    for target in (*targets, *inner):
        names = [n.id for n in getattr(target, "elts", ()) if isinstance(n, ast.Name)]
        found += [(names[0], names[1])] if len(names) > 1 else []
    return found


def _numbers(function: Function) -> set[str]:
    """The variables that are used as numbers are: compared, divided by, in an exponent."""
    found: list[ast.expr] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Compare):
            found += [node.left, *node.comparators]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Pow)):
            found.append(node.right)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            found += [node.right] if isinstance(node.left, ast.Constant) else []
    return {n.id for n in found if isinstance(n, ast.Name)}


def _in_one_round(loop: ast.For) -> Edits:
    """One of two terms counts in the first round alone, or in the last."""
    for step in loop.body:
        for node in own_expressions(step):
            if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
                continue
            for at in (0, -1):
                for kept in (node.left, node.right):
                    some = ast.IfExp(misplaced.is_round(loop, at), node, kept)
                    yield "loop", text_of([replaced(loop, node, some)])


def _seedings(function: Function) -> list[str]:
    """Texts that set the seed of what a function draws from."""
    nodes = list(ast.walk(function))
    names = {n.id for n in nodes if isinstance(n, ast.Name)} | {a.arg for a in function.args.args}
    if not any(isinstance(n, ast.Attribute) and n.attr in DRAWS for n in nodes):
        return []
    forms = {
        "rng": "rng = np.random.default_rng({0})",
        "torch": "torch.manual_seed({0})",
        "random": "random.seed({0})",
    }
    return [form.format(seed) for n, form in forms.items() if n in names for seed in SEEDS]


def _with(node: ast.expr, old: ast.expr, new: ast.expr) -> ast.expr:
    changed = replaced(ast.Expr(node), old, new)
    assert isinstance(changed, ast.Expr)
    return changed.value


def defaults_of(tree: ast.Module, function: str) -> dict[str, ast.expr]:
    """The parameters of a function, and those that its class keeps, with their default values.

    A parameter without one has that of the option of its name on the command line.
    """
    owner, _, name = function.rpartition(".")
    found = _options(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == owner:
            made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
            for init in made:
                found |= {f"self.{k}": v for k, v in _defaults(init).items()}
        if isinstance(node, ast.FunctionDef) and node.name == name:
            found |= _defaults(node)
    return found


def _options(tree: ast.Module) -> dict[str, ast.expr]:
    """The default values of options of the command line, by the names of these."""
    found: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        flag = node.args[0] if isinstance(node, ast.Call) and node.args else None
        if not isinstance(node, ast.Call) or not isinstance(flag, ast.Constant):
            continue
        for keyword in node.keywords:
            value = keyword.value
            number = isinstance(value, ast.Constant) and isinstance(value.value, (int, float))
            if keyword.arg == "default" and number and str(flag.value).startswith("--"):
                found[str(flag.value).lstrip("-").replace("-", "_")] = value
    return found


def _defaults(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """The parameters with a default value that is a number or a text."""
    values = function.args.defaults
    names = [a.arg for a in function.args.args][-len(values) :] if values else []
    pairs = zip(names, values, strict=True)
    return {n: v for n, v in pairs if not (isinstance(v, ast.Constant) and v.value is None)}


def _alike_names(function: Function) -> dict[str, list[str]]:
    """Each variable of a function with those that begin alike or were unpacked beside it."""
    names = [a.arg for a in function.args.args if a.arg != "self"]
    beside: list[set[str]] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            beside.append({e.id for e in node.elts if isinstance(e, ast.Name)})
    # What a comprehension sets is unknown outside of it.
    inner = [n.target for n in ast.walk(function) if isinstance(n, ast.comprehension)]
    unknown = {n.id for t in inner for n in ast.walk(t) if isinstance(n, ast.Name)} | {"_"}
    own = [name for name in dict.fromkeys(names) if name not in unknown]
    return {
        name: [
            other
            for other in own
            if other != name
            and (
                other[0].lower() == name[0].lower()
                or {name, other} <= INDICES
                or not {*other.split("_")}.isdisjoint(name.split("_"))
                or any({name, other} <= together for together in beside)
            )
        ]
        for name in own
    }
