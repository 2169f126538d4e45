"""incidentui: the terminal program an on-call engineer opens when production breaks."""

__version__ = "0.1.0"
