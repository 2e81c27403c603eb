"""The paper's claims on more than one network."""
