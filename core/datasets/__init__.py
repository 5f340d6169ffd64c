"""Demo data, trace import: data that commands generate, import and reconcile."""
