"""The one module that reads the environment. Read once, at the start; an unknown HUB_* name is an error.

Every setting has a name in the environment (`HUB_KAFKA`, `HUB_DATABASE`, …). What `jukihub up` started is
remembered in `<HUB_DATA>/house.env`, so that a second terminal finds the same broker and the same database.

A limit on what one person may do has a ceiling here, because whoever types the command sets its environment; the audit
says which limit applied (`limit`).
"""

import os
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from hub.dsn import is_private
from hub.errors import UsageError
from hub.outside import is_elsewhere

PREFIX = "HUB_"
DATABASES = ("database", "registry", "capture_database")
"""Settings that are DSNs."""


class Settings(BaseSettings):
    """All settings of the hub, with their units."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", hide_input_in_errors=True, frozen=True)

    env: Literal["development", "production"] = "development"
    kafka: str = Field("", description="bootstrap servers, host:port[,host:port]; empty: started by `jukihub up`")
    database: str = Field("", description="DSN of the hub's PostgreSQL; empty: started by `jukihub up`")
    registry: str = Field("", description="DSN of the registry's own database; empty: the same as `database`")
    data: Path = Field(Path(".data"), description="folder of everything that is kept")
    secrets: Path | None = Field(None, description="folder of the CA, passwords and KEK; empty: <data>/secrets")
    kek: str = Field("", description="place of the KEK: file:/folder or a pkcs11: URI; empty: a file in `secrets`")
    kek_former: str = Field("", description="where older KEKs lie, until nothing is wrapped under them any more")
    backup_days: int | None = Field(
        None, ge=0, le=36_500, description="for how long backups of the hub's database are kept; empty: nobody says"
    )
    contracts: Path | None = Field(None, description="folder of another Book; empty: the one that is shipped")
    prefix: str = Field("juki", description="first word of every topic")
    partitions: int = Field(8, ge=1, le=512, description="partitions of every topic; raising it is a migration")
    replication: int = Field(1, ge=1, le=5, description="replication factor; 3 on a cluster")
    kafka_port: int = Field(0, ge=0, le=65535, description="port of the embedded broker; 0: a free one")
    kafka_memory_mb: int = Field(768, ge=256, description="heap of the embedded broker, MiB")
    postgres_port: int = Field(0, ge=0, le=65535, description="port of the embedded PostgreSQL; 0: its socket alone")
    postgres_memory_mb: int = Field(128, ge=16, description="shared buffers of the embedded PostgreSQL, MiB")
    counterparts: str = Field("", description="name=url,… of the outside counterparts")
    files: str = Field("", description="S3-compatible storage for files, https://host/bucket[/folder]")
    files_region: str = Field("us-east-1", description="its region, as it signs requests")
    files_key: str = Field("", description="its access key id")
    files_secret: SecretStr = Field(SecretStr(""), description="and the secret that belongs to it")
    municipality: Path | None = Field(None, description="TOML file of who speaks to them; empty: a made-up city")
    store_hours: str = Field(
        "", description="HH:MM-HH:MM in Japan: when コンビニ交付 takes records; empty: always; production: 06:30-23:00"
    )
    max_waiting: int = Field(200_000, ge=1, description="unsettled disclosures that the inbox of one contract may hold")
    token: SecretStr = Field(SecretStr(""), description="personal token of who types the command; else `token_file`")
    token_file: Path | None = Field(None, description="file of the login; empty: ~/.config/jukihub/token")
    api_host: str = Field("127.0.0.1", description="address of the HTTP API; another than this machine's needs TLS")
    api_certificate: Path | None = Field(None, description="its certificate chain, PEM; empty: no TLS")
    api_key: Path | None = Field(None, description="the certificate's private key, PEM")
    pull_url: str = Field("", description="URL at which subscribers reach the pull API; empty: where it listens")
    system: str = Field("juki", pattern="^[A-Za-z0-9_-]{1,32}$", description="id of this system in scopes of OAuth2")
    juminhyo_check: str = Field("", description="package.module:function: does the check digit of a 住民票コード fit?")
    capture: Literal["outbox", "decoding"] = Field(
        "outbox", description="what the relay reads: the outbox, or the log of an existing registry beside it"
    )
    capture_database: str = Field("", description="DSN of that registry; empty: the same as `registry`")
    capture_slot: str = Field("juki", description="its replication slot")
    capture_publication: str = Field("juki", description="and its publication")
    capture_translate: str = Field("", description="package.module:function, from a row to what happened to a resident")
    watching: Path | None = Field(None, description="file of what the watch calls late and unusual; empty: the shipped")
    auditing: Path | None = Field(None, description="file of what the weekly review lists; empty: the shipped one")
    approval_hours: int = Field(24, ge=1, description="within which the plan of a replay must be approved")
    execution_hours: int = Field(72, ge=1, description="after its approval, within which a replay must have run")
    replays_at_most: int = Field(3, ge=1, le=10, description="how often one dead letter may be replayed")
    reveals_a_day: int = Field(20, ge=0, le=50, description="letters whose values one person may see in 24 hours")
    told_again_alone: int = Field(20, ge=0, le=50, description="residents whom one person alone may have told again")
    inquiries_an_hour: int = Field(30, ge=0, le=100, description="inquiries to J-LIS of one person in an hour")
    transfer_bulk: int = Field(
        100, ge=0, le=1000, description="residents of 随時移転 that any terminal may run, a day, person and contract"
    )
    terminal_file: Path | None = Field(None, description="secret of an allowed terminal; empty: <data>/terminal.token")
    kernel: Literal["auto", "native", "python"] = Field(
        "auto", description="what cuts and seals: the native kernel, or its twin; auto: the kernel where it is built"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - its names
        *_others: PydanticBaseSettingsSource, **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """Only what is passed counts: `read` has asked the environment already."""
        return (init_settings,)

    @property
    def secrets_dir(self) -> Path:
        return self.secrets or self.data / "secrets"

    @property
    def registry_dsn(self) -> str:
        return self.registry or self.database

    @property
    def counterpart_urls(self) -> dict[str, str]:
        """Base URL per contract, such as {"prefecture": "http://127.0.0.1:8081"}."""
        pairs = (entry.split("=", 1) for entry in self.counterparts.split(",") if "=" in entry)
        return {name.strip(): url.strip() for name, url in pairs}


def read(environment: dict[str, str]) -> Settings:
    """Settings out of `environment` alone; raises UsageError that names the variable, never its value.

    Where servers of another machine are named it has to be said whether that is production: nobody gets there what is
    for development alone because a word was forgotten.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            raise UsageError("unknown-setting", name)
    given = {name: environment[PREFIX + name.upper()] for name in Settings.model_fields
             if environment.get(PREFIX + name.upper())}
    try:
        made = Settings.model_validate(given, strict=False)
    except ValidationError as refused:
        places = ", ".join(PREFIX + str(error["loc"][0]).upper() for error in refused.errors(include_input=False))
        raise UsageError("bad-setting", places) from None
    if "env" not in given and is_elsewhere(made.kafka, made.database, made.registry):
        raise UsageError("not-said", "HUB_ENV", "A server of another machine is named: production, or development?")
    if made.env == "production":
        _check_databases(made)
    return made


def _check_databases(made: Settings) -> None:
    """Residents' data goes to no other machine in clear, nor to one that has not proved its name."""
    for name in DATABASES:
        dsn = getattr(made, name)
        if dsn and not is_private(dsn):
            remedy = "Name a socket or a loopback address as its host, or say sslmode=verify-full and sslrootcert=FILE"
            raise UsageError("database-in-clear", PREFIX + name.upper(), remedy)


def remembered(data: Path) -> dict[str, str]:
    """What `jukihub up` wrote into `<data>/house.env`: NAME=value per line."""
    file = data / "house.env"
    if not file.exists():
        return {}
    return dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines() if "=" in line)


def inherited(*kept: str) -> dict[str, str]:
    """The environment of this process without HUB_* names but those `kept`: for a child that gets its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) or name in kept}


@cache
def settings() -> Settings:
    """The settings of this process: the environment, and behind it what `jukihub up` remembers."""
    own = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return read({**remembered(Path(own.get("HUB_DATA", ".data"))), **own})
