# Checks of form, run by ./test before the tests. Sourced; expects $root.

# check_format: C# as .editorconfig and the analyzers want it.
check_format() {
  dotnet format "$root/Sharpless.slnx" --verify-no-changes --no-restore
}

# check_native_format: C++ as .clang-format wants it.
check_native_format() {
  find "$root/native" \( -name '*.h' -o -name '*.cpp' \) -exec clang-format --dry-run -Werror {} +
}

# check_committed_text: the project runs on any machine and with any mirror, so no committed file names a registry's host
# or a path of the machine it was written on. (Written so that the patterns do not find themselves.)
check_committed_text() {
  local hosts='registry\.npmj[s]|(api|www)\.nuge[t]\.|(deb|security)\.debia[n]\.|pyp[i]\.org|files\.pythonhoste[d]\.'
  local paths='/wor[k]/[a-z.]|/tm[p]/(bash_jobs|brief|wt)|/far[m]/[a-z]'
  # safe.directory: the clone may belong to another user than the one who tests, as in a container.
  if git -c safe.directory='*' -C "$root" grep -nIE "($hosts|$paths)"; then
    printf 'these lines name a registry or a path of one machine; write them so that they hold everywhere\n'
    return 1
  fi
}
