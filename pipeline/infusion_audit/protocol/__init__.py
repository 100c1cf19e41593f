"""A protocol: the file that states it, what is wrong with it, and the tables that the rules read."""

from infusion_audit.protocol.file import Reading, load_protocol, read_protocol, shipped_protocols
from infusion_audit.protocol.model import Protocol
from infusion_audit.protocol.tables import install, not_judged, setting_values

__all__ = ["Protocol", "Reading", "install", "load_protocol", "not_judged", "read_protocol", "setting_values", "shipped_protocols"]
