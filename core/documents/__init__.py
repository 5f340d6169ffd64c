"""Trusted documents: which a client may send by identifiers, and the texts that processes share by hash."""
