"""How to decide for a class where macro F1 is to be high: rules, and how well they do on images not yet seen.

    python tests/benchmarks/trainer/decision.py [DATASET --work FOLDER [--epochs 15]] [--draws 100]

Each rule is fitted on 200 or 2,000 validation images and scored on others; so often as there are draws. Without DATASET
the networks are simulated: five Gaussians in three dimensions, of the shares of the real data (the rarest has 2 %), so
that the true posterior is known; *overconfident* ones have its power 2.5, *noisy* ones also errors of their own, and
those *tilted* have it as if all classes were equally frequent (or half way there), as networks trained on repeated rare
classes do. With DATASET networks are trained on its training split, as it is and balanced in several ways, and both the
validation images and the others are drawn from its test split, which must be large: import it with ``--test 0.9``.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from common import say

from trainer.answering import calibration
from trainer.answering.calibration import Calibration, fit_calibration, fit_temperature, log_probabilities
from trainer.answering.decision import decided_across_folds
from trainer.answering.expected import best_exponent, f1, rarity
from trainer.estimating.macro_f1 import count, macro_f1

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SHARES = np.array([0.020, 0.294, 0.135, 0.279, 0.272])
MEANS = np.array([[0, 0, 0], [0, 5.2, 0], [2.4, 0, 0], [0.3, 2.6, 0], [2.9, 2.9, 1.8]])
OTHERS = 10_000
GRID = np.linspace(-6.0, 6.0, 241)
BALANCES = ("none", "oversample", "weights", "undersample")


@dataclass(frozen=True)
class Answers:
    """What a network says, ``logs`` (n, classes), of images of the classes ``true``, (n,)."""

    true: Ints
    logs: Floats

    def f1(self, shift: Floats | float = 0.0) -> float:
        """Return the macro F1 where ``shift``, (classes,), is added to the logarithms."""
        return float(macro_f1(count(self.true, (self.logs + shift).argmax(axis=1), self.logs.shape[1])))


Rule = Callable[[Answers, Floats], Floats | float]
"""From validation answers and rarity to a shift."""


def empirical(answers: Answers, rare: Floats) -> Floats:
    """One exponent, by macro F1 on the validation images."""
    return _first_best([answers.f1(exponent * rare) for exponent in GRID]) * rare


def free(answers: Answers, rare: Floats) -> Floats:
    """A factor for each class, by macro F1 on the validation images, one after the other and three times round."""
    shift = np.zeros_like(rare)
    for label in [*range(len(rare))] * 3:
        tried = [shift + change * (np.arange(len(rare)) == label) for change in GRID[::8] - shift[label]]
        scores = [answers.f1(one) for one in tried]
        best = [one for one, score in zip(tried, scores, strict=True) if score == max(scores)]
        shift = min(best, key=lambda one: abs(one[label]))
    return shift


def expected(answers: Answers, rare: Floats, calibrated: Calibration) -> Floats:
    scored = np.bincount(answers.true, minlength=len(rare)) > 0
    return best_exponent(answers.logs, rare, calibration=calibrated, scored=scored, gain=f1) * rare


def by_temperature(answers: Answers, rare: Floats) -> Floats:
    """One exponent, by expected macro F1, a temperature making probabilities of what the network says."""
    temperature = fit_temperature(answers.true, np.exp(answers.logs))
    return expected(answers, rare, Calibration(1 / temperature, 0.0))


def by_tilt(answers: Answers, rare: Floats) -> Floats:
    """One exponent, by expected macro F1, with a temperature and a tilt: what is taken."""
    return expected(answers, rare, fit_calibration(answers.true, answers.logs, rare))


RULES: dict[str, Rule] = {
    "most probable": lambda *_: 0.0,
    "free factors": free,
    "empirical": empirical,
    "expected, temperature": by_temperature,
    "expected, tilt too": by_tilt,
}


def _first_best(scores: list[float]) -> float:
    best = GRID[np.array(scores) == max(scores)]
    return float(best[np.abs(best).argmin()])


@dataclass(frozen=True)
class Network:
    """``draw`` gives validation answers, of so many images, and answers on others."""

    name: str
    shares: Floats
    draw: Callable[[int, np.random.Generator], tuple[Answers, Answers]]


def judge(network: Network, count: int, draws: int) -> tuple[str, str]:
    """Return two rows of tables: of the rules, and of the scores of an epoch."""
    generator, rare = np.random.default_rng(count), rarity(network.shares)
    scores: dict[str, list[float]] = {name: [] for name in (*RULES, "possible", "plain", "decided")}
    for _ in range(draws):
        known, others = network.draw(count, generator)
        for name, rule in RULES.items():
            scores[name].append(others.f1(rule(known, rare)))
        scores["possible"].append(max(others.f1(exponent * rare) for exponent in GRID[::4]))
        scores["plain"].append(known.f1())
        folds = generator.integers(5, size=len(known.true))
        numbers = decided_across_folds(known.true, np.exp(known.logs), folds=folds, shares=network.shares)
        scores["decided"].append(float(macro_f1(count(known.true, numbers, len(rare)))))
    means = {name: np.mean(each) for name, each in scores.items()}
    cells = [f"{means[name]:.3f} ± {np.std(scores[name]):.3f}" for name in RULES]
    taken = f"{means['expected, tilt too']:.3f}"
    epoch = [f"{means[name]:.3f} ± {np.std(scores[name]):.3f}" for name in ("plain", "decided")]
    head = f"| {network.name} | {count:,} |"
    return (
        f"{head} {' | '.join(cells)} | {means['possible']:.3f} |",
        f"{head} {epoch[0]} | {means['most probable']:.3f} | {epoch[1]} | {taken} |",
    )


def simulated() -> Iterator[Network]:
    frequency = np.log(SHARES)
    kinds: dict[str, tuple[float, float, float]] = {  # sharpness, noise, tilt
        "true posterior": (1.0, 0.0, 0.0),
        "overconfident": (2.5, 0.0, 0.0),
        "noisy, overconfident": (1.8, 0.8, 0.0),
        "tilted": (1.0, 0.0, 1.0),
        "tilted, overconfident": (2.5, 0.0, 1.0),
        "half tilted, overconfident": (2.5, 0.0, 0.5),
        "tilted, noisy, overconfident": (1.8, 0.8, 1.0),
    }
    for name, (sharpness, noise, tilt) in kinds.items():

        def answers(count: int, generator: np.random.Generator, kind: tuple = (sharpness, noise, tilt)) -> Answers:
            sharpness, noise, tilt = kind
            true = np.repeat(np.arange(len(SHARES)), np.round(SHARES * count).astype(int))  # stratified, as a split is
            places = MEANS[true] + generator.normal(size=(len(true), 3))
            logits = -0.5 * ((places[:, None] - MEANS) ** 2).sum(axis=2) + (1 - tilt) * frequency
            logits = sharpness * (logits + noise * generator.normal(size=logits.shape))
            return Answers(true, log_probabilities(np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])))

        yield Network(name, SHARES, lambda count, gen, answers=answers: (answers(count, gen), answers(OTHERS, gen)))


def trained(place: str, work: str, epochs: int) -> Iterator[Network]:
    from datasets import Dataset, Split, open_folder
    from search import Builder, complete, discover, load_hypermodel, training_options
    from trainer import Member, Objective, limit_threads, train_member
    from trainer.answering.decision import training_shares
    from trainer.answering.predicting import predict
    from trainer.fitting.epoch import split_batches

    limit_threads(1)
    dataset = Dataset.open(place)
    hypermodel = load_hypermodel(None, input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    for balance in BALANCES:
        values = complete(discover(hypermodel), {"balance": balance})
        member = Member(balance, Builder(hypermodel, values), training_options(values, epochs=epochs), values, seed=1)
        folder = open_folder(work).child(balance)
        run = train_member(member, dataset, objective=Objective.parse("val_loss"), work=folder)
        batches = split_batches(dataset, Split.TEST)
        true, probabilities = predict(run.best_model(), batches, logits=run.predicts_logits)
        all_ = Answers(true, log_probabilities(probabilities))

        def draw(count: int, generator: np.random.Generator, all_: Answers = all_) -> tuple[Answers, Answers]:
            from sklearn.model_selection import train_test_split

            rows = np.arange(len(all_.true))
            seed = int(generator.integers(2**31))
            known, others = train_test_split(rows, train_size=count, stratify=all_.true, random_state=seed)
            return Answers(all_.true[known], all_.logs[known]), Answers(all_.true[others], all_.logs[others])

        yield Network(f"balance = {balance}", training_shares(dataset), draw)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", nargs="?")
    parser.add_argument("--work", help="folder of the checkpoints")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--counts", type=int, nargs="*", default=[200, 2000], help="validation images")
    parser.add_argument("--prior", type=float, help="standard deviation of temperature and tilt, instead of ours")
    options = parser.parse_args()
    if options.prior is not None:
        calibration._PRIOR = options.prior
    networks = simulated() if options.dataset is None else trained(options.dataset, options.work, options.epochs)
    rules, epochs = [], []
    for network in networks:
        for rows_known in options.counts:
            for rows, row in zip((rules, epochs), judge(network, rows_known, options.draws), strict=True):
                rows.append(row)
            say(rules[-1])
    say("")
    for row in epochs:
        say(row)


if __name__ == "__main__":
    main()
