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

Be anna, who owns the tenant bluesky, with a certificate of her own:
  mto local user anna@aurora.org > anna.kubeconfig
  kubectl --kubeconfig anna.kubeconfig auth can-i create deployments -n bluesky-dev    yes
  kubectl --kubeconfig anna.kubeconfig auth can-i create deployments -n shop-dev       no
  mto explain --user anna@aurora.org                                                   why

Change a tenant: in tenants/shop.yaml write `withTenantPrefix: [dev, test, live]`, then
  mto preview shop        what would change, and because of which line
  mto up shop             shows it again, asks, makes it
  mto up shop             nothing changes

And then
  mto status shop         its namespaces, what they may use and use
  mto destroy payments    take a tenant away, after showing what goes
  mto local down          stop the control plane, and forget all of it
TEXT

if ! command -v kubectl >/dev/null; then
    local_folder=$(dirname "$(mto local kubeconfig --path)")
    for built in "${MTO_BIN_DIR:-}" "$local_folder"/../../bin/kubernetes-*; do
        if [ -x "$built/kubectl" ]; then
            printf '\nThere is no kubectl on your PATH; one was built for the control plane:\n'
            printf '  export PATH="$PATH:%s"\n' "$(cd "$built" && pwd)"
            break
        fi
    done
fi
