"""Fitting, scoring, keeping and using models.

Everything public is listed here and imported when it is first used, since most of it needs TensorFlow.
"""

from typing import TYPE_CHECKING

from datasets.exports import lazily

if TYPE_CHECKING:
    from trainer.answering.decision import Decide as Decide
    from trainer.bundles.bundle import Bundle as Bundle, load_bundle as load_bundle, write_bundle as write_bundle
    from trainer.bundles.card import model_card as model_card
    from trainer.bundles.classifier import Classification as Classification, Classifier as Classifier
    from trainer.bundles.evaluation import Evaluation as Evaluation, answers_on as answers_on, evaluate as evaluate
    from trainer.bundles.manifest import (
        BundleMember as BundleMember,
        Manifest as Manifest,
        read_manifest as read_manifest,
    )
    from trainer.errors import (
        BundleError as BundleError,
        CheckpointError as CheckpointError,
        ExportError as ExportError,
        InfeasibleError as InfeasibleError,
        ModelMismatchError as ModelMismatchError,
        ObjectiveError as ObjectiveError,
        OptionsError as OptionsError,
        SplitError as SplitError,
        TrainerError as TrainerError,
        is_out_of_memory as is_out_of_memory,
    )
    from trainer.exporting.export import export_model as export_model, exported_name as exported_name
    from trainer.exporting.formats import ExportFormat as ExportFormat
    from trainer.final.member import Member as Member, member_batches as member_batches, train_member as train_member
    from trainer.final.training import FinalResult as FinalResult, train_final as train_final
    from trainer.fitting.building import Build as Build
    from trainer.fitting.checkpoints import forget_last as forget_last
    from trainer.fitting.epoch import check_model as check_model
    from trainer.fitting.equivariant import (
        TURNS as TURNS,
        TurnConvolution as TurnConvolution,
        TurnNormalization as TurnNormalization,
    )
    from trainer.fitting.garbage import keep_what_is_loaded as keep_what_is_loaded
    from trainer.fitting.layers import FusedBatchNormalization as FusedBatchNormalization
    from trainer.fitting.optimizers import FusedAdamW as FusedAdamW
    from trainer.fitting.run import EpochReport as EpochReport, TrainingRun as TrainingRun
    from trainer.objective import METRIC_DIRECTIONS as METRIC_DIRECTIONS, Objective as Objective
    from trainer.options import TrainingOptions as TrainingOptions
    from trainer.quiet import import_tensorflow as import_tensorflow, quiet_tensorflow as quiet_tensorflow
    from trainer.scores import (
        ClassScore as ClassScore,
        ReliabilityBin as ReliabilityBin,
        Scores as Scores,
        score_predictions as score_predictions,
        wilson as wilson,
    )
    from trainer.threads import limit_threads as limit_threads

_HOMES = {
    "fitting.building": ("Build",),
    "bundles.bundle": ("Bundle", "load_bundle", "write_bundle"),
    "bundles.card": ("model_card",),
    "fitting.epoch": ("check_model",),
    "fitting.checkpoints": ("forget_last",),
    "answering.decision": ("Decide",),
    "bundles.classifier": ("Classification", "Classifier"),
    "errors": (
        "BundleError",
        "CheckpointError",
        "ExportError",
        "InfeasibleError",
        "ModelMismatchError",
        "ObjectiveError",
        "OptionsError",
        "SplitError",
        "TrainerError",
        "is_out_of_memory",
    ),
    "bundles.evaluation": ("Evaluation", "answers_on", "evaluate"),
    "exporting.export": ("export_model", "exported_name"),
    "exporting.formats": ("ExportFormat",),
    "final.member": ("Member", "member_batches", "train_member"),
    "final.training": ("FinalResult", "train_final"),
    "fitting.run": ("EpochReport", "TrainingRun"),
    "fitting.equivariant": ("TURNS", "TurnConvolution", "TurnNormalization"),
    "fitting.garbage": ("keep_what_is_loaded",),
    "fitting.layers": ("FusedBatchNormalization",),
    "fitting.optimizers": ("FusedAdamW",),
    "bundles.manifest": ("BundleMember", "Manifest", "read_manifest"),
    "objective": ("METRIC_DIRECTIONS", "Objective"),
    "options": ("TrainingOptions",),
    "quiet": ("import_tensorflow", "quiet_tensorflow"),
    "scores": ("ClassScore", "ReliabilityBin", "Scores", "score_predictions", "wilson"),
    "threads": ("limit_threads",),
}

__all__ = [
    "METRIC_DIRECTIONS",
    "TURNS",
    "Build",
    "Bundle",
    "BundleError",
    "BundleMember",
    "CheckpointError",
    "ClassScore",
    "Classification",
    "Classifier",
    "Decide",
    "EpochReport",
    "Evaluation",
    "ExportError",
    "ExportFormat",
    "FinalResult",
    "FusedAdamW",
    "FusedBatchNormalization",
    "InfeasibleError",
    "Manifest",
    "Member",
    "ModelMismatchError",
    "Objective",
    "ObjectiveError",
    "OptionsError",
    "ReliabilityBin",
    "Scores",
    "SplitError",
    "TrainerError",
    "TrainingOptions",
    "TrainingRun",
    "TurnConvolution",
    "TurnNormalization",
    "answers_on",
    "check_model",
    "evaluate",
    "export_model",
    "exported_name",
    "forget_last",
    "import_tensorflow",
    "is_out_of_memory",
    "keep_what_is_loaded",
    "limit_threads",
    "load_bundle",
    "member_batches",
    "model_card",
    "quiet_tensorflow",
    "read_manifest",
    "score_predictions",
    "train_final",
    "train_member",
    "wilson",
    "write_bundle",
]

_WITH_TENSORFLOW = (
    "fitting.building",
    "bundles.bundle",
    "fitting.epoch",
    "fitting.checkpoints",
    "bundles.classifier",
    "bundles.evaluation",
    "exporting.export",
    "final.member",
    "final.training",
    "fitting.run",
    "fitting.equivariant",
    "fitting.layers",
    "fitting.optimizers",
)
_import = lazily(__name__, {name: f"trainer.{home}" for home, names in _HOMES.items() for name in names})


def __getattr__(name: str) -> object:
    if any(name in _HOMES[home] for home in _WITH_TENSORFLOW):
        from trainer.quiet import import_tensorflow

        import_tensorflow()
    return _import(name)
