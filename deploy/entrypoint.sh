#!/bin/sh
# What the container runs: `IMAGE status`, `IMAGE imagor-studio-migrate --migrate-command=up`, or MIGRATE_COMMAND alone.
set -eu
[ "${1-}" != imagor-studio-migrate ] || shift

# The default, a SQLite file in the working directory, would be gone with the container: it was not meant.
if [ -z "${DATABASE_URL-}${DATABASE_URL_FILE-}${MIGRATE_DATABASE_URL-}${MIGRATE_DATABASE_URL_FILE-}" ] &&
    ! grep -qs '^[^#]*DATABASE_URL' .env; then
    case " $* " in
        *" --database-url"* | *" --config"* | *" --help "* | *" -h "* | *" --version "* | *" check "* | *" verify "* | *" help "* | *" completion "* | *" --dialect"*) ;;
        *)
            echo "error: no database is named in this container" >&2
            echo "fix: set DATABASE_URL, or DATABASE_URL_FILE to a mounted secret" >&2
            exit 2
            ;;
    esac
fi
# exec: signals reach the process itself.
exec imagor-studio-migrate "$@"
