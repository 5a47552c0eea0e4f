"""One frozen Settings value; a flag wins over the environment (`SIDEBYSIDE_*`), the environment over the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sidebyside.errors import SettingsError

DEFAULT_ENCODER = "all-minilm-l6-v2"
DEFAULT_MODEL = "qwen2.5-coder-1.5b"

# In a clone the package lives in src/sidebyside, so the project root is two levels above it.
_PROJECT = Path(__file__).resolve().parents[2]


def default_folder(name: str, *markers: str) -> Path:
    """Where `name` lies, so that commands work from any folder: the first of three places that fits.

    The working folder, where it holds one of the markers; the clone, where there is one; else the user's own data
    folder, as an installed package has none beside it.
    """
    here, clone = Path(name), _PROJECT / name
    if any((here / marker).exists() for marker in markers):
        return here
    if (_PROJECT / "pyproject.toml").is_file() and any((clone / marker).exists() for marker in markers):
        return clone
    data = data_folder()
    return data / name if data else here


def data_folder() -> Path | None:
    """The user's own data folder for this package; None where no home is known."""
    data = user_data_path("sidebyside", appauthor=False)
    # A user that is only a number has no home, and platformdirs then says "~".
    return data if data.is_absolute() else None


class Settings(BaseSettings):
    """Everything that can be set. Names of variables: `SIDEBYSIDE_` and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="SIDEBYSIDE_", frozen=True, extra="forbid", env_ignore_empty=True)

    index: Path = Field(default_factory=lambda: default_folder("index", "seeds", "CURRENT"))
    models: Path = Field(default_factory=lambda: default_folder("models", "catalog.toml"))
    encoder: str = Field(
        default=DEFAULT_ENCODER, description="catalogue name of the encoder, or a folder that holds one"
    )
    model: str = Field(
        default=DEFAULT_MODEL, description="catalogue name, path to a GGUF file, or 'none' for quotes only"
    )
    threads: int = Field(default=0, ge=0, description="threads for the LLM; 0 means one per physical core")
    context_tokens: int = Field(default=4096, ge=512, description="size of the LLM's context window in tokens")
    max_tokens: int = Field(default=96, ge=8, description="most tokens the LLM writes about one side")
    generation_timeout: float = Field(default=120.0, gt=0, description="seconds before one LLM call is given up")
    queue_limit: int = Field(default=16, ge=1, description="LLM calls that may wait; more are answered with quotes")
    kv_cache_bytes: int = Field(
        default=256_000_000, ge=0, description="memory for what the LLM keeps of prompt beginnings that come back"
    )
    prepare_ahead: bool = Field(
        default=True, description="whether idle time is used to prepare the LLM for the questions that an answer offers"
    )
    flash_attention: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="which of two ways the LLM computes attention; auto: whichever is faster here, measured once",
    )
    chat_format: str = Field(
        default="", description="how the LLM marks turns: chatml, llama-3, gemma...; empty: from the catalogue or model"
    )
    llm_url: str = Field(
        default="",
        description="OpenAI-compatible server to use instead of a local LLM, such as http://127.0.0.1:8080/v1",
    )
    llm_key: SecretStr = Field(default=SecretStr(""), description="key for that server, if it wants one")
    chroma_url: str = Field(
        default="",
        description="Chroma server that holds the rows instead of the index folder, such as http://127.0.0.1:8000",
    )
    chroma_token: SecretStr = Field(default=SecretStr(""), description="token for that server, if it wants one")
    chroma_library: str = Field(
        default="sidebyside",
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{1,60}[a-zA-Z0-9]$",
        description="name under which this library lives there",
    )
    chroma_files: bool = Field(
        default=True, description="whether the plain files travel through that server; not if the folder is shared"
    )
    max_page_bytes: int = Field(default=25_000_000, ge=1, description="larger page files are skipped")
    host: str = Field(default="127.0.0.1", description="address the servers listen on")
    port: int = Field(default=7860, ge=1, le=65535)
    allowed_hosts: str = Field(
        default="", description="names, separated by commas, under which the servers answer beside `host`"
    )
    allowed_origins: str = Field(
        default="", description="origins, separated by commas, whose pages may ask the API from a browser"
    )
    token: SecretStr = Field(default=SecretStr(""), description="what programs have to send as a bearer token")
    token_file: Path | None = Field(default=None, description="file that holds the token instead")
    auth: SecretStr = Field(default=SecretStr(""), description="USER:PASSWORD that people have to give")

    matches: str = Field(
        default="",
        description="file of the local match graph; empty: matches.sqlite3 in your data folder; 'off': none is kept",
    )
    log: str = Field(
        default="", description="file of the log; empty: ~/.local/state/sidebyside/sidebyside.log; 'off': none is kept"
    )
    log_questions: bool = Field(default=False, description="whether the log may hold the text of questions")

    @classmethod
    def load(cls, **flags: Any) -> Settings:
        """From flags that are not None, then the environment, then defaults. Raises SettingsError."""
        given = {name: value for name, value in flags.items() if value is not None}
        try:
            return cls(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = "_".join(str(part) for part in first["loc"])
            raise SettingsError(
                f"setting {name} (flag or SIDEBYSIDE_{name.upper()}): {first['msg']}; got {first['input']!r}"
            ) from None
