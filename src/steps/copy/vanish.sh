# A dry run of the last pass: what stands at the target and is not in the source. Reads only.
#   ROUTE(7) IDENTITY_FILE IDENTITY_TEXT SOURCE TARGET EXCLUDES SCRIPT_FOR_THE_SOURCE
# Lines: gone ENTRIES · name PATH (escaped, the first three)
one_line() {
  tr '\n' ' ' | cut -c 1-300
}
work=$(mktemp -d) || exit 95
trap 'link_down; rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
link_up "$1" "$2" "$3" "$4" "$5" "$6" "$7"
shift 7
target=$4 excludes=$5
printf '%s\n' "$6" >"$work/names.sh"
[ -d "$target" ] || {
  echo 'gone 0'
  exit 0
}
on_source "$work/names.sh" "$3" "$1" "$2" "$excludes" >"$work/source" 2>"$work/error" &
far=$!
sh "$work/names.sh" "$target" '' '' "$excludes" >"$work/target" || exit 46
wait "$far" || {
  code=$?
  one_line <"$work/error" >&2
  exit "$code"
}
comm -13 "$work/source" "$work/target" >"$work/gone"
printf 'gone %d\n' "$(wc -l <"$work/gone")"
head -n 3 "$work/gone" | sed 's/^/name /'
