"""Background work: the worker, consumers of the event log, jobs with leases and retries."""
