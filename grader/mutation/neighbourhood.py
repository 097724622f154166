"""Every first-order mutation of the blanks of one part's solution."""

from __future__ import annotations

import ast
import copy
import hashlib
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from grader.parts.reference import solution_text
from grader.reader import operators
from kit.text import Text

from .blanks import blank_lines
from .confused import Confusions, defaults_of
from .editing import Function, own_expressions, replaced, text_of
from .kinds import KINDS


@dataclass(frozen=True, slots=True)
class Mutation:
    """The solution of a part with one edit.

    `id` stays what it is when other statements change: it is made of the function, the operator,
    a digest of the statement, and which of the operator's edits of that statement this is.
    """

    id: str
    part: str
    function: str  # of the solution, as ``RNN.forward``
    operator: str  # a name of `KINDS`
    quantity: str  # what the statement computes, if its name is one that students know
    first: int  # line of the solution
    last: int
    before: str  # the statement; for staff only
    after: str  # what replaces it; for staff only

    @property
    def source(self) -> str:
        """The mutant's whole source."""
        lines = solution_text(self.part).split("\n")
        indent = re.match(r"\s*", lines[self.first - 1])
        assert indent is not None
        # An `elif` is an `if` of its own in the tree, and must stay one in the text.
        elif_ = lines[self.first - 1].strip().startswith("elif ")
        made = textwrap.indent(("el" if elif_ else "") + self.after, indent.group())
        return "\n".join([*lines[: self.first - 1], made, *lines[self.last :]])

    @property
    def text(self) -> Text:
        """What a student reads: the kind of edit, and which quantity it is about."""
        kind = KINDS[self.operator]
        of = f"，在算 {self.quantity} 的地方" if self.quantity else ""
        for_ = f", where {self.quantity} is computed" if self.quantity else ""
        return Text(
            f"你的结果与 {self.function} 里的这种错误一致{of}：{kind.zh}。",
            f"Your numbers are what such a mistake in {self.function} gives{for_}: {kind.en}.",
        )

    @property
    def raises(self) -> Text:
        """The same where all that is known is an exception: many mistakes raise one."""
        kind = KINDS[self.operator]
        return Text(
            f"{self.function} 里的这种错误会抛出同样的异常：{kind.zh}。",
            f"Such a mistake in {self.function} raises the same exception: {kind.en}.",
        )

    @property
    def edit(self) -> Text:
        """The full edit, for staff."""
        return Text(
            f"{self.id}：解答的「{_one_line(self.before)}」改成「{_one_line(self.after)}」",
            f'{self.id}: "{_one_line(self.before)}" of the solution becomes '
            f'"{_one_line(self.after)}"',
        )


def mutations(part: str) -> tuple[Mutation, ...]:
    """All mutations of a part, in the order of its solution."""
    return tuple(m for function in functions(part) for m in mutations_of(part, function))


@cache
def functions(part: str) -> tuple[str, ...]:
    """The functions with a blank, in the order of the solution, methods as ``Class.method``."""
    return tuple(_blank_functions(part))


@cache
def mutations_of(part: str, function: str) -> tuple[Mutation, ...]:
    """All mutations of the blank in `function`; none twice, and none that is the solution."""
    modules = _imported(part)
    return _made(part, function, lambda statements: _edits(statements, modules))


@cache
def confusions_of(part: str, function: str) -> tuple[Mutation, ...]:
    """Programs in which `function` differs by what a person confuses, and no standard edit makes.

    Variables that are much alike, other parentheses, a statement in the wrong place, a factor too
    many, and others of :mod:`grader.reader.confusions` and :mod:`grader.reader.misplaced`. A
    diagnosis asks them as well. No suite is held to them: most are errors of another kind.
    """
    edits = _confusions(part, function)
    standard = {(m.first, m.after) for m in mutations_of(part, function)}
    made = _made(part, function, edits.of, "confused-", most=2)
    return tuple(m for m in made if (m.first, m.after) not in standard)


@cache
def given_of(part: str, function: str) -> tuple[Mutation, ...]:
    """Standard edits of the lines around the blank of `function`, which the starter gave.

    A student may change those too, or rewrite the whole function.
    """
    modules, confused = _imported(part), _confusions(part, function)

    def edits(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
        yield from confused.seeded(statements[0])
        yield from _edits(statements, modules)

    return _made(part, function, edits, "given-", given=True)


@cache
def _confusions(part: str, function: str) -> Confusions:
    defaults = defaults_of(ast.parse(solution_text(part)), function)
    return Confusions(_blank_functions(part)[function], defaults)


def _made(
    part: str,
    function: str,
    edits: Callable[[Sequence[ast.stmt]], Iterator[tuple[str, str]]],
    mark: str = "",
    most: int = 1,
    *,
    given: bool = False,
) -> tuple[Mutation, ...]:
    """The mutations by `edits` of one statement, or of up to `most` that follow each other.

    Of statements of the blank; or, with `given`, of the others.
    """
    # With `mark` in them, so that no two programs of a part have one id: answers are kept by it.
    inside = blank_lines(solution_text(part))
    node = _blank_functions(part)[function]
    found: list[Mutation] = []
    seen: set[tuple[int, str]] = set()
    counts: Counter[tuple[str, str]] = Counter()
    known = frozenset(re.findall(r"\w+", ast.get_docstring(node) or ""))
    for statements in _neighbours(node, most):
        one, last = statements[0], statements[-1]
        if one is node or any((s.lineno in inside) is given for s in statements):
            continue
        digest = hashlib.sha256(_head(one).encode()).hexdigest()[:8]
        before = "\n".join(ast.unparse(s) for s in statements)
        seen.add((one.lineno, before))
        for operator, after in edits(statements):
            counts[operator, digest] += 1
            # Two operators may make the same text; and one that cannot be read is no program.
            if (one.lineno, after) in seen or not _is_program(after):
                continue
            seen.add((one.lineno, after))
            assert last.end_lineno is not None
            found.append(
                Mutation(
                    f"{part}.{function}:{operator}:{mark}{counts[operator, digest]}:{digest}",
                    part,
                    function,
                    operator,
                    _quantity(one, known),
                    one.lineno,
                    last.end_lineno,
                    before,
                    after,
                )
            )
    return tuple(sorted(found, key=lambda m: (m.first, m.last)))


def _neighbours(node: ast.AST, most: int) -> Iterator[tuple[ast.stmt, ...]]:
    """The statements inside `node`, each by itself, then as many as `most` in a row."""
    for statement in ast.walk(node):
        if isinstance(statement, ast.stmt):
            yield (statement,)
    for parent in ast.walk(node) if most > 1 else ():
        for body in (getattr(parent, "body", None), getattr(parent, "orelse", None)):
            if isinstance(body, list):  # that of a lambda is an expression
                yield from zip(body, body[1:], strict=False)


def without(part: str, function: str) -> str:
    """The solution where calling `function` raises: what does not reach it answers as before."""
    lines = solution_text(part).split("\n")
    node = _blank_functions(part)[function]
    first = node.body[0]
    indent = " " * first.col_offset
    lines[first.lineno - 1] = f"{indent}raise NotImplementedError\n{lines[first.lineno - 1]}"
    return "\n".join(lines)


# ---------------------------------------------------------------- making one


def _edits(statements: Sequence[ast.stmt], modules: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Operator and text of what may take the place of a statement."""
    (statement,) = statements
    for operator, made in operators.statement(statement):
        yield operator, text_of(made)
    for node in own_expressions(statement):
        for operator, new in operators.expression(node, modules):
            yield operator, text_of([replaced(statement, node, new)])


def _is_program(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


# ---------------------------------------------------------------- reading the solution


@cache
def _blank_functions(part: str) -> dict[str, Function]:
    """The outermost functions that hold a blank, by their qualified names."""
    inside = blank_lines(solution_text(part))

    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                yield from walk(child, f"{prefix}{child.name}.")
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                last = child.end_lineno or child.lineno
                if not inside.isdisjoint(range(child.lineno, last + 1)):
                    yield prefix + child.name, child

    return dict(walk(ast.parse(solution_text(part)), ""))


@cache
def _imported(part: str) -> frozenset[str]:
    """The names that the solution's imports set: what follows their dot is a function."""
    return frozenset(
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(ast.parse(solution_text(part)))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    )


def _head(statement: ast.stmt) -> str:
    """A statement's text, of a compound one without its body."""
    if not hasattr(statement, "body"):
        return ast.unparse(statement)
    bare = copy.copy(statement)
    for field in ("body", "orelse", "finalbody", "handlers"):
        if hasattr(bare, field):
            setattr(bare, field, [ast.Pass()] if field == "body" else [])
    return ast.unparse(bare)


def _quantity(statement: ast.stmt, known: frozenset[str]) -> str:
    """The name of what a statement computes, if the function's docstring has that name."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AugAssign):
        targets = [statement.target]
    for target in targets:
        while isinstance(target, ast.Subscript):
            target = target.value
        name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
        # A single letter is no help: in a student's code it may be anything.
        if len(name) > 1 and name in known:
            return name
    return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
