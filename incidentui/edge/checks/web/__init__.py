"""Looks by HTTP: one address, or a journey of several, and what is expected of an answer."""
