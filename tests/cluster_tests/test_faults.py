"""Whose fault it is that a trial cannot go on, and how often it is tried again."""

import errno

import pytest

from cluster.driving.again import Again
from cluster.errors import NoNodeError
from cluster.nodes.asking import said_last
from cluster.workers.faults import described, is_machines
from datasets import StorageError
from trainer import InfeasibleError


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "machines"),
    [
        (StorageError("cannot write in s3://bucket"), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (caused(InfeasibleError("OSError: no space left"), OSError(errno.ENOSPC, "No space left on device")), True),
        (FileNotFoundError(errno.ENOENT, "No such file"), False),
        (caused(InfeasibleError("ValueError: no model"), ValueError("no model")), False),
        (ValueError("no model"), False),
    ],
    ids=["storage", "full", "full beneath", "a file of the space's own", "no model", "any"],
)
def test_storage_and_disks_are_the_machines(error: Exception, machines: bool) -> None:
    assert is_machines(error) is machines


def test_what_is_said_names_the_kind_of_an_error_that_is_not_ours() -> None:
    assert described(StorageError("cannot read x")) == "cannot read x"
    assert described(ModuleNotFoundError("No module named 'numpy'")) == "ModuleNotFoundError: No module named 'numpy'"
    never = "The actor died.\n\tclass_name: A\nIts node has died.\nThe actor never ran - it was cancelled.\n"
    assert said_last(Exception(never)) == "Its node has died."


def test_a_trial_that_cannot_begin_goes_on_after_longer_and_longer_pauses_and_ends_the_search_in_the_end() -> None:
    now = [0.0]
    again = Again(most_failures=0, command="`galaxy resume first`", clock=lambda: now[0])
    pauses = []
    for _ in range(30):
        again.could_not_begin("0000", "no disk")
        began = now[0]
        while again.due() is None:
            now[0] += 1
        pauses.append(now[0] - began)
    assert pauses[:6] == [0, 5, 10, 20, 40, 40]
    again.check()
    again.could_not_begin("0000", "no disk")
    with pytest.raises(NoNodeError, match=r"^no worker could begin 0000: no disk: `galaxy resume first` goes on$"):
        again.check()


def test_a_trial_that_is_lost_with_node_after_node_without_an_epoch_has_failed_in_the_end() -> None:
    again = Again(most_failures=2, command="`galaxy resume first`")
    assert [again.lost_with_node("0000") for _ in range(6)] == 5 * [True] + [False]
    again.trained("0000")
    assert again.lost_with_node("0000")


def test_one_that_pauses_does_not_hold_back_another() -> None:
    again = Again(most_failures=2, command="`galaxy resume first`", clock=lambda: 0.0)
    again.take_back("0000", for_memory=True, is_alone=False)
    again.preempted("0001")
    assert (again.due(), again.due(), len(again)) == ("0001", None, 1)


def test_of_a_lost_worker_not_all_that_may_have_caused_it_is_said() -> None:
    lost = "The actor is dead: its worker process has died. Some common causes include: (1) the OOM killer (2) ray stop"
    assert said_last(Exception(lost)) == "The actor is dead: its worker process has died"
