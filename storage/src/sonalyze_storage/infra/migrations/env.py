"""Where Alembic begins: on the connection that it is given, else on ``DATABASE_URL``."""

from sonalyze_chassis.migrations import run_migrations
from sonalyze_storage.infra.tables import METADATA
from sonalyze_storage.settings import Settings

run_migrations(METADATA, lambda: Settings().database_url)
