"""RQ1: where important pixels lie, and what would lie there anyway."""
