"""Event log, dispatcher: committed events, in order, for the subscribers of a process."""
