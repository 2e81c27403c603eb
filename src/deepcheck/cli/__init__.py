"""The command line: one file per verb.

Nothing slow is imported here before a verb runs, so that ``deepcheck --help`` answers at once.
"""
