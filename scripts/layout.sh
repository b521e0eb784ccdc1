# Where the sources lie and where what is built from them goes. Sourced; expects $root.

artifacts="$root/artifacts"
log_folder="$artifacts/logs"

# The kernels know nothing of libtorch. The stamp holds the compiler that they were compiled with, if there was one.
kernels_folder="$artifacts/native"
kernels="$kernels_folder/libsharpless_kernels.so"
kernels_stamp="$kernels_folder/kernels.stamp"
kernels_objects="$artifacts/obj/kernels"
kernels_sources=("$root/native/kernels" "$root/native/kernels.h" "$root/scripts/kernels.sh")
no_compiler="$artifacts/no-compiler" # is there once the user has declined one

program_folder="$artifacts/program"
program_stamp="$program_folder.stamp"
program_sources=("$root/src" "$root/scripts" "$root/.editorconfig" "$root/global.json"
  "$root/Directory.Build.props" "$root/Directory.Packages.props")

# is_fresh STAMP SOURCE...: the stamp is there and no file or folder of the sources is newer. Folders count because a
# deleted file leaves no other trace.
is_fresh() {
  local stamp=$1
  shift
  [[ -e "$stamp" && -z "$(find "$@" -newer "$stamp" -print -quit)" ]]
}

# find_compiler: sets $compiler to the C++ compiler to use: $CXX, which may have arguments, or the first of the usual
# names; to nothing where there is none.
find_compiler() {
  [[ -z "${CXX:-}" ]] || { compiler=$CXX; type -P -- "${CXX%% *}" > /dev/null; return; }
  for compiler in g++ clang++ c++; do
    ! type -P -- "$compiler" > /dev/null || return 0
  done
  compiler=""
  return 1
}

# kernels_are_settled: they were compiled with the compiler that is here, or there is none.
kernels_are_settled() {
  is_fresh "$kernels_stamp" "${kernels_sources[@]}" || return
  ! find_compiler || [[ $(< "$kernels_stamp") == "$compiler" ]]
}
