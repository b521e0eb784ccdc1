# Where the sources lie and where what is built from them goes. Sourced; expects $root.

artifacts="$root/artifacts"
log_folder="$artifacts/logs"

# Each libtorch has build folders of its own, so that going to and fro between two of them builds nothing again.
variant=""
if [[ -n "${SHARPLESS_LIBTORCH:-}" ]]; then
  SHARPLESS_LIBTORCH=$(realpath -m -- "$SHARPLESS_LIBTORCH")
  export SHARPLESS_LIBTORCH
  variant="-$(cksum <<< "$SHARPLESS_LIBTORCH" | cut -d ' ' -f 1)"
fi

native_folder="$artifacts/native$variant"
native_stamp="$native_folder.stamp"
native_sources=("$root/native")

program_folder="$artifacts/program$variant"
program_stamp="$program_folder.stamp"
program_sources=("$root/native" "$root/src" "$root/scripts" "$root/.editorconfig" "$root/global.json"
  "$root/Directory.Build.props" "$root/Directory.Packages.props")

# is_fresh STAMP SOURCE...: the stamp is there and no file or folder of the sources is newer. Folders count because a
# deleted file leaves no other trace.
is_fresh() {
  local stamp=$1
  shift
  [[ -e "$stamp" && -z "$(find "$@" -newer "$stamp" -print -quit)" ]]
}
