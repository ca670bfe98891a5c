"""Of a model's view: what it answers for labelled images, and the surest of its mistakes as pictures.

Nothing is asked before a reader wants it: that loads TensorFlow, and takes a second for some hundred images.
"""

import threading
from collections import OrderedDict

import streamlit as st

from datasets import Dataset, DatasetInfo, Folder, Split
from search import SearchSpecification
from trainer import Decide, Manifest
from ui import wording
from ui.contents.standing import standing
from ui.pages.addressed import asked_among, asked_number, keep
from ui.pages.elements import commands, plain
from ui.pages.loaded import loaded_classifier
from ui.pages.model_scores import draw_scores
from ui.pages.offers import offers
from ui.pages.site import Site
from ui.report.answers import Answers, shown_mistakes

_OWN = "the one it was trained on"
_ALL = "all"
_EACH, _SIDE = 12, 128
"""Mistakes at a time, and the width of each in px."""
_KEPT = 8


class _Kept:
    """The last answers, for all who look: by model, dataset and split. One model is asked at a time."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, ...], Answers] = OrderedDict()
        self._lock = threading.Lock()
        self.asking = threading.Lock()

    def get(self, key: tuple[str, ...]) -> Answers | None:
        with self._lock:
            return self._answers.get(key)

    def put(self, key: tuple[str, ...], answers: Answers) -> None:
        with self._lock:
            self._answers[key] = answers
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)


def draw(site: Site, specification: SearchSpecification, folder: Folder, manifest: Manifest, decide: Decide) -> None:
    """Draw the choice of images, what asks the model about them, and its answers once it was asked."""
    info = _dataset(site, specification)
    if info is None:
        return
    split = _split(info, manifest)
    if split is None:
        st.info("There is no image of it that the model was not trained or chosen on.")
        return
    # Rows in another order have the same fingerprint.
    files = "".join(each.sha256 for each in info.checksums)
    key = (folder.uri, manifest.created, info.path, info.fingerprint, files, split)
    answers = _kept().get(key)
    if answers is None:
        answers = _ask(folder, manifest, info, split, key)
    if answers is not None:
        _draw(answers, info, manifest, decide)


def _dataset(site: Site, specification: SearchSpecification) -> DatasetInfo | None:
    """Draw the choice of a dataset, where there is one; return what is there."""
    offered = offers(site)
    chosen = _OWN
    if offered:
        names = [_OWN, *offered]
        asked = asked_among("on", names, _OWN)
        chosen = st.selectbox("Dataset to ask it about", names, index=names.index(asked), key="asked about")
        keep("on", chosen, _OWN)
    if chosen != _OWN:
        found = standing(offered[chosen])
    else:
        found = standing(specification.dataset, specification, storage=site.storage)
    if found.trouble:
        st.warning(plain(found.trouble))
        commands(*found.commands)
    return None if found.trouble else found.info


def _split(info: DatasetInfo, manifest: Manifest) -> str | None:
    """Draw the choice of a split; None where the model has seen all that there are."""
    present = [split.value for split in Split if any(info.counts.get(split, {}).values())]
    offered = [*sorted(present, key=lambda name: name != Split.TEST), _ALL]
    if manifest.seen is not None and info.fingerprint == manifest.dataset_fingerprint:
        offered = [name for name in present if name == Split.TEST]  # of the others it has seen every image
    if len(offered) < 2:
        return next(iter(offered), None)
    asked = asked_among("of", offered, offered[0])
    chosen = st.segmented_control("Images", offered, default=asked, required=True, key=f"of {info.fingerprint}")
    keep("of", chosen, offered[0])
    return chosen or offered[0]


def _ask(folder: Folder, manifest: Manifest, info: DatasetInfo, split: str, key: tuple[str, ...]) -> Answers | None:
    counts = info.counts if split == _ALL else {split: info.counts.get(split, {})}
    images = sum(sum(classes.values()) for classes in counts.values())
    st.caption(
        f"The model has not been asked about these {wording.plural(images, 'image')} since this page was started. "
        "What it was trained or chosen on is left out, as are classes that it does not know."
    )
    if not st.button("Ask the model", type="primary", icon=":material/play_arrow:", key="ask"):
        commands(wording.command_line("evaluate", folder.uri, info.path, "--split", split, "--report", "report"))
        return None
    kept = _kept()
    with st.spinner("Waiting for another question to end …"):
        while not kept.asking.acquire(timeout=0.2):
            st.empty()  # ends here where the reader has gone
    try:
        answers = kept.get(key) or _answers(folder, manifest, info, split)
        kept.put(key, answers)
    finally:
        kept.asking.release()
    st.rerun()


def _answers(folder: Folder, manifest: Manifest, info: DatasetInfo, split: str) -> Answers:
    from trainer import answers_on

    classifier = loaded_classifier(folder.uri, manifest.created)
    bar = st.progress(0.0, text="Asking …")

    def progress(done: int, total: int | None) -> None:
        bar.progress(done / (total or done or 1), text=f"Asking … {done:,} of {total or 0:,} images")

    unseen_only = classifier.bundle.seen is not None
    rows = None if split == _ALL else Split(split)
    evaluation = answers_on(
        classifier, Dataset.open(info.path), rows, known_only=True, unseen_only=unseen_only, progress=progress
    )
    return Answers.of(evaluation)


def _draw(answers: Answers, info: DatasetInfo, manifest: Manifest, decide: Decide) -> None:
    scores = answers.scores[decide]
    for note in answers.notes:
        st.warning(f"{plain(note)}.")
    wrong = len(answers.mistakes(decide))
    st.markdown(
        f"**{wrong:,}** of {wording.plural(len(answers.rows), 'answer')} are not what the label says: accuracy "
        f"{wording.percent(scores.accuracy)}, macro F1 {wording.score(scores.macro['f1'])}. The surest come first: "
        "some are mistakes of the label."
    )
    _pictures(answers, info, decide)
    with st.expander("All scores of these answers"):
        draw_scores(scores, fair=manifest.is_fair(decide), key="asked")


def _pictures(answers: Answers, info: DatasetInfo, decide: Decide) -> None:
    pairs = {
        f"{each.true} taken for {each.predicted} ({each.count:,})": (each.true, each.predicted)
        for each in answers.scores[decide].confusions()
    }
    every = f"all ({len(answers.mistakes(decide)):,})"
    chosen = st.selectbox("Mistakes", [every, *pairs], key=f"taken {info.fingerprint} {decide}")
    places = answers.mistakes(decide, pairs.get(chosen))
    if not len(places):
        st.success("There is none.")
        return
    pages, page = -(-len(places) // _EACH), 1
    if pages > 1:
        page = st.pagination(
            pages, default=int(asked_number("page", 1, pages, 1)), key=f"page {info.fingerprint} {decide} {chosen}"
        )
        keep("page", page, 1)
    with st.container(horizontal=True, gap="small"):
        for each in shown_mistakes(answers, _open(info), places[(page - 1) * _EACH : page * _EACH], decide):
            with st.container(width=_SIDE + 16):
                st.image(
                    each.pixels,
                    width=_SIDE,
                    alt=f"{each.id}: labelled {each.label}, taken for {each.answer}",
                    output_format="PNG",
                )
                st.markdown(f"**{plain(each.answer)}**, {wording.percent(each.confidence)}")
                st.caption(f"labelled {plain(each.label)}  \n{plain(each.id)}")


def _open(info: DatasetInfo) -> Dataset:
    from ui.pages.dataset import open_dataset

    return open_dataset(info)


@st.cache_resource(show_spinner=False)
def _kept() -> _Kept:
    return _Kept()
