"""The file of ``galaxy ui --auth``: Streamlit's ``[auth]``, and who may look.

[auth]
redirect_uri = "https://galaxies.example.org/oauth2callback"
cookie_secret = "at least 32 characters that nobody can guess"
client_id = "…"
client_secret = "…"
server_metadata_url = "https://accounts.example.org/.well-known/openid-configuration"

[galaxy]
readers = ["*@astro.example.org", "me@example.com"]
"""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from datasets import GalaxyTunerError, first_problem

_SHORTEST_SECRET = 32


class LoginError(GalaxyTunerError):
    """A file of ``--auth`` with which nobody could log in, or anybody: its text says what it lacks."""


class _Auth(BaseModel):
    model_config = ConfigDict(extra="allow")

    redirect_uri: Annotated[str, Field(pattern=r"^https?://.+/oauth2callback$")]
    cookie_secret: Annotated[str, Field(min_length=_SHORTEST_SECRET)]
    client_id: str
    client_secret: str
    server_metadata_url: str


class _Galaxy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    readers: tuple[str, ...] = ()


class _File(BaseModel):
    auth: _Auth
    galaxy: _Galaxy = _Galaxy()


def read_login(path: str) -> tuple[str, ...]:
    """Return who may look by the file at ``path``: patterns of e-mail addresses; none for all who can log in.

    Raises LoginError for a file that is absent or lacks something.
    """
    try:
        with Path(path).open("rb") as file:
            return _File.model_validate(tomllib.load(file)).galaxy.readers
    except OSError as error:
        raise LoginError(f"--auth {path}: cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise LoginError(f"--auth {path}: expected TOML: {error}") from error
    except ValidationError as error:
        problem = first_problem(error)
        # Not what was found: it may be a secret.
        expected = problem.message.partition(", found ")[0]
        raise LoginError(f"--auth {path}: {problem.place}: {expected}") from error
