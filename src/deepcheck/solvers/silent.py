"""HiGHS without a word on standard output, which is for answers."""

from typing import Any


def silent_highs() -> Any:
    """A solver with one thread that prints nothing.

    ``highspy.Highs`` prints a banner before anything can be set: its constructor turns on callbacks. Its base class has
    all that solvers here need.
    """
    import highspy  # slow, and only these questions need it

    solver = highspy.Highs.__mro__[1]()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver
