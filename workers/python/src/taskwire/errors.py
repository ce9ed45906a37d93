"""What handlers raise to say what should become of a task."""


class RetryableError(Exception):
    """The attempt failed, and another one may succeed: Taskwire makes it after a back-off, while the budget lasts."""


class PermanentError(Exception):
    """The attempt failed, and no other makes sense; not even where `retry_on` covers all exceptions."""


class RefusedError(Exception):
    """The payload itself is wrong, and a person should mend it.

    A record from a topic goes to the dead letter topic, and its task becomes `dead_lettered`; a claimed task fails.
    """


class ConfigurationError(Exception):
    """The worker cannot be started as it was set up; the message says why."""
