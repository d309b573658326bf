#!/bin/sh
# The entry point of the stand-in for postgres:15: what deploy/compose.yaml asks of that image, and no more.
set -eu
data=/var/lib/postgresql/data
as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }

if [ ! -s "$data/PG_VERSION" ]; then
    [ -n "${POSTGRES_PASSWORD-}" ] || { echo "POSTGRES_PASSWORD is empty" >&2; exit 1; }
    chown -R postgres "$data"
    printf %s "$POSTGRES_PASSWORD" >/tmp/password && chmod 644 /tmp/password
    as initdb -D "$data" -U "$POSTGRES_USER" --pwfile=/tmp/password -A scram-sha-256 -E UTF8 >/dev/null
    echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
    as pg_ctl -D "$data" -w -o "-c listen_addresses=''" start >/dev/null
    PGPASSWORD=$POSTGRES_PASSWORD psql -h /var/run/postgresql -U "$POSTGRES_USER" -d postgres -qc "CREATE DATABASE $POSTGRES_DB"
    as pg_ctl -D "$data" -w stop >/dev/null
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups postgres -D "$data" -c listen_addresses='*'
