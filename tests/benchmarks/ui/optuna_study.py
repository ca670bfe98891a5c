"""A study of Optuna's as large as the search beside it: ``optuna_study.py DATABASE TRIALS EPOCHS``."""

import random
import sys
from datetime import datetime, timedelta

import optuna


def main() -> None:
    database, trials, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    study = optuna.create_study(storage=f"sqlite:///{database}", study_name="peer", direction="maximize")
    space = {
        "learning_rate": optuna.distributions.FloatDistribution(1e-4, 1e-2, log=True),
        "blocks": optuna.distributions.IntDistribution(2, 5),
        "optimizer": optuna.distributions.CategoricalDistribution(["adamw", "sgd"]),
        "dropout": optuna.distributions.FloatDistribution(0.0, 0.5),
        "batch_size": optuna.distributions.CategoricalDistribution([32, 64, 128]),
    }
    chance = random.Random(trials)
    made = []
    for number in range(trials):
        top = chance.uniform(0.3, 0.95)
        scores = {epoch: top * (1 - 0.7 ** (epoch + 1)) for epoch in range(epochs)}
        trial = optuna.trial.create_trial(
            state=optuna.trial.TrialState.COMPLETE,
            value=max(scores.values()),
            params={
                "learning_rate": 10 ** chance.uniform(-4, -2),
                "blocks": chance.randint(2, 5),
                "optimizer": chance.choice(["adamw", "sgd"]),
                "dropout": chance.uniform(0.0, 0.5),
                "batch_size": chance.choice([32, 64, 128]),
            },
            distributions=space,
            intermediate_values=scores,
        )
        trial.datetime_start = datetime(2026, 1, 1) + timedelta(seconds=10 * number)
        trial.datetime_complete = trial.datetime_start + timedelta(seconds=25)
        made.append(trial)
    study.add_trials(made)


if __name__ == "__main__":
    main()
