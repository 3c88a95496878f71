# shellcheck shell=sh
# Run once by the PostgreSQL image on an empty volume: one database and one user per service.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set name="$POSTGRES_LOBBY_DB" --set owner="$POSTGRES_LOBBY_USER" \
    --set password="$POSTGRES_LOBBY_PASSWORD" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"owner";
SQL
