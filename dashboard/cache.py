"""The cache of query answers: files in the data folder, or Redis where several machines share it."""

from flask import Flask
from flask_caching import Cache

from pipeline.settings import settings

MOST_FILES = 5_000

cache = Cache(with_jinja2_ext=False)


def configure(server: Flask) -> None:
    """Attach the cache to the web application; nothing is read or connected yet."""
    chosen = settings()
    where: dict[str, object] = (
        {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": chosen.redis_url.get_secret_value()}
        if chosen.redis_url
        else {
            "CACHE_TYPE": "FileSystemCache",
            "CACHE_DIR": str(chosen.data_folder / "cache"),
            "CACHE_THRESHOLD": MOST_FILES,
        }
    )
    cache.init_app(
        server,
        where
        | {
            "CACHE_DEFAULT_TIMEOUT": chosen.cache_seconds,
            "CACHE_KEY_PREFIX": "wattscape",
            "CACHE_IGNORE_ERRORS": True,
        },
    )
