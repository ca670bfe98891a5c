"""Labelled galaxy images: imported from a source, split, balanced, augmented and batched, and the storage they lie in.

Everything public is listed here and imported when it is first used.
"""

from typing import TYPE_CHECKING

from datasets.exports import lazily

if TYPE_CHECKING:
    from datasets.arrow.dataset import Dataset as Dataset, read_info as read_info
    from datasets.arrow.description import DatasetInfo as DatasetInfo, Preprocessing as Preprocessing
    from datasets.arrow.verification import verify_dataset as verify_dataset
    from datasets.classes import class_mapping as class_mapping, ordered as ordered, same_classes as same_classes
    from datasets.errors import (
        DatasetError as DatasetError,
        FormatError as FormatError,
        GalaxyTunerError as GalaxyTunerError,
        ImageError as ImageError,
        SourceError as SourceError,
        StorageError as StorageError,
    )
    from datasets.images.files import ImageFile as ImageFile, iterate_images as iterate_images
    from datasets.images.preparing import (
        DecodedImage as DecodedImage,
        decode as decode,
        decode_content as decode_content,
    )
    from datasets.importing.options import ImportOptions as ImportOptions
    from datasets.importing.pipeline import import_dataset as import_dataset
    from datasets.progress import Progress as Progress, silent as silent
    from datasets.rendering.sample import SampleInfo as SampleInfo, render_sample as render_sample
    from datasets.splits import Split as Split, stratified as stratified
    from datasets.storage.building import building_place as building_place
    from datasets.storage.folders import Folder as Folder, open_folder as open_folder
    from datasets.training.augmentation import Augmentation as Augmentation
    from datasets.training.augmenting import augment as augment
    from datasets.training.balancing import (
        Balance as Balance,
        balanced_counts as balanced_counts,
        balanced_rows as balanced_rows,
        class_weights as class_weights,
    )
    from datasets.training.batches import (
        Batch as Batch,
        Batches as Batches,
        MixedBatch as MixedBatch,
        as_floats as as_floats,
        plain_batches as plain_batches,
        training_batches as training_batches,
    )
    from datasets.training.gallery import draw_gallery as draw_gallery
    from datasets.training.mixup import mix_up as mix_up

_HOMES = {
    "training.augmentation": ("Augmentation",),
    "training.augmenting": ("augment",),
    "training.balancing": ("Balance", "balanced_counts", "balanced_rows", "class_weights"),
    "training.batches": ("Batch", "Batches", "MixedBatch", "as_floats", "plain_batches", "training_batches"),
    "importing.building": ("building_place",),
    "classes": ("class_mapping", "ordered", "same_classes"),
    "arrow.dataset": ("Dataset", "read_info"),
    "arrow.description": ("DatasetInfo", "Preprocessing"),
    "errors": ("DatasetError", "FormatError", "GalaxyTunerError", "ImageError", "SourceError", "StorageError"),
    "images.files": ("ImageFile", "iterate_images"),
    "gallery": ("draw_gallery",),
    "images.preparing": ("DecodedImage", "decode", "decode_content"),
    "importing.pipeline": ("import_dataset",),
    "training.mixup": ("mix_up",),
    "importing.options": ("ImportOptions",),
    "progress": ("Progress", "silent"),
    "rendering.sample": ("SampleInfo", "render_sample"),
    "splits": ("Split", "stratified"),
    "storage.folders": ("Folder", "open_folder"),
    "arrow.verification": ("verify_dataset",),
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
