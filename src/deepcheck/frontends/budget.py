"""How much memory the constants and index maps of a model may take: a small file can ask for a great deal."""

from dataclasses import dataclass

from deepcheck.errors import MalformedModel

BUDGET_BYTES = 2 << 30


@dataclass
class Budget:
    """Bytes that one load may still spend; asked before anything is allocated."""

    left: float = float(BUDGET_BYTES)
    total: float = float(BUDGET_BYTES)

    @staticmethod
    def of(size: float | None) -> "Budget":
        """A budget of so many bytes, or the default one."""
        total = float(BUDGET_BYTES if size is None else size)
        return Budget(total, total)

    def spend(self, size: float, what: str) -> None:
        """Take bytes for a constant that stays; `MalformedModel` if it is too much."""
        self.allow(size, what)
        self.left -= size

    def allow(self, size: float, what: str) -> None:
        """Raise `MalformedModel` if so many bytes would be too much."""
        if not size <= self.left:
            raise MalformedModel(
                f"{what} needs {size:.4g} bytes, with {self.left:.4g} left of the budget of {self.total:.4g} for a "
                "model's constants and index maps: "
                "if the model is right, load it with a larger budget_bytes (--budget)"
            )
