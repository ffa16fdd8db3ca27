"""What the random walks share: a walk is undone in its end, and the same steps are taken each time."""

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


class UndoneWalk(RuleBasedStateMachine):
    """A walk in a transaction that is rolled back."""

    def __init__(self):
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)


def run_walks(machine, *, walks, steps):
    """Take so many walks of so many steps each. A failure tells its steps; to shorten them would take minutes."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=walks,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
