"""Symbolic execution for trained neural networks."""
