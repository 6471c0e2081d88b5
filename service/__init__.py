"""The friend-service: a small web service to record, mine and load. It knows nothing of `miner`."""
