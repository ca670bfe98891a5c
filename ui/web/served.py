"""What a page is served with, as its starter hands it to the page's process: one JSON object."""

from pydantic import BaseModel, ConfigDict


class Served(BaseModel):
    """The options of ``galaxy ui`` that the page needs; see `ui.pages.site.Site`, and for the login `ui.web.login`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    storage: str
    control: bool = False
    data: str | None = None
    modules: tuple[str, ...] = ()
    auth: str | None = None
    readers: tuple[str, ...] = ()
