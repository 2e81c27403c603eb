"""Whole data sets: one question about each of many inputs, kept as it is answered, so that nothing is asked twice."""

from deepcheck.campaign.answer import Answer
from deepcheck.campaign.minimal import Progress, Report, ask
from deepcheck.campaign.table import MinimalTable, SizeRow

__all__ = ["Answer", "MinimalTable", "Progress", "Report", "SizeRow", "ask"]
