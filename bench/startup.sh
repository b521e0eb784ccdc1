#!/usr/bin/env bash
# How long a start takes once everything is built: the launcher alone, and `./sharpless --help` as a whole.
# Usage: bench/startup.sh [STARTS]   (run it alone; other processes on the machine show in the figures)
set -euo pipefail
root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
starts=${1:-20}
"$root/sharpless" --help > /dev/null

# milliseconds LABEL COMMAND...: median and maximum of the wall time of a command.
milliseconds() {
  local label=$1 times=() begin end
  shift
  for (( i = 0; i < starts; i++ )); do
    begin=$EPOCHREALTIME
    "$@" > /dev/null
    end=$EPOCHREALTIME
    times+=($((${end/./} - ${begin/./})))
  done
  printf '%s\n' "${times[@]}" | sort -n | awk -v label="$label" \
    '{ t[NR] = $1 / 1000 } END { printf "%-22s median %4.0f ms, longest %4.0f ms, of %d\n", label, t[int((NR + 1) / 2)], t[NR], NR }'
}

# A dotnet that does nothing leaves what the launcher itself costs.
nothing=$(mktemp -d)
trap 'rm -rf -- "$nothing"' EXIT
ln -s "$(type -P true)" "$nothing/dotnet"

milliseconds "the launcher alone" env PATH="$nothing:$PATH" "$root/sharpless" --help
milliseconds "./sharpless --help" "$root/sharpless" --help
