"""Compiled GraphQL execution: plans that resolve rows in batches and write JSON."""
