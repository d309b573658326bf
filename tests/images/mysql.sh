#!/bin/sh
# The stand-in for mysql:8.4, as its entry point and as its mysqladmin: what deploy/compose.yaml asks, and no more.
# MySQL lies in /opt/mysql with libraries that are newer than the system's, and with the loader that knows them.
set -eu
data=/var/lib/mysql
home=/opt/mysql/usr
loader=$(echo "$home"/lib/*/ld-linux*.so.*)
library=$(dirname "$loader")

if [ "${1-}" = ping ]; then
    shift
    exec "$loader" --library-path "$library" "$home/bin/mysql" --no-defaults "$@" -e "SELECT 1"
fi

set -- "$loader" --library-path "$library" "$home/sbin/mysqld" --no-defaults --basedir="$home" --datadir="$data" \
    --plugin-dir="$home/lib/mysql/plugin" --lc-messages-dir="$home/share/mysql" \
    --character-sets-dir="$home/share/mysql/charsets" --user=mysql --secure-file-priv= --mysqlx=OFF --skip-log-bin --socket=/tmp/mysqld.sock --pid-file=/tmp/mysqld.pid
if [ ! -d "$data/mysql" ]; then
    [ -n "${MYSQL_PASSWORD-}" ] || { echo "MYSQL_PASSWORD is empty" >&2; exit 1; }
    chown mysql "$data"
    "$@" --initialize-insecure
    cat >/tmp/setup.sql <<SQL
CREATE DATABASE $MYSQL_DATABASE;
CREATE USER $MYSQL_USER@'%' IDENTIFIED BY '$MYSQL_PASSWORD';
GRANT ALL ON $MYSQL_DATABASE.* TO $MYSQL_USER@'%';
ALTER USER root@localhost ACCOUNT LOCK;
SQL
    set -- "$@" --init-file=/tmp/setup.sql
fi
exec "$@"
