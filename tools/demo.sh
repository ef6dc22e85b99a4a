#!/bin/sh
# What `make demo` does: two commands that anyone could type, then what to try next.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
export PATH

step() {
    printf '\n$ %s\n' "$*"
    "$@"
}

step mto local up
step mto local serve

cat <<'TEXT'

The service keeps the tenants of the folder tenants/ as they are declared. Try it in a second
terminal (first: . .venv/bin/activate), while this one follows them with `mto status -w`:

Edit a tenant: in tenants/shop.yaml write `withTenantPrefix: [dev, test, live]` and save.

Break something:
  alias admin='kubectl --kubeconfig "$(mto local kubeconfig --path)"'
  admin -n shop-dev delete rolebinding mto-owner-admin
  admin -n shop-dev get rolebindings      it is back
  admin -n shop-dev get events            who did it, and what was restored

Be anna, who owns the tenant bluesky, with a certificate of her own:
  mto local user anna@aurora.org > anna.kubeconfig
  alias anna='kubectl --kubeconfig anna.kubeconfig'
  anna -n shop-dev get pods               refused
  anna create -f tools/demo/namespace.yaml
  anna -n bluesky-lab get rolebindings,resourcequotas,networkpolicies

Declare a tenant with kubectl:
  admin apply -f tools/demo/tenant.yaml
  admin get tenants
  admin delete tenant gold

And then
  mto explain --user anna@aurora.org      what she may do, and why
  mto local serve --stop                  from here on changes are made by hand:
  mto preview && mto up                   seen before they are made
  mto local down                          stop everything, and forget all of it
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
