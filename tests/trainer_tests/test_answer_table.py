import pyarrow as pa
import pytest
from astropy.io.votable.ucd import check_ucd

from trainer import AnswerTable, Classification

TABLE = AnswerTable(("edge-on", "spiral"), prefix="gt_")
GOOD = Classification("a.jpg", "spiral", {"edge-on": 0.25, "spiral": 0.75}, ("small", "grey"), None, None, True, 0.5)
BAD = Classification("b.jpg", None, None, (), "no such file", None)


def test_a_row_an_answer_in_their_order():
    batch = TABLE.batch([GOOD, BAD])
    assert batch.schema.equals(TABLE.schema, check_metadata=True)
    assert batch.to_pydict() == {
        "gt_class": ["spiral", None],
        "gt_probability_edge-on": [0.25, None],
        "gt_probability_spiral": [0.75, None],
        "gt_sure": [True, None],
        "gt_novelty": [0.5, None],
        "gt_none": [None, None],
        "gt_warnings": [["small", "grey"], []],
        "gt_error": [None, "no such file"],
    }
    assert TABLE.batch([]).num_rows == 0


@pytest.mark.parametrize("field", list(TABLE.schema), ids=lambda field: field.name)
def test_every_column_says_what_it_is_in_known_words(field: pa.Field):
    assert field.metadata[b"description"]
    assert check_ucd(field.metadata[b"ucd"].decode(), check_controlled_vocabulary=True)
