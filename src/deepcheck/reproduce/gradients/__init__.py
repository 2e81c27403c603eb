"""RQ5: FGSM and PGD beside attacks of one and two pixels; figure 4."""
