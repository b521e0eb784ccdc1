# Debian packages: which are needed, which are missing, and how they are installed. Sourced after steps.sh.

declare -A purpose=(
  [g++]="compiles the kernels"
  [chromium]="opens the report in a test"
  [dataset-fashion-mnist]="is read and trained on by tests"
  [clang-format]="checks the form of native/"
)
program_packages=()
test_packages=(chromium clang-format dataset-fashion-mnist)

# missing_packages PACKAGE...: prints those that are not installed, one a line.
missing_packages() {
  local installed package
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2> /dev/null || true)
  for package in "$@"; do
    grep -qxF "installed $package" <<< "$installed" || printf '%s\n' "$package"
  done
}

# ensure_packages PACKAGE...: installs those that are missing, and nothing else.
ensure_packages() {
  [[ $# != 0 && -z "${SHARPLESS_SKIP_PACKAGES:-}" ]] || return 0
  local missing package hint become_root=()
  mapfile -t missing < <(missing_packages "$@")
  (( ${#missing[@]} )) || return 0
  say "these Debian packages are needed and not installed:"
  for package in "${missing[@]}"; do say "  $package: ${purpose[$package]}"; done

  hint="as root: apt-get install --no-install-recommends ${missing[*]}
hint: if all of it is here by other means, set SHARPLESS_SKIP_PACKAGES=1"
  command -v apt-get > /dev/null || fail "Debian packages are missing, and there is no apt-get here: ${missing[*]}" "$hint"
  if [[ $(id -u) != 0 ]]; then
    can_use_sudo || fail "Debian packages are missing, and installing them needs root: ${missing[*]}" "$hint"
    say "installing them needs root; sudo may ask for your password"
    become_root=(sudo)
  fi
  # 9>&-: a service that a package starts must not inherit the lock of this preparation.
  step packages "installing the Debian packages" \
    apt_install "${missing[@]}" -- "${become_root[@]}" env DEBIAN_FRONTEND=noninteractive 9>&-
}

# can_install: apt-get is here, and so is a way to run it as root.
can_install() {
  command -v apt-get > /dev/null && { [[ $(id -u) == 0 ]] || can_use_sudo; }
}

# can_use_sudo: sudo is here, and either asks for no password or has a terminal to ask on.
can_use_sudo() {
  command -v sudo > /dev/null && { sudo -n true 2> /dev/null || [[ -t 0 ]]; }
}

# apt_install PACKAGE... -- PREFIX...: the package lists are fetched only where apt does not know a package or knows an
# outdated one. PREFIX runs apt-get as root.
apt_install() {
  local packages=()
  while [[ $1 != -- ]]; do packages+=("$1"); shift; done
  shift
  local install=("$@" apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=600 "${packages[@]}")
  "${install[@]}" || { "$@" apt-get update && "${install[@]}"; }
}
