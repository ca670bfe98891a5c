"""Inputs of the contract: images with labels in tables, arrays and records, as competitions and archives give them."""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets_tests.contract_inputs import (
    NAMES,
    Files,
    Input,
    Refused,
    Right,
    folder,
    laid,
    name,
    picture,
    pixels,
    truth,
    written,
    zip_bytes,
    zipped,
)

from datasets import Split

ALL = truth()
TRAIN, TEST = range(12), range(12, 18)
IMAGES = laid("images/{n}.png")
NUMBERS = {"edge-on": "0", "smooth": "1", "spiral": "2"}


def table(header: str, row: str, numbers: Iterable[int] = TRAIN, **words: Callable[[int], object]) -> str:
    """Write a table: ``{n}`` in a row is the picture's number, ``{c}`` its class, ``{k}`` the number of its class."""
    rows = [row.format(n=n, c=name(n), k=n % 3, **{word: of(n) for word, of in words.items()}) for n in numbers]
    return "\n".join([header, *rows]) + "\n"


def right(files: Files, says: str = "", expected: Mapping[int, tuple[str, Split]] = ALL, **options: object) -> Input:
    return Input(folder(files), Right(expected, says), options)


def refused(files: Files, way_out: str, **options: object) -> Input:
    return Input(folder(files), Refused(way_out), options)


def given(file: str, files: Files, says: str = "") -> Input:
    """Give the table itself, which lies in a folder with the rest."""

    def make(place: Path) -> Path:
        return folder(files)(place) / file

    return Input(make, Right(ALL, says))


def parquet(columns: Mapping[str, list[object]], metadata: Mapping[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(dict(columns)).replace_schema_metadata(metadata), stream)
    return stream.getvalue()


def hugging_face(*, legend: bool = True) -> bytes:
    """Write a table as Hugging Face's hub has it: the image files in it, the classes' names in its metadata."""
    features = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": list(NAMES)}}
    columns = {
        "image": [{"bytes": picture(n), "path": f"{n}.png"} for n in TRAIN],
        "label": [n % 3 for n in TRAIN],
    }
    return parquet(columns, {"huggingface": json.dumps({"info": {"features": features}})} if legend else None)


def arrays(labels: np.ndarray | None = None, images: np.ndarray | None = None, **more: np.ndarray) -> bytes:
    stream = io.BytesIO()
    whole = np.stack([pixels(n) for n in TRAIN])
    np.savez(
        stream,
        images=whole if images is None else images,
        labels=np.array([n % 3 for n in TRAIN]) if labels is None else labels,
        **more,
    )
    return stream.getvalue()


def hdf5(place: Path) -> Path:
    place.mkdir(parents=True)
    with h5py.File(place / "galaxies.h5", "w") as file:
        file["images"] = np.stack([pixels(n) for n in TRAIN])
        file["labels"] = np.array([name(n).encode() for n in TRAIN])
    return place / "galaxies.h5"


NUMBERED = truth(**NUMBERS)
CHW = np.stack([pixels(n) for n in TRAIN]).transpose(0, 3, 1, 2)

TABLES = {
    # Names of columns, dialects and paths.
    "path and label": right(IMAGES | {"labels.csv": table("path,label", "images/{n}.png,{c}")}),
    "the table itself": given("labels.csv", IMAGES | {"labels.csv": table("path,label", "images/{n}.png,{c}")}),
    "filename and class": right(IMAGES | {"labels.csv": table("filename,class", "{n}.png,{c}")}),
    "ids without a suffix": right(IMAGES | {"labels.csv": table("id,label", "{n},{c}")}),
    "ids with zeros before": right(laid("images/{n:05d}.png") | {"train.csv": table("image_id,target", "{n:05d},{c}")}),
    "ids of 19 digits": right(
        {f"images/5877229817361203{n:02d}.png": n for n in TRAIN}
        | {"gz.csv": table("objid,morphology", "5877229817361203{n:02d},{c}")},
        label_column="morphology",
    ),
    "semicolons": right(IMAGES | {"labels.csv": table("file;label", "{n}.png;{c}")}),
    "tabs": right(IMAGES | {"labels.tsv": table("file\tlabel", "{n}.png\t{c}")}),
    "a mark of UTF-8 and line ends of Windows": right(
        IMAGES | {"labels.csv": "\ufeff" + table("image,label", "{n}.png,{c}").replace("\n", "\r\n")}
    ),
    "UTF-16": right(IMAGES | {"labels.csv": table("image,label", "{n}.png,{c}").encode("utf-16")}),
    "a line of Excel's above the header": right(
        IMAGES | {"labels.csv": "sep=;\n" + table("image;label", "{n}.png;{c}")}
    ),
    "a header that is a comment": right(IMAGES | {"labels.csv": table("# image,label", "{n}.png,{c}")}),
    "a header that is a comment, and blanks": right(
        IMAGES | {"labels.dat": "# of 2020\n" + table("# id class", "{n} {k}")}, expected=truth(**NUMBERS)
    ),
    "a comment of as many words as columns": right(
        IMAGES | {"labels.csv": "# by me, of 2020\n" + table("image,label", "{n}.png,{c}")}
    ),
    "below wrapping folders": right(
        laid("set-main/data/images/{n}.png")
        | {"set-main/README.md": "", "set-main/data/tables/labels.csv": table("image,label", "{n}.png,{c}")}
    ),
    "Excel's text in Unicode": right(IMAGES | {"labels.txt": table("img\tcls", "{n}.png\t{c}").encode("utf-16")}),
    "what Git LFS has for a table": refused(
        IMAGES | {"labels.csv": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"}, "git lfs pull"
    ),
    "what Git LFS has for images": refused(
        {f"images/{n}.png": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n" for n in TRAIN}
        | {"labels.csv": table("image,label", "{n}.png,{c}")},
        "git lfs pull",
    ),
    "quotes and commas": right(IMAGES | {"labels.csv": table('"image","label","remark"', '"{n}.png","{c}","a, b"')}),
    "backslashes": right(IMAGES | {"labels.csv": table("path,label", "images\\{n}.png,{c}")}),
    "absolute paths of another machine": right(
        IMAGES | {"labels.csv": table("file_loc,label", "/home/mike/galaxies/images/{n}.png,{c}")}
    ),
    "columns in another order with more beside": right(
        IMAGES | {"labels.csv": table("ra,dec,label,z,image", "{n}.5,-1.2,{c},0.0{n},{n}.png")}
    ),
    "one-hot": right(
        IMAGES
        | {
            "labels.csv": table(
                "filename," + ",".join(NAMES), "{n}.png,{hot}", hot=lambda n: ("1,0,0", "0,1,0", "0,0,1")[n % 3]
            )
        }
    ),
    "one-hot, blank for 0": right(
        IMAGES
        | {
            "labels.csv": table(
                f"image,{','.join(NAMES)}",
                "{n}.png,{hot}",
                hot=lambda n: ",".join("1" * (n % 3 == k) for k in range(3)),
            )
        }
    ),
    "one-hot of Excel's": right(
        IMAGES
        | {
            "labels.csv": table(
                f"image,{','.join(NAMES)}",
                "{n}.png,{hot}",
                hot=lambda n: ",".join(str(n % 3 == k).upper() for k in range(3)),
            )
        }
    ),
    "integers": right(IMAGES | {"labels.csv": table("image,label", "{n}.png,{k}")}, expected=NUMBERED),
    "integers with zeros before": right(
        IMAGES | {"labels.csv": table("image,label", "{n}.png,0{k}")},
        expected=truth(**{each: f"0{number}" for each, number in NUMBERS.items()}),
    ),
    "integers with a legend whose names come first": right(
        IMAGES
        | {
            "labels.csv": table("image,label", "{n}.png,{k}"),
            "class_map.csv": "name,id\n" + "".join(f"{each},{number}\n" for each, number in NUMBERS.items()),
        },
    ),
    "integers with a legend": right(
        IMAGES | {"labels.csv": table("image,label", "{n}.png,{k}")}, legend="0=edge-on,1=smooth,2=spiral"
    ),
    "integers with fractions": right(IMAGES | {"labels.csv": table("image,label", "{n}.png,{k}.0")}, expected=NUMBERED),
    "parquet of paths": right(
        IMAGES | {"t.parquet": parquet({"path": [f"images/{n}.png" for n in TRAIN], "label": [name(n) for n in TRAIN]})}
    ),
    "hugging face": Input(written("train-00000-of-00001.parquet", hugging_face), Right(ALL)),
    "hugging face without names": Input(
        written("data.parquet", lambda: hugging_face(legend=False)), Right(NUMBERED, "numbers|legend|")
    ),
    "an image folder of hugging face": right(
        laid("train/{n}.png") | {"train/metadata.csv": table("file_name,label", "{n}.png,{c}")}
    ),
    "json lines of hugging face": right(
        laid("{n}.png")
        | {"metadata.jsonl": "".join(json.dumps({"file_name": f"{n}.png", "label": name(n)}) + "\n" for n in TRAIN)}
    ),
    # Competitions.
    "training images with labels, test images without": right(
        laid("train/{n}.png")
        | laid("test/{n}.png", TEST)
        | {"train.csv": table("id,label", "{n},{c}"), "sample_submission.csv": table("id,label", "{n},edge-on", TEST)}
        | {"test.csv": table("id", "{n}", TEST)},
        "sample_submission.csv 0: .* 6: no label",
    ),
    "images in two folders, as the parts of an archive": right(
        laid("part_1/{n}.png", range(6))
        | laid("part_2/{n}.png", range(6, 12))
        | {"metadata.csv": table("lesion_id,image_id,dx", "L{n},{n},{c}")},
        label_column="dx",
    ),
    "a column of splits": right(
        laid("images/{n}.png", range(18))
        | {
            "labels.csv": table(
                "image,label,split", "{n}.png,{c},{s}", range(18), s=lambda n: "test" if n in TEST else "train"
            )
        },
        expected=truth(TRAIN) | truth(TEST, Split.TEST),
    ),
    "a column of splits of unknown names": right(
        IMAGES | {"labels.csv": table("image,label,split", "{n}.png,{c},gallery")}, "'split' has no splits, but gallery"
    ),
    "a column of splits of unknown names, not taken": right(
        IMAGES | {"t.csv": table("image,label,Usage", "{n}.png,{c},{s}", s=lambda n: "train" if n else "PublicTest")},
        split_column="none",
    ),
    "tables whose names say more than their splits": right(
        laid("images/{n}.png", range(18))
        | {
            "gz2_train_catalog.csv": table("id,label", "{n},{c}"),
            "gz2_test_catalog.csv": table("id,label", "{n},{c}", TEST),
        },
        expected=ALL | truth(TEST, Split.TEST),
    ),
    "labels in a kind of file that is not read": refused(IMAGES | {"labels.json": "{}"}, "labels.json.*CSV"),
    "votes beside two tables of labels": refused(
        IMAGES
        | {
            "gz.csv": table("GalaxyID,Class1.1,Class1.2,Class6.1", "{n},0.{k},0.{n},0.1"),
            "a.csv": table("id,label", "{n},{c}"),
            "b.csv": table("id,label", "{n},{other}", other=lambda n: name(n + 1)),
        },
        "--table a.csv or --table b.csv",
    ),
    "several columns of labels": refused(
        IMAGES | {"labels.csv": table("image,shape,bar", "{n}.png,{c},{b}", b=lambda n: ("yes", "no")[n % 2])},
        "--label-column",
    ),
    "several columns of labels, said": right(
        IMAGES | {"labels.csv": table("image,shape,bar", "{n}.png,{c},{b}", b=lambda n: ("yes", "no")[n % 2])},
        label_column="shape",
    ),
    "classes, and true and false of one beside": right(
        IMAGES | {"labels.csv": table("image,label,ring", "{n}.png,{c},{b}", b=lambda n: bool(n % 2))}
    ),
    "two columns of classes that differ": refused(
        IMAGES | {"labels.csv": table("image,label,class", "{n}.png,{c},{b}", b=lambda n: ("round", "cigar")[n % 2])},
        "--label-column label or --label-column class",
    ),
    "numbers of classes and their names": right(
        IMAGES | {"labels.csv": table("image,label_id,label_name", "{n}.png,{k},{c}")}
    ),
    "more than one hot": refused(
        IMAGES
        | {
            "t.csv": table("image,edge-on,smooth,spiral", "{n}.png,1,{a},{b}", a=lambda n: n % 2, b=lambda n: n % 3 % 2)
        },
        "--label-column",
    ),
    "probabilities": refused(
        IMAGES | {"t.csv": table("image,edge-on,smooth,spiral", "{n}.png,0.{k},0.5,0.1")}, "--label-column|--classes"
    ),
    "numbers for labels": refused(IMAGES | {"labels.csv": table("image,label", "{n}.png,0.{n}7")}, "--label-column"),
    "ids that a spreadsheet rounded": refused(
        {f"images/58772298173612034{n}.png": n for n in range(10)}
        | {"labels.csv": table("objid,label", "5.87722981736120E+17,{c}", range(10))},
        "--image-column",
    ),
    "masks in a column of their own": right(
        IMAGES
        | laid("masks/{n}.png", range(24, 36))
        | {"labels.csv": table("image,mask,label", "images/{n}.png,masks/{m}.png,{c}", m=lambda n: n + 24)},
        "12: no label",
    ),
    "two columns of images": refused(
        IMAGES
        | laid("second/{n}.png", range(24, 36))
        | {"labels.csv": table("red,blue,label", "images/{n}.png,second/{m}.png,{c}", m=lambda n: n + 24)},
        "--image-column",
    ),
    "images of one name with two suffixes": refused(
        laid("images/{n}.png", range(6))
        | {f"images/{n}.jpg": n + 24 for n in range(6)}
        | {"labels.csv": table("id,label", "{n},{c}", range(6))},
        "may be images/0.jpg, images/0.png.*--image-column",
    ),
    "the same ids in training and test, labels of training": Input(
        folder(
            laid("train/{n}.png")
            | {f"test/{n}.png": n + 24 for n in range(6)}
            | {"train.csv": table("id,label", "{n},{c}"), "test.csv": table("id", "{n}", range(6))}
        ),
        Right(ALL),
    ),
    "no header": refused(IMAGES | {"labels.csv": table("0.png,edge-on", "{n}.png,{c}", range(1, 12))}, "column|header"),
    "two labels of an image": right(
        IMAGES | {"labels.csv": table("image,label", "{n}.png,{c}") + "11.png,smooth\n"},
        "quarantined 1",
        expected=truth(range(11)),
    ),
    "rows without a label": right(
        IMAGES | {"labels.csv": table("image,label", "{n}.png,{l}", l=lambda n: name(n) if n < 9 else "")},
        "quarantined 3",
        expected=truth(range(9)),
    ),
    "rows without an image": right(
        laid("images/{n}.png", range(9)) | {"labels.csv": table("image,label", "{n}.png,{c}")},
        "quarantined 3",
        expected=truth(range(9)),
    ),
    "images that are nowhere": refused({"labels.csv": table("image,label", "{n}.png,{c}")}, "image"),
    "images in parts, and a table of a column of an unknown name": refused(
        laid("part_1/{n}.png", range(6))
        | laid("part_2/{n}.png", range(6, 12))
        | {"metadata.csv": table("lesion_id,image_id,dx", "L{n},{n},{c}")},
        "--label-column dx",
    ),
    "images in numbered folders, and a table of a column of an unknown name": refused(
        {f"{n % 4:03d}/{n}.png": n for n in TRAIN} | {"metadata.csv": table("image_id,visual", "{n},{c}")},
        "--format class-folders.*--label-column visual",
    ),
    "images of the same names in two splits, told by a column": refused(
        laid("train/{n}.png")
        | {f"test/{n}.png": n + 24 for n in range(9)}
        | {
            "t.csv": table("image,label,split", "{n}.png,{c},train")
            + table("0.png,edge-on,test", "{n}.png,{c},test", range(1, 9))
        },
        "'0.png', may be test/0.png, train/0.png",
    ),
    "two tables whose names have blanks": refused(
        IMAGES
        | {
            "my labels.csv": table("image,label", "{n}.png,{c}"),
            "labels of B.csv": table("image,label", "{n}.png,{other}", other=lambda n: name(n + 1)),
        },
        "--table 'labels of B.csv' or --table 'my labels.csv'",
    ),
    "two columns of images whose names have blanks": refused(
        IMAGES
        | laid("second/{n}.png", range(24, 36))
        | {"t.csv": table("red image,blue image,label", "images/{n}.png,second/{m}.png,{c}", m=lambda n: n + 24)},
        "--image-column 'red image' or --image-column 'blue image'",
    ),
    "two tables of one split": refused(
        IMAGES
        | {
            "train.csv": table("image,label", "{n}.png,{c}"),
            "train_labels.csv": table("image,label", "{n}.png,{c}", range(9)),
        },
        "--table train.csv or --table train_labels.csv",
    ),
    "images in parts alone": refused(
        laid("part_1/{n}.png", range(6)) | laid("part_2/{n}.png", range(6, 12)),
        "part_1/, part_2/.*--label-column.*--format class-folders",
    ),
    "images in parts, and a table of a column that is said": right(
        laid("part_1/{n}.png", range(6))
        | laid("part_2/{n}.png", range(6, 12))
        | {"metadata.csv": table("lesion_id,image_id,dx", "L{n},{n},{c}")},
        label_column="dx",
    ),
    "images in parts, said to be classes": right(
        laid("part_1/{n}.png", range(6)) | laid("part_2/{n}.png", range(6, 12)),
        expected={n: (f"part_{n // 6 + 1}", Split.TRAIN) for n in TRAIN},
        format="class-folders",
    ),
    "images of the same names in two folders": refused(
        laid("a/{n}.png", range(6))
        | {f"b/{n}.png": n + 24 for n in range(6)}
        | {"labels.csv": table("image,label", "{n}.png,{c}", range(6))},
        "--format class-folders.*--format table.*may be",
    ),
    "pixels in a table": refused(
        {"train.csv": "label,pixel0,pixel1\n" + "".join(f"{n % 3},{n},{n + 1}\n" for n in TRAIN)}, "image|column"
    ),
    "labels in the names of files": refused(laid("{c}.{n}.png"), "folder|table"),
    "boxes of objects": refused(laid("train/{n}.png") | {"train/_annotations.coco.json": "{}"}, "folder|table"),
    # Tables beside class folders.
    "a table that agrees with the folders": right(
        laid("{c}/{n}.png") | {"labels.csv": table("path,label", "{c}/{n}.png,{c}")}, "agree"
    ),
    "a table that disagrees with the folders": refused(
        laid("{c}/{n}.png") | {"labels.csv": table("path,label", "{c}/{n}.png,{other}", other=lambda n: name(n + 1))},
        "--format class-folders.*--format table",
    ),
    "a table that disagrees with the folders, whose images are said": right(
        laid("{c}/{n}.png") | {"labels.csv": table("path,label", "{c}/{n}.png,{c}2")},
        expected=truth(**{each: f"{each}2" for each in NAMES}),
        image_column="path",
    ),
    "a table that disagrees with the folders, whose level is said": right(
        laid("{c}/{n}.png") | {"labels.csv": table("path,label", "{c}/{n}.png,{c}2")},
        "labels.csv 0: a table",
        class_level=1,
    ),
    "an option that class folders have no use for": refused(
        laid("{c}/{n}.png"), "--split-column has no meaning for class-folders.*--format .*table", split_column="set"
    ),
    "an option that tables have no use for": refused(
        IMAGES | {"labels.csv": table("image,label", "{n}.png,{c}")},
        "--split-folders has no meaning for table.*--format class-folders",
        split_folders="train=images",
    ),
    "a table of half the images in folders": refused(
        laid("{c}/{n}.png") | {"labels.csv": table("path,label", "{c}/{n}.png,{c}", range(6))},
        "--format class-folders.*--format table",
    ),
    "a table of something else beside the folders": right(
        laid("{c}/{n}.png") | {"redshifts.csv": table("galaxy,z", "G{n},0.1{n}")}, "redshifts.csv 0: a table"
    ),
    "a table in a class folder": right(
        laid("{c}/{n}.png") | {f"{NAMES[0]}/sizes.csv": table("galaxy,size", "G{n},{n}")}, "sizes.csv 0: a table"
    ),
    "a table and its images in a zip": Input(
        zipped(laid("data/images/{n}.png") | {"data/labels.csv": table("image,label", "{n}.png,{c}")}), Right(ALL)
    ),
    "a table and a zip of its images": right(
        {"images.zip": zip_bytes(laid("{n}.png")), "labels.csv": table("image,label", "{n}.png,{c}")}
    ),
    "a table in a zip and a zip of its images": right(
        {
            "train.zip": zip_bytes(laid("train/{n}.png")),
            "train.csv.zip": zip_bytes({"train.csv": table("image,label", "{n}.png,{c}")}),
        }
    ),
    # Arrays and records.
    "npz": Input(written("galaxies.npz", arrays), Right(NUMBERED)),
    "npz, channels first": Input(written("galaxies.npz", lambda: arrays(images=CHW)), Right(NUMBERED)),
    "npz with names": Input(
        written("galaxies.npz", lambda: arrays(labels=np.array([name(n) for n in TRAIN]))), Right(ALL)
    ),
    "npz of other lengths": Input(
        written("galaxies.npz", lambda: arrays(labels=np.array([0, 1, 2]))), Refused("12|label|length")
    ),
    "npz of objects": Input(
        written("galaxies.npz", lambda: arrays(labels=np.array([name(n) for n in TRAIN], object))),
        Refused("pickle|object"),
    ),
    "npz of fractions from 0 to 1": Input(
        written("galaxies.npz", lambda: arrays(images=np.stack([pixels(n) for n in TRAIN]) / np.float32(255))),
        Right(NUMBERED),
    ),
    "hdf5": Input(hdf5, Right(ALL)),
}
