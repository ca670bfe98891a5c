"""Labelled galaxy images: imported from a source, split, balanced, augmented and batched, and the storage they lie in.

Everything public is listed here and imported when it is first used.
"""

from typing import TYPE_CHECKING

from datasets.exports import lazily

if TYPE_CHECKING:
    from datasets.augmentation import Augmentation as Augmentation
    from datasets.augmenting import augment as augment
    from datasets.balancing import Balance as Balance
    from datasets.balancing import balanced_counts as balanced_counts
    from datasets.balancing import balanced_rows as balanced_rows
    from datasets.balancing import class_weights as class_weights
    from datasets.batches import Batch as Batch
    from datasets.batches import Batches as Batches
    from datasets.batches import MixedBatch as MixedBatch
    from datasets.batches import as_floats as as_floats
    from datasets.batches import plain_batches as plain_batches
    from datasets.batches import training_batches as training_batches
    from datasets.building import building_place as building_place
    from datasets.classes import class_mapping as class_mapping
    from datasets.classes import ordered as ordered
    from datasets.classes import same_classes as same_classes
    from datasets.dataset import Dataset as Dataset
    from datasets.dataset import read_info as read_info
    from datasets.description import DatasetInfo as DatasetInfo
    from datasets.description import Preprocessing as Preprocessing
    from datasets.errors import DatasetError as DatasetError
    from datasets.errors import FormatError as FormatError
    from datasets.errors import GalaxyTunerError as GalaxyTunerError
    from datasets.errors import ImageError as ImageError
    from datasets.errors import SourceError as SourceError
    from datasets.errors import StorageError as StorageError
    from datasets.files import ImageFile as ImageFile
    from datasets.files import iterate_images as iterate_images
    from datasets.gallery import draw_gallery as draw_gallery
    from datasets.images import DecodedImage as DecodedImage
    from datasets.images import decode as decode
    from datasets.images import decode_content as decode_content
    from datasets.importing import import_dataset as import_dataset
    from datasets.mixup import mix_up as mix_up
    from datasets.options import ImportOptions as ImportOptions
    from datasets.progress import Progress as Progress
    from datasets.progress import silent as silent
    from datasets.sample import SampleInfo as SampleInfo
    from datasets.sample import render_sample as render_sample
    from datasets.splits import Split as Split
    from datasets.splits import stratified as stratified
    from datasets.storage import Folder as Folder
    from datasets.storage import open_folder as open_folder
    from datasets.verification import verify_dataset as verify_dataset

_HOMES = {
    "augmentation": ("Augmentation",),
    "augmenting": ("augment",),
    "balancing": ("Balance", "balanced_counts", "balanced_rows", "class_weights"),
    "batches": ("Batch", "Batches", "MixedBatch", "as_floats", "plain_batches", "training_batches"),
    "building": ("building_place",),
    "classes": ("class_mapping", "ordered", "same_classes"),
    "dataset": ("Dataset", "read_info"),
    "description": ("DatasetInfo", "Preprocessing"),
    "errors": ("DatasetError", "FormatError", "GalaxyTunerError", "ImageError", "SourceError", "StorageError"),
    "files": ("ImageFile", "iterate_images"),
    "gallery": ("draw_gallery",),
    "images": ("DecodedImage", "decode", "decode_content"),
    "importing": ("import_dataset",),
    "mixup": ("mix_up",),
    "options": ("ImportOptions",),
    "progress": ("Progress", "silent"),
    "sample": ("SampleInfo", "render_sample"),
    "splits": ("Split", "stratified"),
    "storage": ("Folder", "open_folder"),
    "verification": ("verify_dataset",),
}

__all__ = [
    "Augmentation",
    "Balance",
    "Batch",
    "Batches",
    "Dataset",
    "DatasetError",
    "DatasetInfo",
    "DecodedImage",
    "Folder",
    "FormatError",
    "GalaxyTunerError",
    "ImageError",
    "ImageFile",
    "ImportOptions",
    "MixedBatch",
    "Preprocessing",
    "Progress",
    "SampleInfo",
    "SourceError",
    "Split",
    "StorageError",
    "as_floats",
    "augment",
    "balanced_counts",
    "balanced_rows",
    "building_place",
    "class_mapping",
    "class_weights",
    "decode",
    "decode_content",
    "draw_gallery",
    "import_dataset",
    "iterate_images",
    "mix_up",
    "open_folder",
    "ordered",
    "plain_batches",
    "read_info",
    "render_sample",
    "same_classes",
    "silent",
    "stratified",
    "training_batches",
    "verify_dataset",
]

__getattr__ = lazily(__name__, {name: f"datasets.{home}" for home, names in _HOMES.items() for name in names})
