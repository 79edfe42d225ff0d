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

# SIDE TREE: facts of every entry of one side, into facts.SIDE; the first line stands in tree.SIDE.
read_facts() {
  if [ "$1" = source ]; then
    on_source "$work/ledger.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$owners" facts 2>"$work/error" >"$work/read.$1"
  else
    sh "$work/ledger.sh" "$2" '' '' "$excludes" "$owners" facts 2>"$work/error.here" >"$work/read.$1"
  fi || return
  head -n 1 "$work/read.$1" >"$work/tree.$1"
  tail -n +2 "$work/read.$1" >"$work/facts.$1"
}

# SIDE: facts that the ledger holds to the last digit take their checksum from it (known.SIDE, in the order of facts.SIDE,
# '?' where there is none); changed.SIDE lists the others' paths, want.SIDE those of files.
take_up() {
  : >"$work/changed.$1"
  : >"$work/want.$1"
  awk -F '\t' -v ledger="$ledger/$1" -v changed="$work/changed.$1" -v want="$work/want.$1" '
    function next_kept() { if ((getline line < ledger) > 0) { split(line, k, "\t"); at = k[3] "" } else at = "" }
    BEGIN { next_kept() }
    {
      path = $4 ""
      while (at != "" && at < path) next_kept()
      sum = (at == path && k[1] == $1 && k[2] == $3) ? k[4] : "?"
      if (sum == "?") {
        print path >changed
        if (substr($1, 1, 2) == "f ") print path >want; else sum = "-"
      }
      print $1 "\t" $3 "\t" path "\t" sum
    }' "$work/facts.$1" >"$work/known.$1"
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

# SIDE OUT: the manifest of one side from what is known of it and the sums read just now (sums.SIDE).
manifest_of() {
  awk -F '\t' -v owners="$owners" -v sums="$work/sums.$1" '
    {
      split($1, fact, " ")
      type = fact[1]; mode = fact[2]; size = "-"; sum = "-"; first = "-"; when = fact[5]; sub(/\..*/, "", when)
      if (type == "f") {
        size = fact[4]; sum = $4
        if (sum == "?") {
          split((getline line < sums) > 0 ? line : "", half, "\t")
          if (half[2] "" != $3 "") { print "cannot be read: " $3 > "/dev/stderr"; exit 46 }
          sum = half[1]
        }
        first = "="
        if (fact[9] > 1) {
          inode = fact[7] ":" fact[8]
          if (!(inode in seen)) seen[inode] = $3
          if (seen[inode] != $3) first = seen[inode]
        }
      }
      if (type == "l") { mode = "-"; when = "-" }
      print type "\t" mode "\t" (owners ? fact[3] : "-") "\t" size "\t" when "\t" sum "\t" $2 "\t" first "\t" $3
    }' "$work/known.$1" >"$2"
}

# Compares with the ledger's help: what has not changed since it was read is not read again. 0: equal.
compare_short() {
  read_facts here "$staging" || refuse copy-differs "the copy cannot be read: $(one_line <"$work/error.here")"
  take_up here
  unescape <"$work/want.here" >"$work/list.here"
  (cd "$staging" && sh "$work/ledger.sh" . '' '' "$excludes" "$owners" listed <"$work/list.here") >"$work/sums.here" 2>"$work/error.here" ||
    refuse copy-differs "the copy cannot be read: $(one_line <"$work/error.here")"
  manifest_of source "$work/manifest.source" && manifest_of here "$work/manifest" && cmp -s "$work/manifest.source" "$work/manifest"
}
