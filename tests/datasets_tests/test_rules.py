"""Rules: what they say of rows, what is refused, and that the rules of the project are those that were published."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets import SourceError, table_file
from datasets.sources.options import SourceOptions
from datasets.sources.votes.reading import read_votes
from datasets.sources.votes.rules.rule_set import built_in, read_rules, rules_of
from datasets.sources.votes.rules.wordings import lacking
from datasets.sources.votes.tables import VoteTable

NAN = np.nan
COLUMNS = {"a": [0.0, 0.5, 1.0, NAN], "b": [1.0, 0.5, NAN, NAN], "t-1.x y": [2.0, -2.0, 0.0, np.inf]}


def rules(text, *, more=""):
    return rules_of(f"{more}\n[classes]\nyes = '''{text}'''".encode(), "my.toml")


def met(text):
    columns = {name: np.array(values) for name, values in COLUMNS.items()}
    return [row for row, label in enumerate(rules(text).classify(columns)) if label == 0]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a >= 0.5", [1, 2]),
        ("a < .5 or a > 5e-1", [0, 2]),
        ("0 < a <= 1", [1, 2]),
        ("0 <= a < 1 == b", [0]),
        ("a == 0.5 and b != 0.4", [1]),
        ("not a >= 0.5", [0]),
        ("not (a >= 0.5 and b > 2)", [0, 1]),
        ("not (b < 1 or a > 9)", [0]),
        ("a > 0.9 or b > 0.9", [0, 2]),
        ("a > 0.9 and b > 0.9", []),
        ("b is missing", [2, 3]),
        ("a is not missing and b IS MISSING", [2]),
        ("a + b is missing", [2, 3]),
        ("a - b - 1 < -1.5", [0]),
        ("a + 2 * b == 2 and -a > -1", [0]),
        ("(a + 2) * b == 1.25", [1]),
        ("b / a > 0", [1]),
        ("1 / a > 0", [1, 2]),
        ("min(a, b, 3) == 0", [0]),
        ("max(a, b) == 1", [0]),
        ("abs(`t-1.x y`) == 2", [0, 1]),
        ("`t-1.x y` > 0", [0]),
        ("a * 1e300 * 1e300 > 1", []),
        (" and ".join(["a >= 1"] * 300), [2]),
        ("+".join(["a"] * 1000) + " >= 1000", [2]),
    ],
)
def test_a_rule_is_met_where_it_surely_holds(text, rows):
    assert met(text) == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a rule in quotes"),
        ("a >=", r"the class 'yes': expected a number, a column or '\(', found the end"),
        ("a", "expected a comparison, such as >= 0.5, after the quantity 'a' at character 1, found the end"),
        ("a > 1 and b", "after the quantity 'b' at character 11"),
        ("(a > 1) + 2 > 1", "expected a quantity, found a condition"),
        ("a = 1", r"found '=' at character 3 \(did you mean '=='\?\)"),
        ("a > 1 & b > 1", "did you mean 'and'"),
        ("smooth-or-featured_x > 1", "found 'or' at character 8 .*backticks"),
        ("2mass > 1", "found '2mass' at character 1 .*backticks"),
        ("(a > 1", r"expected '\)', found the end"),
        ("a > 1)", r"found '\)' at character 6"),
        ("`a > 1", "found '`' at character 1"),
        ("a is 1", "expected 'missing' or 'not missing'"),
        ("min(a) > 1", "expected two quantities or more"),
        ("abs(a, b) > 1", "expected one quantity"),
        ("exec(a) > 1", "expected one of the functions min, max, abs, found 'exec' at character 1"),
        ("a ** 9 > 1", r"found '\*\*'"),
        ("a > 1e999", "expected a number, found '1e999'"),
        ("a.b() > 1", "expected one of the functions"),
        ("1 > 0", "expected a condition on a column"),
        ("(" * 50 + "a" + ")" * 50 + "> 1", "expected at most 40 levels"),
        ("not " * 50 + "a > 1", "expected at most 40 levels"),
        ("-" * 50 + "a > 1", "expected at most 40 levels"),
        ("a > 1 or " * 1000 + "a > 1", "expected at most 5000 characters, found 9005"),
    ],
)
def test_what_is_no_rule_is_refused_at_its_place(text, message):
    with pytest.raises(SourceError, match=f"^'my.toml' cannot be used: .*{message}") as caught:
        rules(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"expected a table \[classes\] with a rule a line, found none"),
        (b"[clases]\na = 'b > 1'", "found 'clases'; the nearest is 'classes'"),
        (b"classes = 1", r"expected a table \[classes\]"),
        (b"[classes]\na = 1", "expected a rule in quotes after 'a ='"),
        (b"range = [1, 0]\n[classes]\na = 'b > 1'", "expected range = "),
        (b"[columns]\na = 1\n[classes]\na = 'b > 1'", r"expected a column in quotes after 'a =' in \[columns\]"),
        (b"[classes", "found no TOML"),
        (b"[classes]\na = 'caf\xe9 > 1'", "found no text in UTF-8"),
        (b"a = " + b"[" * 5000, "found lists in lists"),
        (b"#" * (2**20 + 1), "expected at most 1048576 bytes"),
    ],
)
def test_what_is_no_file_of_rules_is_refused(content, message):
    with pytest.raises(SourceError, match=message):
        rules_of(content, "my.toml")


def test_the_first_rule_that_is_met_decides():
    tried = rules_of(b"[classes]\nzebra = 'a >= 0.5'\nant = 'a >= 0'", "my.toml")
    assert tried.classes == ("zebra", "ant")
    assert tried.classify({"a": np.array([0.5, 0.1, NAN, -1])}).tolist() == [0, 1, -1, -1]


HEADERS = (["id", "a 2", "B 2"], ["A 1", "A 2", "B 1", "B 2"], ["A 1", "B 2"])


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()], ids=str)
def test_a_value_is_at_the_threshold_that_it_is_written_as(tmp_path, kind):
    (tmp_path / "rules.toml").write_text('[classes]\nmuch = "votes >= 0.7"\nlittle = "votes <= 0.1"\n')
    votes = pa.array(np.array([0.7, 0.1, 0.4], kind.to_pandas_dtype()))
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": ["a", "b", "c"], "votes": votes}), path)
    rules = read_rules(str(tmp_path / "rules.toml"))
    source = VoteTable(table_file(path), rules, rules.wordings[0])
    assert [galaxy.label for galaxy in read_votes(source, "id", SourceOptions()).galaxies.values()] == [0, 1, -1]


def test_words_stand_for_the_columns_of_the_first_kind_of_table_that_has_them_all():
    more = '[columns.old]\na = "A 1"\nb = "B 1"\n[columns.new]\na = "A 2"\nb = "B 2"'
    both = rules_of(f"{more}\n[classes]\nyes = 'a > b'".encode(), "my.toml")
    fits = [[wording.name for wording in both.wordings if wording.fits(header)] for header in HEADERS]
    assert fits == [["new"], ["old", "new"], []]
    assert both.wordings[0].columns == {"a": "A 1", "b": "B 1"}
    assert "expected the column 'B 1' of old, for the rules of my.toml, found A 1, B 2" in refused(both, ["A 1", "B 2"])
    assert "expected the columns of old, new, for the rules of my.toml, found id" in refused(both, ["id"])
    assert rules("a > 1", more='[columns]\na = "A 1"').wordings[0].columns == {"a": "A 1"}


def refused(tried, header):
    return str(lacking(tried.wordings, header, "t.csv", tried.origin))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["Class1.1", "b"], "found Class1.1, b; the nearest is 'Class1.1'"),
        (["x"] * 12, "found x, x, x, x, x, x, x, x and 4 more"),
        (["Class1.2-x"], "the nearest is 'Class1.2-x' (a name with other signs"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_those_that_are(header, message):
    assert message in refused(rules("Class1.2 > 1"), header)


def test_columns_that_differ_in_case_alone_are_told_apart():
    (both,) = rules("R > r").wordings
    assert both.fits(["r", "R"])
    assert not both.fits(["R"])
    assert rules("r > 1").wordings[0].fits(["R"])
    assert "expected the column 'r', for the rules of my.toml, found R; the nearest is 'R'" in refused(
        rules("R > r"), ["R"]
    )


def test_rules_are_read_by_name_or_from_a_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("[classes]\n'Sb, barred' = 'a > 1'\n", encoding="utf-8-sig")
    assert read_rules(str(file)).classes == ("Sb, barred",)
    assert read_rules("zhu").origin == "zhu"
    with pytest.raises(SourceError, match=r"'none.toml' cannot be read: .* or lintott or zhu, found No such file"):
        read_rules("none.toml")


@pytest.mark.parametrize("name", built_in())
def test_the_rules_that_come_along_can_be_read_and_use_every_word(name):
    read = read_rules(name)
    words = {word for wording in read.wordings for word in wording.columns}
    assert all(wording.columns.keys() == words for wording in read.wordings)
    assert not any(word == column for wording in read.wordings for word, column in wording.columns.items())
