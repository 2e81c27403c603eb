"""A program as one source file, in no language yet: what is printed, function by function."""

from math import prod

from deepcheck.program import Affine, Array, Branch, Instruction, Largest, Path, Piecewise, Program
from deepcheck.source import branching
from deepcheck.source.affine import AffineWriter
from deepcheck.source.header import header
from deepcheck.source.names import harmless, shape_text
from deepcheck.source.receiving import receive
from deepcheck.source.stages import stages_of
from deepcheck.source.syntax import Call, Function, Statement, Store, Unit
from deepcheck.source.tables import Tables


def unit_of(program: Program, path: Path | None = None) -> Unit:
    """The whole program, or its straight-line code along a path of one item."""
    writer = _Writer(program, path)
    writer.write()
    return Unit(
        header=header(program, path),
        functions=tuple(writer.functions),
        calls=tuple(writer.calls),
        tables=tuple(writer.tables.found),
        inputs=program.size,
        outputs=program.outputs,
        result=f"s{program.output}",
        decision=None if program.decision is None else program.decision.kind,
    )


class _Writer:
    """Writes instruction after instruction.

    Attributes:
        functions: One per instruction; a branch that alone reads an affine instruction is one with it.
        calls: How they follow each other.
        tables: Their constants.
    """

    def __init__(self, program: Program, path: Path | None) -> None:
        self.program, self.path = program, path
        self.functions: list[Function] = []
        self.calls: list[Call] = []
        self.tables = Tables()
        self._live: dict[str, tuple[str, int]] = {}
        self._branches = 0

    def write(self) -> None:
        """Write everything."""
        received = receive(self.program, self.tables)
        if received is None:
            self.calls.append(Call("s0", None, ("x",), self.program.size))
        else:
            self.functions.append(received)
            self.calls.append(Call("s0", received.name, ("x",), self.program.size))
        result = 1
        while result <= self.program.output:
            result += self._instruction(result)

    def _instruction(self, result: int) -> int:
        """Write the instruction that makes a value; how many it took."""
        instruction = self.program.instructions[result - 1]
        if isinstance(instruction, Affine):
            if self._renames(instruction):
                operand = f"s{instruction.operands[0]}"
                self.calls.append(Call(f"s{result}", None, (operand,), prod(instruction.shape)))
                if operand in self._live:
                    self._live[f"s{result}"] = self._live[operand]
                return 1
            return self._affine(instruction, result)
        position, self._branches = self._branches, self._branches + 1
        if self.path is None:
            body = self._branch(instruction, result)
        else:
            body = self._along(instruction, result, self.path.arms[position][0])
        self._keep(instruction, result, result, body)
        return 1

    def _renames(self, instruction: Affine) -> bool:
        if len(instruction.terms) != 1 or instruction.offset is not None:
            return False
        stages = stages_of(instruction.terms[0], self.program.shapes[instruction.operands[0]])
        return len(stages) == 1 and stages[0].is_renaming

    def _affine(self, instruction: Affine, result: int) -> int:
        follower = self._follower(result)
        operands = [(f"s{operand}", self.program.shapes[operand]) for operand in instruction.operands]
        writer = AffineWriter(result, self.tables, self._live)
        if follower is None:
            body = writer.body(instruction, operands, lambda place, value: [Store("out", place, value)])
            self._keep(instruction, result, result, body)
            return 1
        self._branches += 1
        self._keep(instruction, result, result + 1, writer.body(instruction, operands, branching.choose(follower)))
        return 2

    def _follower(self, result: int) -> Piecewise | None:
        """The branch right behind an affine instruction, if nothing else reads what that makes."""
        readers = sum(i.operands.count(result) for i in self.program.instructions)
        if self.path is not None or result == self.program.output or readers != 1:
            return None
        found = self.program.instructions[result]
        return found if isinstance(found, Piecewise) and found.operand == result else None

    def _branch(self, branch: Branch, result: int) -> list[Statement]:
        array = f"s{branch.operand}"
        match branch:
            case Piecewise():
                return branching.piecewise(branch, array)
            case Largest():
                return branching.largest(branch, result, self.tables, array)
        raise AssertionError(branch)

    def _along(self, branch: Branch, result: int, arms: Array) -> list[Statement]:
        array = f"s{branch.operand}"
        match branch:
            case Piecewise():
                body, live = branching.piecewise_along(branch, arms, result, self.tables, array)
                if live is not None:
                    self._live[f"s{result}"] = live
                return body
            case Largest():
                return branching.largest_along(branch, arms, result, self.tables, array)
        raise AssertionError(branch)

    def _keep(self, instruction: Instruction, first: int, last: int, body: list[Statement]) -> None:
        reads = tuple(dict.fromkeys(f"s{operand}" for operand in instruction.operands))
        size = prod(self.program.shapes[last])
        name = f"layer_{first}"
        self.functions.append(Function(name, self._comment(instruction, first, last), reads, size, tuple(body)))
        self.calls.append(Call(f"s{last}", name, reads, size))

    def _comment(self, instruction: Instruction, first: int, last: int) -> tuple[str, ...]:
        shapes = self.program.shapes
        sources = ", ".join(f"s{o} ({shape_text(shapes[o])})" for o in dict.fromkeys(instruction.operands))
        kinds = " and ".join(harmless(i.kind) for i in self.program.instructions[first - 1 : last])
        return (f"s{last}: {kinds}, {shape_text(shapes[last])}, from {sources}",)
