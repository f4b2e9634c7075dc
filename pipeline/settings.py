from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]
Positive = Annotated[int, Field(gt=0)]
Amount = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """What an operator can set, read once from ``WATTSCAPE_*`` variables; unknown values stop the start."""

    model_config = SettingsConfigDict(env_prefix="WATTSCAPE_", frozen=True)

    database_url: SecretStr | None = Field(None, description="PostgreSQL 15+ to use; unset: the embedded one")
    data_folder: Path = Field(Path(".wattscape"), description="embedded database, exports, uploads and cache")
    host: str = Field("127.0.0.1", description="address the app listens on")
    port: Port = Field(8050, description="port the app listens on")
    web_threads: Positive = Field(8, description="requests answered at once by each web process")
    demo: bool = Field(True, description="load the generated demo data into an empty warehouse")
    models: bool = Field(True, description="compute bills, forecasts, anomalies and recommendations after each load")
    redis_url: SecretStr | None = Field(None, description="shared query cache; unset: files in the data folder")
    cache_seconds: Positive = Field(3600, description="how long an answer may stay in the query cache")
    statement_timeout_seconds: Positive = Field(30, description="longest time a page's query may take")
    row_cap: Positive = Field(100_000, description="most rows a table on a page shows; it says when it cuts")
    max_upload_mb: Positive = Field(1024, description="largest file the Data page takes, in MB")
    max_unpacked_mb: Positive = Field(20_480, description="largest size a packed file may unpack to, in MB")
    export_days: Positive = Field(30, description="how many days the files of exports are kept")
    entitlements_file: Path | None = Field(
        None, description="CSV file of user and site: who sees what in extracts for Tableau; unset: nobody is named"
    )
    public_url: str | None = Field(None, description="address of the pages, for the links in alerts")
    smtp_host: str | None = Field(None, description="server that sends alerts by e-mail; unset: no e-mail")
    smtp_port: Port = Field(587, description="its port")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how it is reached: starttls, tls or none"
    )
    smtp_user: str | None = Field(None, description="name to log in with; unset: no login")
    smtp_password: SecretStr | None = Field(None, description="password to log in with")
    mail_from: str = Field("wattscape@localhost", description="sender of alerts")
    alert_networks: str | None = Field(
        None, description="networks inside that webhooks may reach, like 10.0.0.0/8, separated by commas"
    )
    report_folder: Path | None = Field(
        None, description="folder below which scheduled reports may be stored; unset: no folder"
    )
    report_buckets: str | None = Field(
        None, description="S3 buckets that scheduled reports may go to, separated by commas; unset: none"
    )
    report_mail_mb: Amount = Field(10.0, description="largest report that is attached to a mail, in MB")
    s3_endpoint_url: str | None = Field(None, description="another S3 than that of AWS, like https://s3.example.org")
    s3_key: str | None = Field(None, description="access key of S3; unset: as AWS_ACCESS_KEY_ID or AWS's own files say")
    s3_secret: SecretStr | None = Field(None, description="its secret")
    weather_provider: Literal["open-meteo", "openweathermap", "weather-company"] | None = Field(
        None, description="who is asked for weather: open-meteo, openweathermap or weather-company; unset: nobody"
    )
    weather_key: SecretStr | None = Field(None, description="key of the weather provider; open-meteo needs none")
    weather_url: str | None = Field(None, description="another address of the weather provider, such as a proxy")
    weather_calls_a_day: Positive = Field(500, description="most calls to the weather provider in a UTC day")
    weather_timeout_seconds: Positive = Field(20, description="how long the weather provider may take to answer")
    weather_cache_minutes: Positive = Field(60, description="how long an answer of it is used again")
    tableau_url: str | None = Field(
        None, description="Tableau Server or Cloud to publish to and to show views of, like https://tableau.example.org"
    )
    tableau_site: str | None = Field(
        None, description="its site, as after /site/ in the address of its pages; unset: the default site"
    )
    tableau_project: str = Field(
        "Wattscape", description="project to publish into; one inside another as Energy/Campus"
    )
    tableau_token_name: str | None = Field(None, description="personal access token to sign in with")
    tableau_token_secret: SecretStr | None = Field(None, description="its secret")
    tableau_client_id: str | None = Field(None, description="connected app to sign in with, where there is no token")
    tableau_secret_id: str | None = Field(None, description="identifier of its secret")
    tableau_secret_value: SecretStr | None = Field(None, description="its secret")
    tableau_user: str | None = Field(None, description="user that the connected app acts for")
    tableau_viewer: str | None = Field(
        None, description="user whose views and rows the Tableau page shows; unset: the one the connected app acts for"
    )
    tableau_views: str | None = Field(
        None, description="views that the Tableau page offers, like Wattscape/Overview, separated by commas"
    )
    tableau_timeout_seconds: Positive = Field(300, description="how long Tableau may take to answer one request")
    tableau_wait_minutes: Positive = Field(60, description="how long Tableau may take to take in what was published")


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()
