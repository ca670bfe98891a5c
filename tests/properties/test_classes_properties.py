"""Names of classes: what tells classes apart in any name does, and what is only spelling never does."""

from hypothesis import given, settings, strategies as st

from datasets.classes import class_key, joined_spellings

words = st.text("abdegiloprtu", min_size=2, max_size=9)
names = st.text("aAbBsS01+-_ é", max_size=8)
few = settings(max_examples=60, derandomize=True, deadline=None)


@few
@given(st.lists(words, min_size=2, max_size=3), st.data())
def test_separators_and_the_case_of_whole_words_are_only_spelling(parts, data):
    cases, separators = st.sampled_from([str.lower, str.upper, str.capitalize]), st.sampled_from(" _-")
    spelled = [data.draw(cases)(part) for part in parts]
    name = spelled[0] + "".join(data.draw(separators) + word for word in spelled[1:])
    assert class_key(name) == class_key(" ".join(parts))


@few
@given(names, names)
def test_names_of_one_class_have_the_same_letters_digits_and_signs(one, other):
    def telling(name):
        return [each.casefold() for each in name if each not in " _-"]

    if class_key(one) == class_key(other):
        assert telling(one) == telling(other)
        assert one.strip(" _").startswith("-") == other.strip(" _").startswith("-")
        assert one.strip(" _").endswith("-") == other.strip(" _").endswith("-")
        if sum(map(str.isalpha, one)) < 4:
            assert list(filter(str.isalnum, one)) == list(filter(str.isalnum, other))


@few
@given(st.dictionaries(names, st.integers(0, 3), max_size=8))
def test_the_kept_spelling_is_one_of_its_class_and_as_frequent_as_any(counts):
    for name, kept in joined_spellings(counts).items():
        assert class_key(kept) == class_key(name)
        assert counts[kept] >= counts[name]
