"""What bundles cost beside the trainings that they are made of: an interim one, a beginning's answers, an ensemble.

    python tests/benchmarks/trainer/bundle_cost.py DATASET WORK [--epochs 3]

The built-in space's defaults are trained for some epochs on one thread, and an interim bundle is made of them; then two
further beginnings, and the bundle of their ensemble. Seconds are of one CPU, start-up and the first tracing included,
except for the second interim bundle. WORK is a folder of their own.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager

from common import say


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.process_time()
    yield
    say(f"{what}: {time.process_time() - began:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("work")
    parser.add_argument("--epochs", type=int, default=3)
    given = parser.parse_args()

    from trainer import limit_threads

    limit_threads(1)
    import keras
    import keras_tuner

    from datasets import Dataset, open_folder
    from search import GalaxyHyperModel, training_options
    from trainer import Beginning, Member, Objective, TrainingRun, assemble, interim_bundle, train_beginning

    dataset, work = Dataset.open(given.dataset), open_folder(given.work)
    hypermodel = GalaxyHyperModel(input_shape=dataset.image_shape, num_classes=len(dataset.classes))
    values = keras_tuner.HyperParameters()
    hypermodel.build(values)

    def build() -> keras.Model:
        return hypermodel.build(keras_tuner.HyperParameters())

    options = training_options(values.values, epochs=given.epochs)
    objective = Objective.parse("val_macro_f1_decided")
    trial = Member("defaults", build, options, values.values, seed=1)
    run = TrainingRun(build, dataset, options, objective=objective, seed=1, checkpoints=work.child("trial"))
    for number in range(run.epoch, given.epochs):
        with timed(f"epoch {number + 1}"):
            run.step()
    for which in ("first", "second"):
        with timed(f"{which} interim bundle"):
            interim_bundle(trial, work.child("trial"), dataset, objective=objective, bundle=work.child("interim"))
    begun = [Beginning("defaults", number, build, options, values.values, seed=number) for number in (1, 2)]
    for one in begun:
        last = began = time.process_time()

        def note(done: int, total: int | None) -> None:
            nonlocal last
            last = time.process_time()

        train_beginning(one, dataset, objective=objective, work=work.child(one.name), progress=note)
        say(f"{one.name}: {last - began:.1f} s, then its answers: {time.process_time() - last:.1f} s")
    for times in (2, 8):
        with timed(f"an ensemble of at most {times} times one network and view"):
            bundle = work.child(f"ensemble-{times}")
            finalists = {"defaults": begun}
            made = assemble(
                finalists,
                dataset,
                chosen="defaults",
                objective=objective,
                work=work,
                bundle=bundle,
                max_slower=times,
                seed=1,
            )
        say(f"  {', '.join(made.members)}")


if __name__ == "__main__":
    main()
