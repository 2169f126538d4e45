"""The tables of `[[checks]]`, one model for each `type`. Imported only to validate, as `config.schema` is."""

from incidentui.config.tables.agreement import AgreementTable
from incidentui.config.tables.common import CheckTable
from incidentui.config.tables.http import HttpTable

KINDS: dict[str, type[CheckTable]] = {"http": HttpTable, "agreement": AgreementTable}
LATER = ("tcp", "command", "workload", "log", "prometheus", "journey", "data", "heartbeat")
"""Kinds that are known, and cannot be checked yet."""
LATER_KEYS = {"conditions": "condition strings"}
"""Keys that are known, and cannot be checked yet."""
