#!/usr/bin/env bash
# Two lines of work, one core each: PostgreSQL with races and kills in front; SQLite and then the browser (a server on
# PostgreSQL) behind it. The log of the second follows at the end; the exit status is the worst of the three. Called by
# `make test`.
set -uo pipefail
cd "$(dirname "$0")/.."

log=var/test-behind.log
mkdir -p var
{
  make --no-print-directory test-sqlite
  status=$?
  make --no-print-directory test-browser || status=$?
  exit "$status"
} >"$log" 2>&1 &
behind=$!
trap 'kill "$behind" 2>/dev/null' EXIT

make --no-print-directory test-postgres
postgres_status=$?
wait "$behind"
behind_status=$?
trap - EXIT

printf '\n======== SQLite and browser ========\n'
cat "$log"
[ "$behind_status" = 0 ] || printf 'the SQLite or the browser run failed (%s), see above\n' "$behind_status"
[ "$postgres_status" = 0 ] || printf 'the PostgreSQL run failed (%s), see further above\n' "$postgres_status"
exit $((behind_status > postgres_status ? behind_status : postgres_status))
