"""What is kept of visitors is counted, and no more than there may be of each and of all."""

import gc
from typing import cast

from datasets import DecodedImage, Decoding, Listing, UploadReader
from trainer import Classifier
from ui.predictions.asking import Asking
from ui.predictions.keeping import Everyone, KeepLimits, Read, Visitor

SMALL = KeepLimits(files=3, visitor=1000, everyone=1500, visitors=2)


def test_what_is_too_much_for_a_visitor_is_refused_and_the_rest_taken() -> None:
    visitor = Visitor(Everyone(SMALL))
    assert visitor.take([("a", bytes(600)), ("b", bytes(600)), ("c", bytes(300))]) == [
        "file b not taken: at most 0.000954 MiB are kept of a visitor; remove uploads, or take `galaxy classify`"
    ]
    assert [upload.name for upload in visitor.uploads] == ["a", "c"]
    visitor.take([("a", bytes(600))])
    assert (visitor.count, visitor.size) == (2, 900)
    assert "at most 3 files are kept" in visitor.take([("d", b""), ("e", b"")])[0]
    visitor.forget()
    assert (visitor.count, visitor.size, visitor.uploads) == (0, 0, ())


def test_all_visitors_are_counted_as_long_as_they_are_there() -> None:
    everyone = Everyone(SMALL)
    first, second, third = Visitor(everyone), Visitor(everyone), Visitor(everyone)
    first.take([("a", bytes(800))])
    assert "all visitors' uploads have" in second.take([("a", bytes(800))])[0]
    second.take([("a", bytes(300))])
    assert "2 others have uploads here" in third.take([("a", bytes(1))])[0]
    del first
    gc.collect()
    assert third.take([("a", bytes(800))]) == []


def test_what_was_decoded_in_another_way_makes_room(monkeypatch: object) -> None:
    import numpy as np

    visitor = Visitor(Everyone(SMALL))
    old, new = Decoding(1.0, 8), Decoding(0.5, 8)
    image = DecodedImage(np.zeros((8, 8, 3), np.uint8), (8, 8), ())
    read = Read(Listing(("a",)), [image] * 4)
    visitor.reads[old] = {"a": read}
    visitor.found["model", old] = {"a": []}
    visitor.add_size(read.size)
    assert 4 * 192 < read.size < 1000
    assert visitor.has_room(900, new)
    assert not visitor.reads
    assert not visitor.found
    assert visitor.size == 0
    assert not visitor.has_room(1001, new)


class _Names:
    """Stands in for a reader: each upload names many images, and holds none."""

    def listing(self, *_: object) -> Listing:
        return Listing(named=("x" * 100,) * 5)


def test_names_in_uploads_count_and_those_beyond_the_room_are_not_kept() -> None:
    visitor = Visitor(Everyone(SMALL))
    visitor.take([("a.csv", b"1"), ("b.csv", b"2")])
    reader, nobody = cast(UploadReader, _Names()), cast(Classifier, None)
    list(Asking(visitor, reader, nobody, "model", Decoding(1.0, 8)).go_on())
    first, second = (visitor.reads[Decoding(1.0, 8)][upload.digest].listing for upload in visitor.uploads)
    assert first.named is not None
    assert (second.named, second.error[:10]) == (None, "not read: ")
    assert 500 < first.size < visitor.size < 1000
