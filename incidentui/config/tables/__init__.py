"""The tables of `[[checks]]`, one model for each `type`. Imported only to validate, as `config.schema` is."""

from incidentui.config.tables.agreement import AgreementTable
from incidentui.config.tables.common import CheckTable
from incidentui.config.tables.data import DataTable
from incidentui.config.tables.http import HttpTable
from incidentui.config.tables.journey import JourneyTable
from incidentui.config.tables.kept import BackupTable, ImageTable
from incidentui.config.tables.links import AgentTable, TunnelTable
from incidentui.config.tables.local import CommandTable, HeartbeatTable, LogTable, WorkloadTable
from incidentui.config.tables.net import PrometheusTable, TcpTable

KINDS: dict[str, type[CheckTable]] = {
    "http": HttpTable,
    "journey": JourneyTable,
    "agreement": AgreementTable,
    "tcp": TcpTable,
    "command": CommandTable,
    "log": LogTable,
    "prometheus": PrometheusTable,
    "heartbeat": HeartbeatTable,
    "workload": WorkloadTable,
    "data": DataTable,
    "agent": AgentTable,
    "tunnel": TunnelTable,
    "backup": BackupTable,
    "image": ImageTable,
}
LATER_KEYS = {"conditions": "condition strings"}
"""Keys that are known, and cannot be checked yet."""
