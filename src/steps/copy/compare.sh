# Compares a tree here with the source, by checksums of both sides. Equal size and time prove nothing.

# 0: equal.
compare() {
  on_source "$work/manifest.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$owners" >"$work/manifest.source" 2>"$work/error" &
  far=$!
  sh "$work/manifest.sh" "$1" '' '' "$excludes" "$owners" >"$work/manifest" 2>"$work/error.here" ||
    refuse copy-differs "the copy cannot be read: $(one_line <"$work/error.here")"
  wait "$far"
  judge_source $?
  cmp -s "$work/manifest.source" "$work/manifest"
}

# First differences, a line each, by path.
differences() {
  sort "$work/manifest.source" >"$work/sorted.source"
  sort "$work/manifest" >"$work/sorted"
  comm -23 "$work/sorted.source" "$work/sorted" | head -n 5 | sed 's/^/source: /; s/\t/ /g'
  comm -13 "$work/sorted.source" "$work/sorted" | head -n 5 | sed 's/^/here: /; s/\t/ /g'
}

# SIDE TREE: the list of one side as facts.SIDE (tree-list.sh), what it is of in tree.SIDE, its numbers in size.SIDE.
read_facts() {
  if [ "$1" = here ]; then
    sh "$work/ledger.sh" "$2" '' '' "$excludes" "$owners" facts 2>"$work/error.here" >"$work/read.$1"
  elif ! listed_ahead; then
    on_source "$work/ledger.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$owners" facts 2>"$work/error" >"$work/read.$1"
  fi || return
  {
    IFS= read -r one && printf '%s\n' "$one" >"$work/tree.$1"
    IFS= read -r one && printf '%s\n' "${one#totals }" >"$work/size.$1"
    cat >"$work/facts.$1"
  } <"$work/read.$1"
}

# The list of the source that this attempt's probe began, if it was less than a minute ago. 1: there is none.
listed_ahead() {
  [ -s "$job/ahead/began" ] && read -r began_at lister <"$job/ahead/began" || return 1
  age=$(($(uptime_seconds) - began_at))
  [ "$age" -ge 0 ] && [ "$age" -le 60 ] || return 1
  list_tries=0
  until [ -e "$job/ahead/code" ]; do
    list_tries=$((list_tries + 1))
    kill -0 "$lister" 2>/dev/null && [ "$list_tries" -lt 60000 ] || [ -e "$job/ahead/code" ] || return 1
    sleep 0.01
  done
  [ "$(cat "$job/ahead/code")" = 0 ] && mv "$job/ahead/list" "$work/read.source"
}

# SIDE: beside the ledger. changed.SIDE lists the paths that it does not hold to the last digit, want.SIDE those of files,
# void.SIDE the paths of which it holds what is no longer so.
take_up() {
  : >"$work/changed.$1"
  : >"$work/want.$1"
  : >"$work/void.$1"
  cut -f 1-3 "$work/facts.$1" | comm -3 - "$ledger/$1" | awk -F '\t' -v changed="$work/changed.$1" -v want="$work/want.$1" -v void="$work/void.$1" '
    $1 == "" { print $2 >void; next }
    { print $1 >changed }
    substr($2, 1, 2) == "f " { print $1 >want }'
}

# Escaped names, a line each, as names ended by NUL. Only what stands in short lists comes this way.
unescape() {
  awk '{
    out = ""
    while ((at = index($0, "\\")) > 0) {
      next_one = substr($0, at + 1, 1)
      out = out substr($0, 1, at - 1) (next_one == "n" ? "\n" : next_one == "t" ? "\t" : "\\")
      $0 = substr($0, at + 2)
    }
    printf "%s%c", out $0, 0
  }'
}

# SIDE OUT: the manifest of one side from the ledger's sums and those read just now (sums.SIDE).
manifest_of() {
  awk -F '\t' -v void="$work/void.$1" '
    BEGIN { while ((getline path < void) > 0) gone[path] = 1 }
    !($1 in gone)' "$ledger/$1.sums" | sort -m - "$work/sums.$1" >"$work/all.$1"
  manifest_from "$work/facts.$1" "$work/all.$1" >"$2"
}

# Compares with the ledger's help: what has not changed since it was read is not read again. 0: equal.
compare_short() {
  manifest_of source "$work/manifest.source" &
  far=$!
  read_facts here "$staging" || refuse copy-differs "the copy cannot be read: $(one_line <"$work/error.here")"
  take_up here
  unescape <"$work/want.here" >"$work/list.here"
  (cd "$staging" && sh "$work/ledger.sh" . '' '' "$excludes" "$owners" listed <"$work/list.here") >"$work/sums.here" 2>"$work/error.here" ||
    refuse copy-differs "the copy cannot be read: $(one_line <"$work/error.here")"
  manifest_of here "$work/manifest"
  near=$?
  wait "$far" && [ "$near" = 0 ] && cmp -s "$work/manifest.source" "$work/manifest"
}
