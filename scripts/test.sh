#!/usr/bin/env bash
# Both engines side by side, one core each: SQLite in the background, PostgreSQL with browser, races and kills in front.
# The SQLite log follows at the end; the exit status is that of the worse of the two. Called by `make test`.
set -uo pipefail
cd "$(dirname "$0")/.."

log=var/test-sqlite.log
mkdir -p var
make --no-print-directory test-sqlite >"$log" 2>&1 &
sqlite=$!
trap 'kill "$sqlite" 2>/dev/null' EXIT

make --no-print-directory test-postgres
postgres_status=$?
wait "$sqlite"
sqlite_status=$?
trap - EXIT

printf '\n======== SQLite ========\n'
cat "$log"
[ "$sqlite_status" = 0 ] || printf 'the SQLite run failed (%s)\n' "$sqlite_status"
[ "$postgres_status" = 0 ] || printf 'the PostgreSQL run failed (%s), see above\n' "$postgres_status"
exit $((sqlite_status > postgres_status ? sqlite_status : postgres_status))
