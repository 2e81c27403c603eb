"""Reading exported questions: a tiny evaluator over fractions, and the solvers and parsers of others."""

import re
from fractions import Fraction

from requirements import require

RELATIONS = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    "=": lambda a, b: a == b,
}


def forms(text):
    """The s-expressions of a file, as nested lists of words; comments are dropped."""
    stack = [[]]
    for word in re.findall(r"[()]|[^\s()]+", re.sub(r";.*", "", text)):
        if word == "(":
            stack.append([])
        elif word == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    assert len(stack) == 1
    return stack[0]


def assertions(text):
    return [form[1] for form in forms(text) if form[0] == "assert"]


def declared(text):
    return [form[1] for form in forms(text) if form[0] == "declare-const"]


def value(expression, point):
    """A term at a point: names to fractions."""
    if isinstance(expression, str):
        return point[expression] if expression in point else Fraction(expression)
    operator, *operands = expression[0], *(value(operand, point) for operand in expression[1:])
    if operator == "+":
        assert len(operands) > 1
        return sum(operands)
    if operator == "-":
        assert len(operands) == 1
        return -operands[0]
    assert operator in ("*", "/")
    left, right = operands
    return left * right if operator == "*" else left / right


def holds(expression, point):
    """Is a condition true at a point?"""
    operator, *operands = expression
    if operator in ("or", "and"):
        return (any if operator == "or" else all)(holds(operand, point) for operand in operands)
    left, right = (value(operand, point) for operand in operands)
    return RELATIONS[operator](left, right)


def satisfied(text, point):
    """Do all assertions of a file hold at a point?"""
    return all(holds(condition, point) for condition in assertions(text))


def z3_answer(text):
    z3 = require("z3")
    solver = z3.SolverFor("QF_LRA")
    solver.from_string(text)
    return str(solver.check())


def cvc5_answer(text):
    cvc5 = require("cvc5")
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("strict-parsing", "true")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "exported")
    names, answers = parser.getSymbolManager(), []
    while not (command := parser.nextCommand()).isNull():
        answers.append(command.invoke(solver, names))
    return "".join(answers).strip()


def highs_optimum(path):
    """What HiGHS makes of an LP file: the optimum, infinite where unbounded."""
    highspy = require("highspy")
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(path)) != highspy.HighsStatus.kError
    solver.run()
    status = solver.getModelStatus()
    if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return float("inf")
    assert status == highspy.HighsModelStatus.kOptimal, status
    return solver.getObjectiveValue()
