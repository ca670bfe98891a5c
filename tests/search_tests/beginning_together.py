"""What begins to drive a search at the same moment as others: light, as processes that do so import it."""

import os
import threading
from multiprocessing.synchronize import Barrier, Semaphore

from datasets.storage.folders import Folder
from search.errors import LedgerError, PlaceLostError
from search.ledger.heartbeat import driver_heartbeat


def drives(folder: Folder, begin: Barrier | threading.Barrier, end: Barrier | threading.Barrier) -> bool:
    """Try to drive together with the others, and drive until all have tried."""
    begin.wait()
    try:
        with driver_heartbeat(folder) as place:
            place.check()
            end.wait()
            place.check()
    except PlaceLostError:
        raise
    except LedgerError:
        end.wait()
        return False
    return True


def drives_beside(folder: Folder, begin: Barrier, end: Barrier, won: Semaphore) -> None:
    """Drive as `drives` does, and say so by ``won``."""
    if drives(folder, begin, end):
        won.release()


def dies(folder: Folder) -> None:
    """End as a process that is killed while it drives."""
    with driver_heartbeat(folder):
        os._exit(1)
