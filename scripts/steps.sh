# Long steps, told in one line each. Sourced; expects $log_folder.

# say TEXT...: tells the user what is going on. Standard output belongs to the program.
say() {
  printf 'sharpless: %s\n' "$*" >&2
}

# fail TEXT HINT: the two lines that every error of Sharpless has, then the end.
fail() {
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

# step NAME TEXT COMMAND...: runs a command with its output in the log NAME.log; a failure shows the end of that log.
step() {
  local text=$2 log="$log_folder/$1.log" started=$SECONDS
  shift 2
  mkdir -p "$log_folder"
  printf 'sharpless: %s ... ' "$text" >&2
  if "$@" < /dev/null > "$log" 2>&1; then
    printf '%s s\n' "$((SECONDS - started))" >&2
  else
    printf 'failed\n' >&2
    tail -n 40 -- "$log" >&2
    fail "$text failed." "the whole output is in $log"
  fi
}
