"""C99: one file, no library but the standard one."""

import re
from collections.abc import Iterator
from math import isinf

from deepcheck.source.language import Language, form_text, index_text, whole
from deepcheck.source.syntax import (
    Assert,
    Assign,
    Buffer,
    Compare,
    For,
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

NOTES = """
run(x, scores) computes the scores of one input{label}.
Arrays are static, so one thread at a time. Compile with -ffp-contract=off: a fused multiply-add rounds otherwise.
With DEEPCHECK_NO_MAIN defined there is no main; else it reads the input's numbers from standard input."""
SINGLE = """
/* Round to IEEE single precision. */
static double single(double value)
{
    return (double)(float)value;
}
"""
LABEL = """
/* The index of the {word} score; ties go to the lowest index. */
int label(const double *scores)
{
    int best = 0;
    for (int i = 1; i < {outputs}; i++) {
        if (scores[i] {symbol} scores[best]) {
            best = i;
        }
    }
    return best;
}
"""
SIGN = """
/* 1 where the only score is above 0, else 0. */
int label(const double *scores)
{
    if (scores[0] > 0.0) {
        return 1;
    } else {
        return 0;
    }
}
"""
MAIN = """
#ifndef DEEPCHECK_NO_MAIN
int main(void)
{
    static double x[{inputs}], scores[{outputs}];
    for (int i = 0; i < {inputs}; i++) {
        if (scanf("%lf", &x[i]) != 1) {
            fprintf(stderr, "expected {inputs} numbers, got %d\\n", i);
            return 2;
        }
    }
    run(x, scores);
    for (int i = 0; i < {outputs}; i++) {
        printf(i ? " %.17g" : "%.17g", scores[i]);
    }
    printf("\\n");
{label}    return 0;
}
#endif
"""


class C(Language):
    """Prints C99."""

    close = "}"

    def file(self, unit: Unit) -> Iterator[str]:
        body = "\n".join(line for function in unit.functions for line in self._function(function))
        label = "" if unit.decision is None else "; label(scores) is the label"
        notes = [*unit.header, *NOTES.replace("{label}", label).split("\n")]
        yield "/*\n" + "".join(f" * {line}".rstrip() + "\n" for line in notes) + " */\n\n"
        yield "#include <assert.h>\n" if "assert(" in body else ""
        yield "#include <math.h>\n" if "INFINITY" in body else ""
        yield "#include <stdio.h>\n\n"
        yield "void run(const double *x, double *scores);\n"
        yield "" if unit.decision is None else "int label(const double *scores);\n"
        yield "\n/* The numbers are at the end of the file. */\n" if unit.tables else ""
        yield "".join(f"{_declared(table)};\n" for table in unit.tables)
        yield SINGLE if "single(" in body else ""
        yield body + "\n"
        yield "\n".join(self._run(unit)) + "\n"
        yield self._label(unit)
        for table in unit.tables:
            yield f"\n/* {table.comment} */\n{_declared(table)} = {{\n"
            yield from (f"    {line}\n" for line in lines(table.values, ","))
            yield "};\n"
        printed = '    printf("label %d\\n", label(scores));\n' if unit.decision is not None else ""
        main = MAIN.replace("{inputs}", str(unit.inputs)).replace("{outputs}", str(unit.outputs))
        yield main.replace("{label}", printed)

    def _function(self, function: Function) -> Iterator[str]:
        yield ""
        yield from (f"/* {line} */" for line in function.comment)
        parameters = [f"const double *{name}" for name in function.reads]
        yield f"static void {function.name}({', '.join([*parameters, 'double *out'])})"
        yield "{"
        body = list(self.block(function.body, 1))
        text = "\n".join(body)
        yield from (f"    (void){name};" for name in function.reads if not re.search(rf"\b{name}\b", text))
        yield from body
        yield "}"

    def _run(self, unit: Unit) -> Iterator[str]:
        yield from ("", "void run(const double *x, double *scores)", "{")
        for call in unit.calls:
            if call.function is None:
                yield f"    const double *{call.target} = {call.reads[0]}; /* reshape: the same numbers */"
            else:
                yield f"    static double {call.target}[{call.size}];"
                yield f"    {call.function}({', '.join([*call.reads, call.target])});"
        yield f"    for (int i = 0; i < {unit.outputs}; i++) {{"
        yield f"        scores[i] = {unit.result}[i];"
        yield from ("    }", "}")

    def _label(self, unit: Unit) -> str:
        if unit.decision is None:
            return ""
        if unit.decision == "sign":
            return SIGN
        word, symbol = ("largest", ">") if unit.decision == "arg max" else ("smallest", "<")
        text = LABEL.replace("{outputs}", str(unit.outputs))
        return text.replace("{word}", word).replace("{symbol}", symbol)

    def number(self, value: float) -> str:
        if isinf(value):
            return "-INFINITY" if value < 0 else "INFINITY"
        return whole(value) or value.hex()

    def simple(self, statement: Statement) -> str:
        match statement:
            case Let(name, value, fixed):
                return f"{'const ' if fixed else ''}double {name} = {self.expression(value)};"
            case Assign(name, symbol, value):
                return f"{name} {symbol} {self.expression(value)};"
            case Store(array, index, value):
                return f"{array}[{form_text(index)}] = {self.expression(value)};"
            case Locate(name, index):
                return f"const int {name} = {index_text(index)};"
            case Buffer(name, size):
                return f"static double {name}[{size}];"
            case Assert(condition):
                return f"assert({self.condition(condition)});"
        raise AssertionError(statement)

    def opening(self, statement: For | Over | Within) -> list[str]:
        match statement:
            case For(name, start, stop):
                return [f"for (int {name} = {index_text(start)}; {name} < {index_text(stop)}; {name}++) {{"]
            case Over(name, table, length):
                counter = f"n_{name}"
                head = f"for (int {counter} = 0; {counter} < {length}; {counter}++) {{"
                return [head, f"const int {name} = {table}[{counter}];"]
            case Within(name, True, None):
                return [f"if ({name} >= 0) {{"]
            case Within(name, lower, stop):
                return [f"if ({f'0 <= {name} && ' if lower else ''}{name} < {stop}) {{"]

    def choice(self, position: int, condition: Compare | None) -> str:
        closing = "} " if position else ""
        return (
            f"{closing}else {{"
            if condition is None
            else f"{closing}{'else ' if position else ''}if ({self.condition(condition)}) {{"
        )


def _declared(table: Table) -> str:
    kind = "double" if table.values.dtype.kind == "f" else "int"
    return f"static const {kind} {table.name}[{table.values.size}]"
