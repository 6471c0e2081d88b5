"""A log line becomes a row of `requests`."""

from miner.ingest.ingest import ingest
from miner.ingest.report import IngestReport, Rejected, SourceReport, rejects_by_reason

__all__ = ["IngestReport", "Rejected", "SourceReport", "ingest", "rejects_by_reason"]
