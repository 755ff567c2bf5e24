# Shared by bin/quickstart and bin/test.

case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in es*) spanish=1 ;; *) spanish= ;; esac
say() { if [ -n "$spanish" ]; then echo "· $2"; else echo "· $1"; fi; }
stop() { if [ -n "$spanish" ]; then echo "✗ $2" >&2; else echo "✗ $1" >&2; fi; exit 1; }

need_node() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
    stop 'Node.js 20.19 or newer with npm is needed, and is not here. See https://nodejs.org or your system'\''s packages.' \
      'Hace falta Node.js 20.19 o más nuevo con npm, y no está. Vea https://nodejs.org o los paquetes de su sistema.'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    stop "Node.js 20.19 or newer is needed; this is $(node --version)." "Hace falta Node.js 20.19 o más nuevo; este es $(node --version)."
}

# A linked node_modules belongs to another checkout.
npm_packages() {
  if [ -L node_modules ] || [ node_modules/.package-lock.json -nt package-lock.json ]; then return; fi
  say 'Installing packages from the npm registry' 'Instalando paquetes del registro de npm'
  npm ci --include=dev --no-audit --no-fund >"$(log_file npm)" 2>&1 || fail_with_log npm
}

log_file() { mkdir -p "${TMPDIR:-/tmp}/turno-$(id -u)"; echo "${TMPDIR:-/tmp}/turno-$(id -u)/$1.log"; }
fail_with_log() { tail -n 40 "$(log_file "$1")" >&2; stop "That failed: $(log_file "$1") has all of it." "Eso falló: está todo en $(log_file "$1")."; }
