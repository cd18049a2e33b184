"""The options of a run of the fault test."""

from dataclasses import dataclass

PLAIN_WORKER, MUTANTS = "tests.faults.worker", ("tests.faults.mutant_reference", "tests.faults.mutant_hold")


@dataclass(frozen=True)
class Options:
    """What is run. `pace`: messages approved a second; `every`: seconds between two mishaps; `only`: their names;
    `workers`: names of `campaign.POOLS`.
    """

    seed: int
    users: int = 300
    messages: int = 4000
    pace: float = 10.0
    every: float = 0.8
    database: str = "postgres"
    broker: str = "redis"
    only: str = ""
    workers: str = "threads,prefork,solo"
    worker: str = PLAIN_WORKER
