# Compiles the kernels (native/kernels), which need a C++17 compiler and nothing else. Without one the program runs on
# libtorch's operators. Sourced after layout.sh, steps.sh, packages.sh and build.sh.

# build_kernels FLAG...: compiles them with the flags added, or removes them where there is no compiler. Returns 1 where
# that failed.
build_kernels() {
  local status=0
  find_compiler || true
  mkdir -p -- "$kernels_folder"
  begin_build "$kernels_stamp" "$kernels_objects"
  printf '%s' "$compiler" > "$kernels_stamp.begun"
  if [[ -n "$compiler" ]]; then
    (step kernels "compiling the kernels with $(basename -- "${compiler%% *}")" compile_kernels "$kernels.new" "$@") ||
      status=1
  fi
  # Put in place as a whole: a program that is running keeps the file that it loaded.
  if [[ -n "$compiler" && $status == 0 ]]; then mv -f -- "$kernels.new" "$kernels"; else rm -f -- "$kernels"; fi
  end_build "$kernels_stamp"
  return "$status"
}

# compile_kernels FILE FLAG...: each source by itself, side by side, then the library. The largest come first, so that
# no core waits long for the last one.
compile_kernels() {
  local library=$1
  shift
  rm -rf -- "$kernels_objects"
  mkdir -p -- "$kernels_objects"
  export root compiler kernels_objects
  export -f compile_kernel
  find "$root/native/kernels" -name '*.cpp' -printf '%s %f\n' | sort -rn | cut -d ' ' -f 2 |
    xargs -P "$(nproc)" -I SOURCE bash -c 'compile_kernel "$@"' compile SOURCE "$@" || return
  $compiler -shared -Wl,--no-undefined -o "$library" "$kernels_objects"/*.o
}

# compile_kernel NAME FLAG...: one source. $compiler may have arguments, so it is split into words.
compile_kernel() {
  local source=$1
  shift
  case $source in
    # Without contraction a product and a sum round the same at every x86 level, with or without fused multiply-add.
    weight_space.cpp | batch_norm.cpp) set -- -ffp-contract=off "$@" ;;
  esac
  # -fno-math-errno: nobody reads errno after a square root, and loops with one can be vectorized.
  $compiler -std=c++17 -O3 -fPIC -fvisibility=hidden -fno-math-errno -Wall -Wextra -I "$root/native" "$@" \
    -c "$root/native/kernels/$source" -o "$kernels_objects/${source%.cpp}.o"
}

# offer_compiler: asks once whether to install a compiler. Where nobody can be asked, root installs it as every other
# package; in every other case it is only said how to have one.
offer_compiler() {
  local remedy="install a C++ compiler (as root: apt-get install g++) and start again"
  say "there is no C++ compiler here. Without one training takes up to twice as long, and gives the same results."
  if [[ -n "${SHARPLESS_SKIP_PACKAGES:-}" || -e "$no_compiler" ]] || ! can_install; then
    say "to have the kernels: $remedy"
    return
  fi
  if [[ -t 0 && -t 2 ]]; then
    local answer
    read -r -p "sharpless: install g++ with apt-get now? [Y/n] " answer || return 0
    if [[ ! "$answer" =~ ^[[:space:]]*([Yy].*)?$ ]]; then
      say "this is not asked again; to have the kernels later: $remedy"
      touch -- "$no_compiler"
      return
    fi
  fi
  (ensure_packages g++) || say "going on without; to have the kernels: $remedy"
}
