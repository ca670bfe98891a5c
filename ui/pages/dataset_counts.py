"""Of a dataset's view: the classes, in each split and in an epoch once they are balanced."""

from typing import get_args

import streamlit as st

from datasets import Balance, BalanceKind, DatasetInfo, Split
from ui import wording
from ui.contents.counts import Balanced, balance_in_words, balanced, in_percent, split_table, training_counts
from ui.contents.trained import Trained
from ui.figures import classes
from ui.pages.addressed import asked_among, asked_number, keep
from ui.pages.elements import plain, shown

_KINDS: dict[str, str] = {
    "none": "none",
    "undersample": "leave frequent ones out",
    "oversample": "repeat rare ones",
    "weights": "weigh the loss",
}


def draw(info: DatasetInfo, options: Trained) -> None:
    """Draw counts and shares, and what balancing makes of the training split."""
    table = split_table(info)
    splits = [split.value for split in Split if any(info.counts.get(split, {}).values())]
    images = {split: [info.counts[split].get(name, 0) for name in info.classes] for split in splits}
    shown(
        classes.shares_of_classes(info.classes, images, axis="images"),
        alt=f"Bars: images of each of {len(info.classes):,} classes in each split",
        says="A bar is the number of images of a class in a split. Scores on few images of a class say little.",
        key="counts",
        table=table,
    )
    st.subheader("Balanced for training", anchor=False)
    counts = training_counts(info)
    if not sum(counts):
        st.info("There are no training images: this dataset is for tests.")
        return
    st.fragment(_balancing)(info, counts, options)


def _balancing(info: DatasetInfo, counts: list[int], options: Trained) -> None:
    balance = _chosen(info, options)
    rows = balanced(info.classes, counts, balance)
    st.caption(f"{balance_in_words(balance)} An epoch has {wording.plural(sum(row.drawn for row in rows), 'image')}.")
    shown(
        classes.shares_of_classes(
            info.classes,
            {"before": [row.share for row in rows], "after balancing": [row.share_after for row in rows]},
            axis="share",
        ).update_xaxes(tickformat=".0%"),
        alt="Bars: share of each class before and after balancing",
        says="The share of each class in the training images, and in the loss of an epoch. Bars of equal length after "
        "balancing mean that all classes are equally important to training. Validation and test images are never "
        "balanced.",
        key="balanced",
        table=[_as_row(row) for row in rows],
    )


def _chosen(info: DatasetInfo, options: Trained) -> Balance:
    """Draw the choice of a balance, at first that of the search."""
    like = options.balance
    kind_column, number_column = st.columns(2, vertical_alignment="bottom")
    asked = asked_among("balance", get_args(BalanceKind), like.kind)
    kind = kind_column.selectbox(
        "Classes are balanced so",
        get_args(BalanceKind),
        index=get_args(BalanceKind).index(asked),
        format_func=lambda name: f"{name}: {_KINDS[name]}" if name != "none" else "not at all",
        key=f"balance {info.path} {like.kind}",
        help=f"At first as {plain(options.who)} was trained." if options.who else None,
    )
    keep("balance", kind, like.kind)
    same = kind == like.kind
    if kind == "none":
        return Balance()
    label, low, high, default = {
        "undersample": (
            "Most images of a class, as a multiple of the rarest's",
            1.0,
            100.0,
            like.ratio if same else 1.0,
        ),
        "oversample": (
            "Fewest images of a class, as a share of the most frequent's",
            0.01,
            1.0,
            like.ratio if same else 1.0,
        ),
        "weights": ("Power of the inverse frequency", 0.0, 2.0, like.power if same else 1.0),
    }[kind]
    default = min(max(default, low), high)
    number = number_column.number_input(
        label,
        low,
        high,
        asked_number("by", low, high, default),
        step=0.05 if high <= 2 else 0.5,
        key=f"by {info.path} {kind} {default}",
    )
    keep("by", number, default)
    if kind == "weights":
        return Balance(kind, power=number)
    return Balance(kind, ratio=number, fresh=like.fresh if same else False)


def _as_row(row: Balanced) -> dict[str, object]:
    return {
        "class": row.name,
        "training images": row.images,
        "share (%)": in_percent(row.share),
        "images an epoch": row.drawn,
        "weight of each": round(row.weight, 4),
        "share of the loss (%)": in_percent(row.share_after),
    }
