# For users: these stay.
from .arrow.dataset import Dataset as Dataset
from .errors import GalaxyTunerError as GalaxyTunerError
from .images.files import iterate_images as iterate_images
from .importing.options import ImportOptions as ImportOptions
from .importing.pipeline import import_dataset as import_dataset
from .importing.plan import DRAWN as DRAWN, ImportPlan as ImportPlan, plan_import as plan_import
from .splits import Split as Split

# isort: split
# For the layers above.
from .arrow.dataset import read_info as read_info
from .arrow.description import (
    DatasetInfo as DatasetInfo,
    Preprocessing as Preprocessing,
    UnlabelledInfo as UnlabelledInfo,
)
from .arrow.node_cache import bytes_to_fetch as bytes_to_fetch
from .arrow.provenance import Omission as Omission, Provenance as Provenance
from .arrow.row_hashes import image_hashes as image_hashes, row_hashes as row_hashes
from .arrow.verification import locate_dataset as locate_dataset, verify_dataset as verify_dataset
from .catalogues.layout import (
    CATALOGUE_DRIVERS as CATALOGUE_DRIVERS,
    CATALOGUE_RECORD as CATALOGUE_RECORD,
    CatalogueLayout as CatalogueLayout,
)
from .catalogues.planning import is_kept as is_kept, is_unchanged as is_unchanged, plan_catalogue as plan_catalogue
from .catalogues.record import (
    CATALOGUE_FORMAT as CATALOGUE_FORMAT,
    CatalogueRecord as CatalogueRecord,
    Planned as Planned,
    read_record as read_record,
)
from .catalogues.rows import open_rows as open_rows
from .classes import NONE_OF_THESE as NONE_OF_THESE, class_key as class_key, class_mapping as class_mapping
from .cpus import usable_cpus as usable_cpus
from .documents import (
    finite as finite,
    first_problem as first_problem,
    once as once,
    read_json as read_json,
)
from .duration import parse_duration as parse_duration, write_duration as write_duration
from .errors import (
    DatasetError as DatasetError,
    FormatError as FormatError,
    ImageError as ImageError,
    SourceError as SourceError,
    StorageError as StorageError,
)
from .faults import (
    place_of as place_of,
    place_of_code as place_of_code,
    placed as placed,
    unexited as unexited,
)
from .garbage import freeze_loaded as freeze_loaded, uncollected as uncollected
from .images.files import ImageFile as ImageFile
from .images.framing import Framing as Framing
from .images.preparing import DecodedImage as DecodedImage, decode as decode
from .images.row_images import (
    count_rows as count_rows,
    is_table_file as is_table_file,
    row_images as row_images,
)
from .images.uploads.decoder import Decoding as Decoding, Listing as Listing
from .images.uploads.limits import UploadLimits as UploadLimits
from .images.uploads.reader import UploadReader as UploadReader
from .images.uploads.upload import Upload as Upload, uploads_of as uploads_of
from .images.value_range import ValueRanges as ValueRanges, value_range as value_range
from .importing.quarantine import read_quarantine as read_quarantine
from .importing.quarantined import quarantine_pictures as quarantine_pictures
from .lettering import font as font
from .option import Option as Option
from .progress import (
    Progress as Progress,
    Stage as Stage,
    part_of as part_of,
    silent as silent,
    silent_stage as silent_stage,
)
from .public_names import attach_public_names as attach_public_names
from .rendering.sample import SampleInfo as SampleInfo, render_sample as render_sample
from .rendering.size import FEWEST as FEWEST
from .sources.row_values import RowValues as RowValues, row_values as row_values
from .storage.building import building_place as building_place, cache_folder as cache_folder
from .storage.fetching import files_of_a_kind as files_of_a_kind, local_place as local_place
from .storage.folders import (
    Folder as Folder,
    open_folder as open_folder,
    stays_within as stays_within,
    storage_errors as storage_errors,
)
from .storage.patience import (
    impatient as impatient,
    is_away as is_away,
    is_waiting as is_waiting,
    patient as patient,
    stop_waiting as stop_waiting,
)
from .storage.probing import lacking as lacking, permissions as permissions, probe as probe
from .storage.remote import tells_secret as tells_secret
from .storage.trees import (
    copy_files as copy_files,
    empty_folder as empty_folder,
    is_empty as is_empty,
    move_folder as move_folder,
    remove_folder as remove_folder,
)
from .storage.whole_files import replace_file as replace_file
from .tables.annotated import SEPARATOR as SEPARATOR, annotated as annotated
from .tables.csv_metadata import is_written_table as is_written_table, metadata_name as metadata_name
from .tables.csv_rows import write_csv as write_csv
from .tables.exact.appending import (
    TABLE_SUFFIXES as TABLE_SUFFIXES,
    append_columns as append_columns,
    check_addition as check_addition,
    convert_table as convert_table,
    memory_of_table as memory_of_table,
)
from .tables.exact.fits_said import SAID_OF_ANSWERS as SAID_OF_ANSWERS
from .tables.exact.names import in_ascii as in_ascii
from .tables.exact.said import said_of_rows as said_of_rows
from .tables.formulas import harmless as harmless, harmless_path as harmless_path
from .tables.reading import Table as Table, table_file as table_file
from .tables.values import as_decimals as as_decimals
from .tables.writing import (
    Write as Write,
    csv_writer as csv_writer,
    parquet_writer as parquet_writer,
    place_table as place_table,
    table_writer as table_writer,
)
from .training.augmentation import Augmentation as Augmentation, Border as Border
from .training.augmenting import augment as augment
from .training.balancing import (
    Balance as Balance,
    BalanceKind as BalanceKind,
    balanced_counts as balanced_counts,
    class_weights as class_weights,
)
from .training.batches import (
    Batch as Batch,
    Batches as Batches,
    MixedBatch as MixedBatch,
    UnlabelledBatches as UnlabelledBatches,
    as_floats as as_floats,
    plain_batches as plain_batches,
    training_batches as training_batches,
)
from .training.framing import framing_of as framing_of
from .training.gallery import draw_gallery as draw_gallery
from .wording import exactly as exactly, few as few, shown_name as shown_name
