"""A clock that tests set."""


class Clock:
    """Gives `now`, in seconds, to code that takes a clock."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now
