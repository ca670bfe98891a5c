"""Ray Data's pool of workers, each with a model, that works through the partitions of a catalogue.

What Ray Data does here: it starts the workers wherever there is room, more when nodes join, gives each a partition when
it has done one, and gives a partition of a worker that was lost to another one. What it does not do: it never sees a
row. Its own pipeline (read, map, write) has no names for its output that stay the same from run to run, and its
checkpoints (`CheckpointConfig`, ray 2.60) need a column of unique ids in the source, hold all of them in memory, and
read the source again; partitions that are planned and recorded need neither (`datasets.catalogues`).
"""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence

from cluster.driving.needs import Needs
from cluster.nodes.asking import Node, NodeFault, alive_nodes, on_each_node
from cluster.nodes.code import code_identity
from cluster.workers.counts import Counts
from cluster.workers.partition import Answering, Done, PartitionWorker

# A partition is an object of Ray's, and a task.
_AT_ONCE = 2000
# Partitions that a worker has: one that is done need not wait until Ray Data has seen that. A tenth more rows a second.
# Of few, the first workers to be up would leave the others none; and one that costs its worker takes the next with it.
_ON_THE_WAY, _MANY = 2, 8
# How often a partition is begun again whose worker was lost: it may be the partition's own fault.
_RETRIES = 3
_ASK_SECONDS = 60.0
_NODE = "ray.io/node-id"


def other_nodes(modules: str | None) -> dict[Node, str]:
    """Return the nodes of the connected Ray that cannot take part, each with the reason: they run other code.

    ``modules`` are the user's own, as `code_identity` takes them.
    """
    ours = code_identity(modules)
    unfit = {}
    for node, answer in on_each_node(code_identity, modules, seconds=_ASK_SECONDS).items():
        if isinstance(answer, NodeFault):
            unfit[node] = answer.reason
        elif differences := ours.differences(answer):
            unfit[node] = f"it runs other code than this command: {', '.join(differences)}"
    return unfit


def work_through(
    numbers: Sequence[int],
    answering: Answering,
    needs: Needs,
    *,
    most: int | None,
    unfit: Sequence[Node],
    done: Callable[[Done], None],
) -> None:
    """Have partitions answered by workers on the connected Ray; ``done`` is told of each, in any order.

    One of which it is not told has lost its worker again and again. ``most`` workers are there at a time, by default as
    many as the nodes carry, but those that are ``unfit``.
    """
    import ray.data
    from ray.data import ActorPoolStrategy, DataContext

    carried = sum(needs.trials(node) for node in alive_nodes() if node not in unfit)
    selector = {_NODE: f"!in({','.join(node.id for node in unfit)})"} if unfit else None
    with warnings.catch_warnings():
        # Of its own making (ray 2.60).
        warnings.simplefilter("ignore", DeprecationWarning)
        context = DataContext.get_current()
    with _quiet(context):
        for start in range(0, len(numbers), _AT_ONCE):
            now = [{"partition": number} for number in numbers[start : start + _AT_ONCE]]
            first = max(1, min(most or carried, carried, len(now)))
            pool = ActorPoolStrategy(
                # It may shrink to one: else a partition may wait for a worker whose node is gone.
                min_size=1,
                max_size=max(first, most or len(now)),
                initial_size=first,
                max_tasks_in_flight_per_actor=_ON_THE_WAY if len(now) >= _MANY * first else 1,
            )
            items = ray.data.from_items(now, override_num_blocks=len(now))
            with warnings.catch_warnings():
                # No named argument says how often a partition is begun again.
                warnings.filterwarnings(
                    "ignore", "`ray_remote_args` is deprecated", ray.util.annotations.RayDeprecationWarning
                )
                answers = items.map_batches(
                    PartitionWorker,
                    batch_size=1,
                    compute=pool,
                    fn_constructor_args=(answering,),
                    num_cpus=needs.cpus,
                    num_gpus=needs.gpus or None,
                    label_selector=selector,
                    max_task_retries=_RETRIES,
                )
            for row in answers.iter_rows():
                done(_read(row))


def _read(row: dict[str, object]) -> Done:
    counts = str(row["counts"])
    return Done(
        number=int(str(row["partition"])),
        counts=Counts.from_text(counts) if counts else None,
        fault=str(row["fault"]),
        is_users=bool(row["is_users"]),
    )


@contextlib.contextmanager
def _quiet(context: object) -> Iterator[None]:
    """Let Ray Data draw nothing, and log what it says where Ray's own noise goes; one lost partition ends no other."""
    logger = logging.getLogger("ray.data")
    handlers, propagates = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [], True
    wanted = {"enable_progress_bars": False, "max_errored_blocks": -1}
    before = {name: getattr(context, name) for name in wanted}
    try:
        for name, value in wanted.items():
            setattr(context, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)
        logger.handlers, logger.propagate = handlers, propagates
