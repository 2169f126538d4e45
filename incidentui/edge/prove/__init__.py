"""Negative controls: every check is shown good answers and lies of a stand-in, and must tell them apart."""
