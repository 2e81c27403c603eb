"""Which inputs matter: the paper's metrics, our reach, and shortlists."""

from deepcheck.ranking.integrated import integrated_gradients
from deepcheck.ranking.metrics import METRICS
from deepcheck.ranking.order import order_of, shortlist_length
from deepcheck.ranking.reach import Gains, gains, reach

__all__ = ["METRICS", "Gains", "gains", "integrated_gradients", "order_of", "reach", "shortlist_length"]
