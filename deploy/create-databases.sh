# shellcheck shell=sh
# A database and a user for each service that keeps one; no service may open another's.
# The PostgreSQL image runs this once, on an empty volume. On a volume that is older than one of
# the services, run it by hand: what exists stays as it is.
#   docker compose exec postgres sh /docker-entrypoint-initdb.d/create-databases.sh
database_for() {
    psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
        --set owner="$1" --set password="$2" --set name="$3" <<'SQL'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', :'owner', :'password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}

database_for "$POSTGRES_LOBBY_USER" "$POSTGRES_LOBBY_PASSWORD" "$POSTGRES_LOBBY_DB" &&
    database_for "$POSTGRES_STORAGE_USER" "$POSTGRES_STORAGE_PASSWORD" "$POSTGRES_STORAGE_DB"
