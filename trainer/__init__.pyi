# For users: these stay.
from .answering.decision import Decide as Decide
from .bundles.classifier import Classification as Classification, Classifier as Classifier, Examined as Examined
from .bundles.evaluation import Evaluation as Evaluation, evaluate as evaluate
from .exporting.export import export_model as export_model
from .exporting.formats import ExportFormat as ExportFormat

# isort: split
# For the layers above.
from .answering.asked import check_fraction as check_fraction
from .answering.judging import advised_crop as advised_crop
from .bundles.about_answers import about_answers as about_answers
from .bundles.answer_table import Answered as Answered, AnswerTable as AnswerTable, answers_in as answers_in
from .bundles.bundle import Bundle as Bundle, load_bundle as load_bundle, write_bundle as write_bundle
from .bundles.card import model_card as model_card
from .bundles.choice import choice_lines as choice_lines
from .bundles.evaluation import answers_on as answers_on
from .bundles.held_out import HeldOut as HeldOut, read_held_out as read_held_out
from .bundles.holding import Holding as Holding, check_columns as check_columns, where_it_holds as where_it_holds
from .bundles.limits import untested_lines as untested_lines
from .bundles.manifest import (
    CARD as CARD,
    INTERIM as INTERIM,
    BundleMember as BundleMember,
    Manifest as Manifest,
    read_manifest as read_manifest,
)
from .bundles.modules import import_modules as import_modules
from .bundles.of_none import HALF as HALF, ToldOfNone as ToldOfNone
from .bundles.preparation import (
    prepared_otherwise as prepared_otherwise,
    require_same_preparation as require_same_preparation,
)
from .bundles.zipped import write_zip as write_zip, zipped_size as zipped_size
from .cataloguing.catalogue import Catalogue as Catalogue, model_mark as model_mark
from .counting.classified import Classified as Classified, read_classified as read_classified
from .counting.counting import ENOUGH as ENOUGH, Count as Count, Share as Share, count_classes as count_classes
from .devices import try_devices as try_devices
from .errors import (
    BundleError as BundleError,
    CatalogueError as CatalogueError,
    CheckpointError as CheckpointError,
    ExportError as ExportError,
    InfeasibleError as InfeasibleError,
    ModelMismatchError as ModelMismatchError,
    ObjectiveError as ObjectiveError,
    OptionsError as OptionsError,
    PartsError as PartsError,
    SeenError as SeenError,
    SplitError as SplitError,
    TrainerError as TrainerError,
    is_out_of_memory as is_out_of_memory,
    one_line as one_line,
)
from .estimating.bin_scores import BinScores as BinScores, ColumnScores as ColumnScores
from .estimating.bins import WORDS as WORDS, By as By
from .estimating.correction import corrected_score as corrected_score
from .estimating.estimate import FEW as FEW, Estimate as Estimate
from .estimating.interval import interval_of_confusion as interval_of_confusion
from .estimating.lost import LostClass as LostClass, is_lost as is_lost, lost_classes as lost_classes
from .estimating.prior import check_prior as check_prior, checked_prior as checked_prior, read_prior as read_prior
from .estimating.worth import Worth as Worth, worth as worth, worth_of_scores as worth_of_scores
from .exporting.beside import (
    ExportedModel as ExportedModel,
    exports_beside as exports_beside,
    remove_export as remove_export,
)
from .exporting.export import exported_name as exported_name
from .exporting.formats import named_format as named_format
from .final.answers import (
    BeginningAnswers as BeginningAnswers,
    delete_other_lengths as delete_other_lengths,
    read_answers as read_answers,
)
from .final.assembling import assemble as assemble
from .final.beginning import (
    Beginning as Beginning,
    answer_for_none as answer_for_none,
    beginning_batches as beginning_batches,
    is_finished as is_finished,
    share_done as share_done,
    train_beginning as train_beginning,
)
from .final.begun import as_begun as as_begun
from .final.bundling import FinalResult as FinalResult, kept_result as kept_result
from .final.checking import CheckedModel as CheckedModel, check_kept as check_kept, check_model as check_model
from .final.comparing import compare as compare
from .final.decided import scores_of as scores_of
from .final.interim import interim_bundle as interim_bundle
from .final.member import Member as Member, member_batches as member_batches, train_member as train_member
from .final.realigning import answers_to as answers_to, none_of as none_of
from .final.training import train_final as train_final
from .fitting.building import Build as Build, feasibly as feasibly
from .fitting.checkpoints import delete_last as delete_last
from .fitting.confusion import EpochConfusion as EpochConfusion, read_confusion as read_confusion
from .fitting.equivariant import (
    TURNS as TURNS,
    TurnConvolution as TurnConvolution,
    TurnNormalization as TurnNormalization,
)
from .fitting.layers import FusedBatchNormalization as FusedBatchNormalization
from .fitting.optimizers import FusedAdamW as FusedAdamW
from .fitting.pace import seconds_per_epoch as seconds_per_epoch
from .fitting.run import EpochReport as EpochReport, TrainingRun as TrainingRun
from .objective import Objective as Objective
from .options import TrainingOptions as TrainingOptions
from .quiet import import_tensorflow as import_tensorflow, quiet_tensorflow as quiet_tensorflow
from .scores import (
    ReliabilityBin as ReliabilityBin,
    Scores as Scores,
    parse_scores as parse_scores,
    score_predictions as score_predictions,
    share_with_interval as share_with_interval,
    wilson_interval as wilson_interval,
)
from .threads import limit_threads as limit_threads
