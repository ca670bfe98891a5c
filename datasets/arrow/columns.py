"""What a source's table said of a dataset's images beside their classes, as it was kept."""

import pyarrow as pa

from datasets.arrow.description import COLUMNS, DatasetInfo
from datasets.arrow.shard_files import read_beside
from datasets.errors import FormatError, first_line
from datasets.storage.folders import Folder


def read_columns(folder: Folder, info: DatasetInfo) -> pa.Table | None:
    """Return the table, None where the dataset has none. Raises FormatError where it is damaged, or StorageError."""
    import pyarrow.parquet as pq

    if not info.columns:
        return None
    try:
        # Threads may outlive the reading, and a process that ends then is aborted.
        return pq.ParquetFile(pa.BufferReader(read_beside(folder, COLUMNS, info.beside))).read(use_threads=False)
    except (FileNotFoundError, pa.ArrowException, OSError) as error:
        raise FormatError(
            f"'{folder.uri}' is damaged: expected the columns of its source in {COLUMNS}, found {first_line(error)}; "
            "import it again"
        ) from error
