"""Python: nothing but the standard library."""

from collections.abc import Iterator
from math import isinf

from deepcheck.source.language import Language, form_text, index_text, whole
from deepcheck.source.syntax import (
    Assert,
    Assign,
    Buffer,
    Call,
    Compare,
    For,
    Form,
    Function,
    Let,
    Locate,
    Over,
    Statement,
    Store,
    Table,
    Unit,
    Within,
)
from deepcheck.source.tables import lines

SINGLE = '''

def single(value):
    """Round to IEEE single precision."""
    return struct.unpack("f", struct.pack("f", value))[0]
'''
LABELS = {
    "arg max": '''

def label(scores):
    """The largest score's index; ties go to the lowest index."""
    best = 0
    for i in range(1, {outputs}):
        if scores[i] > scores[best]:
            best = i
    return best
''',
    "arg min": '''

def label(scores):
    """The smallest score's index; ties go to the lowest index."""
    best = 0
    for i in range(1, {outputs}):
        if scores[i] < scores[best]:
            best = i
    return best
''',
    "sign": '''

def label(scores):
    """1 where the only score is above 0, else 0."""
    if scores[0] > 0.0:
        return 1
    else:
        return 0
''',
}
HELPERS = '''

def flat(x):
    """The numbers of nested sequences, in order."""
    if hasattr(x, "__len__"):
        return [value for item in x for value in flat(item)]
    return [float(x)]


def floats(text):
    """Read a table of hexadecimal floats."""
    return [float.fromhex(word) for word in text.split()]

'''
MAIN = """

if __name__ == "__main__":
    found = run([float(word) for word in sys.stdin.read().split()])
    print(*map(repr, found))
"""


class Python(Language):
    """Prints Python."""

    close = ""

    def file(self, unit: Unit) -> Iterator[str]:
        body = "\n".join(line for function in unit.functions for line in self._function(function))
        uses_single = "single(" in body
        yield '"""' + "\n".join(unit.header) + "\n\n"
        yield "run(x) takes the input as a flat or nested list and returns the scores as a flat list"
        yield ".\n" if unit.decision is None else "; label(scores) is the label.\n"
        yield "As a command it reads the input's numbers from standard input.\n"
        yield '"""\n\n' + ("import struct\n" if uses_single else "") + "import sys\n"
        yield SINGLE if uses_single else ""
        yield body + "\n"
        yield "\n".join(self._run(unit)) + "\n"
        if unit.decision is not None:
            yield LABELS[unit.decision].replace("{outputs}", str(unit.outputs))
        yield HELPERS
        for table in unit.tables:
            yield from self._table(table)
        yield MAIN + ('    print("label", label(found))\n' if unit.decision is not None else "")

    def _function(self, function: Function) -> Iterator[str]:
        yield from ("", "", f"def {function.name}({', '.join(function.reads)}):")
        yield from (f"    # {line}" for line in function.comment)
        yield f"    out = [0.0] * {function.size}"
        yield from self.block(function.body, 1)
        yield "    return out"

    def _run(self, unit: Unit) -> Iterator[str]:
        yield from ("", "", "def run(x):", '    """The scores of one input."""', "    x = flat(x)")
        yield f"    if len(x) != {unit.inputs}:"
        yield f'        raise ValueError(f"expected {unit.inputs} numbers, got {{len(x)}}")'
        yield from (f"    {_call(call)}" for call in unit.calls)
        yield f"    return {unit.result}"

    def _table(self, table: Table) -> Iterator[str]:
        yield f"\n# {table.comment}\n"
        if table.values.dtype.kind == "f":
            yield f'{table.name} = floats("""\n'
            yield from (f"{line}\n" for line in lines(table.values, ""))
            yield '""")\n'
        else:
            yield f"{table.name} = [\n"
            yield from (f"    {line}\n" for line in lines(table.values, ","))
            yield "]\n"

    def number(self, value: float) -> str:
        if isinf(value):
            return f'float("{value}")'
        return whole(value) or repr(value)

    def simple(self, statement: Statement) -> str:
        match statement:
            case Let(name, value):
                return f"{name} = {self.expression(value)}"
            case Assign(name, symbol, value):
                return f"{name} {symbol} {self.expression(value)}"
            case Store(array, index, value):
                return f"{array}[{form_text(index)}] = {self.expression(value)}"
            case Locate(name, index):
                return f"{name} = {index_text(index)}"
            case Buffer(name, size):
                return f"{name} = [0.0] * {size}"
            case Assert(condition):
                return f"assert {self.condition(condition)}"
        raise AssertionError(statement)

    def opening(self, statement: For | Over | Within) -> list[str]:
        match statement:
            case For(name, start, stop):
                first = "" if start == Form() else f"{index_text(start)}, "
                return [f"for {name} in range({first}{index_text(stop)}):"]
            case Over(name, table):
                return [f"for {name} in {table}:"]
            case Within(name, True, None):
                return [f"if {name} >= 0:"]
            case Within(name, lower, stop):
                return [f"if {'0 <= ' if lower else ''}{name} < {stop}:"]

    def choice(self, position: int, condition: Compare | None) -> str:
        if condition is None:
            return "else:"
        return f"{'elif' if position else 'if'} {self.condition(condition)}:"


def _call(call: Call) -> str:
    if call.function is None:
        return f"{call.target} = {call.reads[0]}  # reshape: the same numbers"
    return f"{call.target} = {call.function}({', '.join(call.reads)})"
