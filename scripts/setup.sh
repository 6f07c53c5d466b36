#!/usr/bin/env bash
# Makes this checkout ready to run. Called by make; safe to call again at any time, quick when nothing is missing.
#
#   scripts/setup.sh demo    what the demo needs (PDF libraries, Chinese fonts, requirements.txt)
#   scripts/setup.sh dev     and what tests and linters need (PostgreSQL, Redis, Chromium, Node, requirements-dev.txt)
#   scripts/setup.sh bench   and the peers that the benchmarks compare with (requirements-bench.txt)
#
# On Debian and Ubuntu it installs missing distribution packages itself when it may (root, or sudo without a
# password); otherwise it prints the line to run. Python packages go into .venv, by hash.
set -euo pipefail
cd "$(dirname "$0")/.."

profile="${1:-dev}"
case "$profile" in
  demo | dev | bench) ;;
  *) echo "usage: scripts/setup.sh demo|dev|bench" >&2; exit 2 ;;
esac

say() { printf '[setup] %s\n' "$*"; }

# Two makes in one checkout must not install on top of each other.
mkdir -p var
if command -v flock >/dev/null 2>&1; then
  exec 9>var/setup.lock
  flock 9
fi

# ---------------------------------------------------------------- distribution packages

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

venv_works() {
  [ -x .venv/bin/python ] && .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

has_program() { command -v "$1" >/dev/null 2>&1; }

has_library() {
  local path
  for path in /lib /usr/lib /usr/local/lib /lib64 /usr/lib64 /opt/homebrew/lib; do
    compgen -G "$path/$1*" >/dev/null && return 0
    compgen -G "$path/*/$1*" >/dev/null && return 0
  done
  return 1
}

has_cjk_font() {
  local directory
  for directory in /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.fonts" "${HOME:-/nonexistent}/.local/share/fonts"; do
    [ -d "$directory" ] || continue
    [ -n "$(find -L "$directory" -iname 'NotoS*CJK*' -print -quit 2>/dev/null)" ] && return 0
  done
  return 1
}

has_postgres() { has_program postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }

has_faketime() { compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null; }

has_nginx() { has_program nginx || [ -x /usr/sbin/nginx ]; }

has_chromium() { has_program chromium || has_program chromium-browser || has_program google-chrome; }

needed=()   # without these the profile cannot work
wanted=()   # without these some tests are skipped (and fail under CI=true)

if ! venv_works; then
  if python="$(find_python)"; then
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || needed+=(python3-venv)
  else
    needed+=(python3 python3-venv)
  fi
fi
has_library libpango-1.0.so.0 || needed+=(libpango-1.0-0)
has_library libpangoft2-1.0.so.0 || needed+=(libpangoft2-1.0-0)
has_library libharfbuzz-subset.so.0 || needed+=(libharfbuzz-subset0)
has_cjk_font || needed+=(fonts-noto-cjk)
if [ "$profile" != demo ]; then
  has_postgres || wanted+=(postgresql)
  has_program redis-server || wanted+=(redis-server)
  has_faketime || wanted+=(faketime)
  has_nginx || wanted+=(nginx-light)
  has_program pdftotext || wanted+=(poppler-utils)
  has_chromium || wanted+=(chromium)
  has_program hb-subset || wanted+=(libharfbuzz-bin)
  has_program node || wanted+=(nodejs)
fi

apt_line() { echo "apt-get install -y --no-install-recommends $*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "$@" </dev/null
}

if [ $((${#needed[@]} + ${#wanted[@]})) -gt 0 ]; then
  missing=(${needed[@]+"${needed[@]}"} ${wanted[@]+"${wanted[@]}"})
  if has_program apt-get && { [ "$(id -u)" = 0 ] || sudo -n true >/dev/null 2>&1; }; then
    say "installing: ${missing[*]}"
    as_root apt-get -q -o Acquire::Retries=3 update </dev/null || say "the package lists could not be refreshed; trying with those at hand"
    if [[ " ${missing[*]} " == *" postgresql "* ]]; then
      # The tests make a cluster of their own; the package's main cluster would only take a port and memory.
      apt_install postgresql-common
      as_root sed -i 's/^#\? *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    fi
    apt_install "${missing[@]}"
  else
    say "missing distribution packages; on Debian or Ubuntu run as root:"
    say "    $(apt_line "${missing[@]}")"
    if [ ${#needed[@]} -gt 0 ]; then
      say "缺少系统软件包，请安装后重试。"
      exit 1
    fi
    say "going on without them: the tests that need them are skipped"
  fi
fi

# ---------------------------------------------------------------- Python packages, by hash

if ! venv_works; then
  python="$(find_python)" || { say "Python 3.11 or later was not found（请安装 Python 3.11 或更高版本）"; exit 1; }
  say "making .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv
fi

case "$profile" in
  demo) files=(requirements.txt) ;;
  dev) files=(requirements-dev.txt) ;;
  bench) files=(requirements-dev.txt requirements-bench.txt) ;;
esac

# A profile includes the ones before it, so a virtualenv made for tests serves the demo as it is.
fingerprint() { cat requirements.txt requirements-dev.txt requirements-bench.txt | cksum; }
stamp=.venv/setup-stamp
current="$(fingerprint)"
accepted="$profile"
[ "$profile" = dev ] && accepted="dev|bench"
[ "$profile" = demo ] && accepted="demo|dev|bench"
if [ -f "$stamp" ] && [[ "$(cat "$stamp")" =~ ^($accepted)\ "$current"$ ]]; then
  exit 0
fi

say "installing Python packages (${files[*]})"
rm -f "$stamp"
.venv/bin/python -m pip install --quiet --disable-pip-version-check uv </dev/null || true
if [ -x .venv/bin/uv ] && .venv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python "${files[@]}" </dev/null; then
  :
else
  say "uv is not to be had; pip does the same more slowly"
  arguments=()
  for file in "${files[@]}"; do arguments+=(-r "$file"); done
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes "${arguments[@]}" </dev/null
fi
echo "$profile $current" >"$stamp"
say "ready"
