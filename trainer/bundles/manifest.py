"""What `bundle.json` says of a bundle. Reading it needs no TensorFlow."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from datasets import Folder, Preprocessing, few, first_problem, read_json, stays_within
from trainer.answering.decision import Decide
from trainer.bundles.plausible import fault_in
from trainer.errors import BundleError, OptionsError

FILE = "bundle.json"
CARD = "model-card.md"
FORMAT = "galaxy-tuner-bundle/1"
INTERIM = (
    "An interim model, of the best trial while its search went on: not tested, and replaced once a finalist is trained"
)


@dataclass(frozen=True)
class BundleMember:
    """One model of a bundle.

    Attributes:
        name: The trial it came from, and for its second random beginning ``-2`` and so on.
        logits: Whether its outputs are logits (else probabilities).
        parameters: Number of weights.
        epochs: Epochs trained.
        best_epoch: The epoch whose weights it has, from 1.
        hyperparameters: What it was built and trained with.
        metrics: The metrics of that epoch; null where not finite.
        options: All of `trainer.TrainingOptions` that it was trained with; empty in older bundles.
        seed: Of its training; None in older bundles.
        views: Flipped, turned and scaled, of an image, that an answer is the average of; None in older bundles.
        weight: Of its probabilities in the bundle's average, above 0, as against those of the other members.
    """

    name: str
    logits: bool
    parameters: int
    epochs: int
    best_epoch: int
    hyperparameters: Mapping[str, object]
    metrics: Mapping[str, float | None]
    options: Mapping[str, object] = field(default_factory=dict)
    seed: int | None = None
    views: int | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class TrustRecord:
    """What a bundle knows of its limits; all of it learnt on validation images.

    Attributes:
        file: Name of the file that holds it (`trainer.answering.limits`).
        sha256: Of that file.
        images: Validation images.
        max_error: Share of wrong answers among sure ones that is promised unless another is asked for.
        sure_from: Operating point → confidence from which on an answer is sure at that rate; null: nothing promised.
        false_alarms: Share of validation images beyond the limit of novelty; null: too few images for a limit.
    """

    file: str
    sha256: str
    images: int
    max_error: float
    sure_from: Mapping[str, float | None]
    false_alarms: float | None


@dataclass(frozen=True)
class SeenRecord:
    """Which images a bundle was trained or chosen on: ``file`` has a hash of each, ``sha256`` is that of the file.

    ``images`` is their number, those alike counted once.
    """

    file: str
    sha256: str
    images: int


@dataclass(frozen=True)
class NoneRecord:
    """What a bundle knows of galaxies of no class, each judged by what was learnt without it.

    Attributes:
        images: Validation images that it was learnt from.
        shown: Galaxies of no class, likewise.
        caught: Those among them that are taken for none of the classes.
        auroc: Area under the curve of those against the validation images: 0.5 tells nothing, 1 everything.
        named: Class → galaxies of no class that it is named for, and those that are not taken for none.
        kept: Split → confusion matrix, rows true, columns named, of the images that are not taken for none: all is at
            the bundle's own operating point.
        share: Of galaxies of no class in the dataset's source; None where it does not say.
        unlimited: Classes that too few validation images were named for a limit: none named so is taken for such.
    """

    images: int
    shown: int
    caught: int
    auroc: float
    named: Mapping[str, tuple[int, int]]
    kept: Mapping[str, tuple[tuple[int, ...], ...]]
    share: float | None
    unlimited: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeldOutRecord:
    """What was answered for images that no network was trained on that answered: see `trainer.bundles.held_out`.

    ``file`` has it, ``sha256`` is that of the file, ``images`` is their number.
    """

    file: str
    sha256: str
    images: int


@dataclass(frozen=True)
class Manifest:
    """A bundle at a glance.

    Attributes:
        classes: Names, in the order of the outputs.
        preprocessing: What was done to the training images.
        dataset: Where the dataset was.
        dataset_fingerprint: Its fingerprint.
        members: The models whose probabilities are averaged.
        temperature: Calibrates the average; see `trainer.answering.calibration`.
        seed: Of the final training.
        created: ISO 8601, UTC.
        versions: Of Python and the packages that made it.
        metrics: Split → scores of the calibrated average, as `galaxy evaluate --json` prints them.
        thresholds: Class → factor on its probability for `trainer.answering.decision.Decide.BALANCED`.
        files: Name of each model file → its SHA-256, in the order of ``members``; filled in by `write_bundle`.
        trust: When it may be sure, and of what; filled in by `write_bundle`. None in bundles that do not say.
        balanced: As ``metrics``, at `trainer.answering.decision.Decide.BALANCED`; empty in older bundles.
        objective: What the best epoch was chosen by; None in older bundles.
        commands: Shell commands that make it again from the dataset; empty where they are not known.
        modules: Modules to be imported before it is loaded, for the classes they register; filled in by `write_bundle`.
        decide: The operating point of answers unless another is asked for; that of accuracy in older bundles.
        factors: As ``thresholds``, for `trainer.answering.decision.Decide.OBJECTIVE`: 1 for each class where the
            objective has no rule; empty in older bundles.
        decided: As ``metrics``, at `trainer.answering.decision.Decide.OBJECTIVE`; empty in older bundles.
        seen: Which images its members were trained or chosen on; filled in by `write_bundle`. None in bundles that do
            not say.
        interim: Whether it is of a trial that was only the best so far, while a search went on. The first training of a
            finalist takes its place; where none comes to its end, it stays.
        beginnings: Of how many further beginnings temperature, factors and limits are learnt: from what one network a
            configuration, at most, answered for images that it was not trained on. 0: from what the bundle answers for
            the validation images.
        worth: What the search was worth, as `trainer.Worth`; None where it was not compared.
        corrected: Macro F1 to be expected of new images, ``value``, ``low`` and ``high``, without what the choice among
            finalists made of luck; None where the test images tell it, nothing was chosen, or it cannot be told.
        none: What it knows of galaxies of no class; None where it was shown none, or too few, as older bundles were.
        held_out: What it answered for held-out images, from which catalogues are counted; filled in by `write_bundle`.
            None in older bundles, which cannot count.
    """

    classes: tuple[str, ...]
    preprocessing: Preprocessing
    dataset: str
    dataset_fingerprint: str
    members: tuple[BundleMember, ...]
    temperature: float
    seed: int
    created: str
    versions: Mapping[str, str]
    metrics: Mapping[str, Mapping[str, Any]]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    trust: TrustRecord | None = None
    balanced: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    objective: str | None = None
    commands: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    decide: Decide = Decide.ACCURACY
    factors: Mapping[str, float] = field(default_factory=dict)
    decided: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seen: SeenRecord | None = None
    interim: bool = False
    beginnings: int = 0
    worth: Mapping[str, Any] | None = None
    corrected: Mapping[str, float] | None = None
    none: NoneRecord | None = None
    held_out: HeldOutRecord | None = None

    def points(self) -> dict[Decide, Mapping[str, float]]:
        """Return the operating points that it has, each with the factors on its classes' probabilities."""
        points: dict[Decide, Mapping[str, float]] = {Decide.ACCURACY: {}, Decide.BALANCED: self.thresholds}
        return points | ({Decide.OBJECTIVE: self.factors} if self.factors else {})

    def point(self, decide: Decide | None, uri: str) -> Decide:
        """Return the operating point asked for, or where none is, its own: older bundles have that of accuracy.

        Raises OptionsError, naming ``uri``, where it does not have it.
        """
        if decide is None:
            return self.decide
        if decide not in self.points():
            raise OptionsError(
                f"{uri!r} cannot decide for its objective: it was trained before that was kept; train it again, or "
                "take --decide accuracy or balanced"
            )
        return decide

    def scored(self) -> dict[Decide, Mapping[str, Any]]:
        """Return, at each operating point that has any, split → scores."""
        scores = {Decide.ACCURACY: self.metrics, Decide.BALANCED: self.balanced, Decide.OBJECTIVE: self.decided}
        return {decide: each for decide, each in scores.items() if each}

    def is_fair(self, decide: Decide) -> bool:
        """Say whether an operating point weighs classes: a factor of one is another than 1."""
        return any(factor != 1 for factor in self.points().get(decide, {}).values())

    @property
    def made(self) -> float:
        """When it was made, as Unix time; 0 where ``created`` is no time."""
        try:
            return datetime.fromisoformat(self.created).timestamp()
        except (ValueError, OverflowError):
            return 0.0

    @property
    def weights(self) -> tuple[float, ...]:
        """Weight of each member in the average, in their order; they need not add up to 1."""
        return tuple(member.weight for member in self.members)

    @property
    def named_files(self) -> dict[str, str]:
        """Name of each file beside `bundle.json` that the bundle needs → its SHA-256."""
        records = [record for record in (self.trust, self.seen, self.held_out) if record is not None]
        return {**self.files, **{record.file: record.sha256 for record in records}}

    @property
    def mark(self) -> str:
        """What tells the bundle from any other, one trained on the same dataset too: of what is in its files."""
        return sha256("".join(sorted(self.named_files.values())).encode()).hexdigest()[:16]

    def as_document(self) -> bytes:
        """Return the content of `bundle.json`."""
        return (json.dumps({"format": FORMAT, **asdict(self)}, indent=2, ensure_ascii=False) + "\n").encode()


def read_manifest(folder: Folder) -> Manifest:
    """Read and check `bundle.json`.

    Raises:
        BundleError: There is none, or it is damaged or of another version.
        StorageError: The folder cannot be read.
    """
    data = folder.read_or_say(FILE)
    if isinstance(data, str):
        raise BundleError(f"{folder.uri!r} is not a bundle: expected a folder with {FILE}, found {data}")
    return parse_manifest(data, folder.uri)


def parse_manifest(data: bytes, path: str) -> Manifest:
    """Read and check the content of `bundle.json`. Raises BundleError, naming ``path``."""
    from pydantic import TypeAdapter, ValidationError

    try:
        document = read_json(data)
    except ValueError as error:
        raise BundleError(f"{path!r} is damaged: expected JSON in {FILE}, found something else ({error})") from error
    format = document.pop("format", None) if isinstance(document, dict) else None
    if format != FORMAT:
        raise BundleError(f"{path!r} cannot be used: expected a bundle of format {FORMAT}, found {format or 'none'}")
    try:
        manifest = TypeAdapter(Manifest).validate_python(document)
    except ValidationError as error:
        raise BundleError(f"{path!r} is damaged: in {FILE}, {first_problem(error)}") from error
    if not manifest.members or len(manifest.files) != len(manifest.members):
        raise BundleError(
            f"{path!r} is damaged: expected a file for each member in {FILE}, "
            f"found {len(manifest.files)} for {len(manifest.members)}"
        )
    if leaving := [name for name in manifest.named_files if not stays_within(name)]:
        raise BundleError(f"{path!r} is damaged: in {FILE}, expected files of the bundle, found {few(leaving)}")
    preparation = manifest.preprocessing
    fault = fault_in(
        manifest.classes,
        manifest.weights,
        manifest.temperature,
        {"thresholds": manifest.thresholds, "factors": manifest.factors},
        {"an image_size": preparation.image_size, "a source_size": min(preparation.source_size)},
        preparation.crop,
    )
    if fault is not None:
        raise BundleError(f"{path!r} is damaged: in {FILE}, expected {fault}")
    return manifest
