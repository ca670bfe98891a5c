"""Writing to an object store only where nothing is: one request, of which of several at once exactly one succeeds.

S3 does so for a PUT with ``If-None-Match: *``, which pyarrow's filesystems cannot send: botocore does, with the
credentials, the region, the endpoint and the addressing that pyarrow has found for the same URI. A store of S3's kind
that refuses the header has no such writes, and one that passes it over writes all the same: before a process relies on
a store it writes its first file twice, of which the second is to be refused.
"""

from functools import lru_cache
from typing import Any

from datasets.storage.remote import open_remote, options_of, root_of

_TAKEN = frozenset({"PreconditionFailed", "412"})
_WITHOUT = frozenset({"NotImplemented", "501", "InvalidArgument", "InvalidRequest"})
_CONNECT_SECONDS, _READ_SECONDS = 3.0, 10.0
_honours: dict[str, bool] = {}
"""Whether a store is known to heed the header, by its URI without a path."""


def is_conditional(uri: str) -> bool:
    """Whether `create_object` can be relied on without a look: its store has refused to write twice before."""
    return _honours.get(root_of(uri), False)


def create_object(uri: str, data: bytes) -> bool | None:
    """Write an object where there is none, and say whether that was so; None: this store cannot tell, nothing is done.

    Asks once: a caller that asks again after an OSError may find what it has written itself.
    """
    filesystem, path = open_remote(uri)
    root = root_of(uri)
    if filesystem.type_name != "s3" or _honours.get(root) is False:
        return None
    created = _put(root, path, data)
    if created and root not in _honours:
        _honours[root] = _put(root, path, data) is False
    if created is None:
        _honours[root] = False
    return created


def _put(root_uri: str, path: str, data: bytes) -> bool | None:
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, key = path.partition("/")
    try:
        _client(root_uri).put_object(Bucket=bucket, Key=key, Body=data, IfNoneMatch="*")
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        if code in _TAKEN:
            return False
        if code in _WITHOUT:
            return None
        raise OSError(str(error)) from error
    except BotoCoreError as error:
        raise OSError(str(error)) from error
    return True


@lru_cache(maxsize=8)
def _client(root_uri: str) -> Any:
    """Return the client that asks the same store as pyarrow's filesystem, as the same user."""
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.session import get_session

    filesystem = open_remote(root_uri)[0]
    options = options_of(filesystem)
    is_virtual = not options["endpoint_override"] or options["force_virtual_addressing"]
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        s3={"addressing_style": "virtual" if is_virtual else "path"},
        signature_version=UNSIGNED if options["anonymous"] else None,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    endpoint = options["endpoint_override"]
    return get_session().create_client(
        "s3",
        region_name=filesystem.region,
        endpoint_url=f"{options['scheme']}://{endpoint}" if endpoint and "://" not in endpoint else endpoint or None,
        verify=options["tls_ca_file_path"] or None,
        aws_access_key_id=options["access_key"] or None,
        aws_secret_access_key=options["secret_key"] or None,
        aws_session_token=options["session_token"] or None,
        config=config,
    )
