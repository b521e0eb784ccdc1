# Builds the program. Sourced after layout.sh and steps.sh.

# No process stays behind: neither MSBuild's nodes nor the compiler server outlive the build.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

# begin_build STAMP LEFTOVER...: no stamp while a build runs. If the last build was killed, its half-written files,
# which look finished to make and MSBuild, are removed.
begin_build() {
  local stamp=$1
  shift
  [[ ! -e "$stamp.begun" ]] || rm -rf -- "$@"
  rm -f -- "$stamp"
  touch -- "$stamp.begun"
  # A build that fails by itself leaves nothing half-written; one that a signal ends may.
  trap 'exit 130' INT TERM HUP
  trap "(( \$? == 130 )) || rm -f -- $(printf %q "$stamp.begun")" EXIT
}

# end_build STAMP: the stamp bears the time of the build's beginning, so a source saved meanwhile counts as newer.
end_build() {
  mv -- "$1.begun" "$1"
  trap - EXIT INT TERM HUP
}

# build_program: publishes the program, ready to run.
build_program() {
  local fresh="$program_folder.new"
  begin_build "$program_stamp" "$artifacts"/obj/*/release*
  rm -rf -- "$fresh"
  step program "building the program" dotnet publish "$root/src/Sharpless.Cli" --configuration Release --output "$fresh"
  # Put in place as a whole: a program that is running keeps the files it was started from.
  rm -rf -- "$program_folder"
  mv -- "$fresh" "$program_folder"
  end_build "$program_stamp"
}
