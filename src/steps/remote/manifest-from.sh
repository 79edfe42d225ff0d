# ENTRIES SUMS: the manifest of a list of the tree, and of the sum of each file in it (PATH <tab> SUM, in the same order).
# Exit 46: a file has none. Needs $owners.
manifest_from() {
  awk -F '\t' -v owners="$owners" -v sums="$2" '
    {
      path = $1
      split($2, fact, " ")
      type = fact[1]; mode = fact[2]; size = "-"; sum = "-"; first = "-"; when = fact[5]; sub(/\..*/, "", when)
      if (type == "f") {
        size = fact[4]
        line = ""
        split((getline line < sums) > 0 ? line : "", half, "\t")
        if (half[1] "" != path "") { print "cannot be read: " path > "/dev/stderr"; exit 46 }
        sum = half[2]
        first = "="
        if (fact[9] > 1) {
          inode = fact[7] ":" fact[8]
          if (!(inode in seen)) seen[inode] = path
          if (seen[inode] != path) first = seen[inode]
        }
      }
      if (type == "l") { mode = "-"; when = "-" }
      print type "\t" mode "\t" (owners ? fact[3] : "-") "\t" size "\t" when "\t" sum "\t" $3 "\t" first "\t" path
    }' "$1"
}
