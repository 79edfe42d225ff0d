# The current folder's entries but those that patterns of rsync exclude: with a slash at the front they are of the
# tree's top, else of any depth; with one at the end they are folders only. Needs EXCLUDES, one pattern a line.
find_tree() {
  while IFS= read -r pattern; do
    only_folders=
    case $pattern in '') continue ;; */) only_folders=1 pattern=${pattern%/} ;; esac
    set -- -prune -o "$@"
    [ -z "$only_folders" ] || set -- -type d "$@"
    case $pattern in
    /*) set -- -path ".$pattern" "$@" ;;
    */*) set -- -path "*/$pattern" "$@" ;;
    *) set -- -name "$pattern" "$@" ;;
    esac
  done <<PATTERNS
$excludes
PATTERNS
  find . -name .drp-partial -prune -o "$@"
}

# The other half: what the patterns exclude, the tops only.
find_excluded() {
  set -- -prune "$@"
  first=1
  while IFS= read -r pattern; do
    only_folders=
    case $pattern in '') continue ;; */) only_folders=1 pattern=${pattern%/} ;; esac
    [ -n "$first" ] && set -- ')' "$@" || set -- -o "$@"
    first=
    [ -z "$only_folders" ] || set -- -type d "$@"
    case $pattern in
    /*) set -- -path ".$pattern" "$@" ;;
    */*) set -- -path "*/$pattern" "$@" ;;
    *) set -- -name "$pattern" "$@" ;;
    esac
  done <<PATTERNS
$excludes
PATTERNS
  [ -n "$first" ] || find . '(' "$@"
}

# Exit 45: another machine than the plan names answers. Exit 44: there is no such folder, or it cannot be read.
enter_tree() {
  if [ -n "$2" ]; then
    found=
    [ -r "$2" ] && IFS= read -r found <"$2"
    [ "$found" = "$3" ] || exit 45
  fi
  cd "$1" 2>/dev/null && [ -r . ] || exit 44
}
