# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES OWNERS → a list of the tree by which two sides are compared, sorted by path,
# fields between tabs: TYPE MODE OWNER SIZE MTIME SHA256 LINK_TARGET FIRST_PATH_OF_ITS_INODE PATH. Names are escaped
# (\\, \n and \t), so any name is one line.
excludes=$4 owners=$5
enter_tree "$1" "$2" "$3"
lists=$(mktemp -d) || exit 46
trap 'rm -rf "$lists"' EXIT
trap 'exit 143' HUP INT TERM
tab=$(printf '\t')
escape() {
  sed -z 's/\\/\\\\/g; s/\n/\\n/g' | tr '\0' '\n'
}
# A login that is not root cannot make pipes, sockets and devices: they are no part of what is compared.
kinds=f,d,l
[ -z "$owners" ] || kinds=f,d,l,p,s,b,c
# Four records an entry, so that names may hold anything: facts, link target, inode, path.
find_tree -type "$kinds" -printf '%y %m %U:%G %s %T@\0%l\0%D:%i\0%p\0' | escape |
  awk '{ facts = $0; getline link; getline inode; getline path
         gsub(/\t/, "\\t", link); gsub(/\t/, "\\t", path)
         print facts "\t" link "\t" inode "\t" path }' |
  sort -t "$tab" -k 4 >"$lists/entries" || exit 46
find_tree -type f -print0 | sum_files | sort -t "$tab" -k 2 >"$lists/sums" || exit 46
awk -F '\t' -v owners="$owners" -v sums="$lists/sums" '
  {
    split($1, fact, " ")
    type = fact[1]; mode = fact[2]; size = "-"; sum = "-"; first = "-"; when = fact[5]; sub(/\..*/, "", when)
    if (type == "f") {
      size = fact[4]
      line = ""
      split((getline line < sums) > 0 ? line : "", half, "\t")
      if (half[2] != $4) { print "cannot be read: " $4 > "/dev/stderr"; exit 46 }
      sum = half[1]
      if (!($3 in seen)) seen[$3] = $4
      first = (seen[$3] == $4) ? "=" : seen[$3]
    }
    if (type == "l") { mode = "-"; when = "-" }
    print type "\t" mode "\t" (owners ? fact[3] : "-") "\t" size "\t" when "\t" sum "\t" $2 "\t" first "\t" $4
  }' "$lists/entries"
