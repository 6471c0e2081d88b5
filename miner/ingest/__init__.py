"""A log line becomes a row of `requests`."""

from miner.ingest.ingest import Progress, ingest
from miner.ingest.raw_text import raw_bytes
from miner.ingest.rejects import retry_rejects
from miner.ingest.report import IngestReport, Rejected, SourceReport, rejects_by_reason

__all__ = [
    "IngestReport",
    "Progress",
    "Rejected",
    "SourceReport",
    "ingest",
    "raw_bytes",
    "rejects_by_reason",
    "retry_rejects",
]
