"""How a search's winner was trained, as far as that can be told: what its dataset's view begins with."""

from dataclasses import dataclass, replace

from datasets import Augmentation, Balance, GalaxyTunerError, open_folder
from search import bundle_location, read_search, training_options
from trainer import BundleError, read_manifest


@dataclass(frozen=True)
class Trained:
    """``balance``, ``augmentation`` and ``mixup`` of what ``who`` names: a trial, or nothing at all."""

    who: str
    balance: Balance
    augmentation: Augmentation
    mixup: float = 0.0


NOTHING = Trained("", Balance(), replace(Augmentation.of_strength(0.5), brightness=0.2))
"""Where no search says: the augmentation is that of `galaxy info --gallery`."""


def trained(storage: str, search: str) -> Trained:
    """Return the options of a search's model, else of its best trial, else none; never raises for what is damaged."""
    try:
        member = read_manifest(open_folder(bundle_location(storage, search))).members[0]
        name, values = f"the model's trial {member.name}", dict(member.hyperparameters)
    except BundleError:
        try:
            view = read_search(storage, search, history=False)
        except GalaxyTunerError:
            return NOTHING
        best = next((row for row in view.rows if row.rank is not None), None)
        if best is None:
            return NOTHING
        name, values = f"the best trial so far, {best.trial_id},", dict(best.hyperparameters)
    try:
        options = training_options(values, epochs=1)  # type: ignore[arg-type]
    except GalaxyTunerError:  # names that mean something else in a space of the user's own
        return NOTHING
    return Trained(name, options.balance, options.augmentation, options.mixup)
