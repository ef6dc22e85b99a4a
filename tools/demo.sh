#!/bin/sh
# What `make demo` does: three commands that anyone could type, then what to try next.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
export PATH

step() {
    printf '\n$ %s\n' "$*"
    "$@"
}

step mto local up
step mto up -e local --yes
step mto status -e local

cat <<'TEXT'

The example tenants are up. What to try next (first: . .venv/bin/activate):

  mto preview -e local              see a change to tenants/*.yaml before it is made
  mto up -e local                   make it
  mto destroy -e local TENANT       take one tenant away
  mto local --help                  the control plane that all this runs on
  mto local down                    stop it
TEXT
