"""What is kept of visitors is counted, and no more than there may be of each and of all."""

import gc

from datasets import DecodedImage, Decoding, Listing
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
    visitor.reads[old] = {"a": Read(Listing(("a",)), [image] * 4)}
    visitor.found["model", old] = {"a": []}
    visitor.add_size(4 * 192)
    assert visitor.has_room(900, new)
    assert not visitor.reads
    assert not visitor.found
    assert visitor.size == 0
    assert not visitor.has_room(1001, new)
