"""The tables of `[[checks]]`, one model for each `type`. Imported only to validate, as `config.schema` is."""

from incidentui.config.tables.agreement import AgreementTable
from incidentui.config.tables.common import CheckTable
from incidentui.config.tables.http import HttpTable
from incidentui.config.tables.journey import JourneyTable

KINDS: dict[str, type[CheckTable]] = {"http": HttpTable, "agreement": AgreementTable, "journey": JourneyTable}
LATER = ("tcp", "command", "workload", "log", "prometheus", "data", "heartbeat")
"""Kinds that are known, and cannot be checked yet."""
LATER_KEYS = {"conditions": "condition strings"}
"""Keys that are known, and cannot be checked yet."""
