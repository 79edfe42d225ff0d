# Every entry of the tree of $kinds, a line each, in the order of whole lines: PATH <tab> FACTS <tab> LINK_TARGET <tab> BLOCKS.
# FACTS = TYPE MODE OWNER SIZE MTIME CTIME DEVICE INODE NAMES. Odd names are escaped (\\, \n and \t), so any name is one line.
# $totals, where set: a file that then holds `ENTRIES FILES BYTES DISK_BYTES NEWEST_SECONDS`.
list_tree() {
  # `//` stands in no path that find prints.
  find_tree -type "$kinds" -printf '%p//%y %m %U:%G %s %T@ %C@ %D %i %n\t%b\t%l\0' |
    sed -z 's/\\/\\\\/g; s/\n/\\n/g' | tr '\0' '\n' | awk -v totals="${totals:-}" '
    {
      at = index($0, "//"); path = substr($0, 1, at - 1); rest = substr($0, at + 2)
      if (index(path, "\t")) gsub(/\t/, "\\t", path)
      at = index(rest, "\t"); facts = substr(rest, 1, at - 1); rest = substr(rest, at + 1)
      at = index(rest, "\t"); blocks = substr(rest, 1, at - 1); link = substr(rest, at + 1)
      if (link != "") gsub(/\t/, "\\t", link)
      print path "\t" facts "\t" link "\t" blocks
      if (totals == "") next
      split(facts, fact, " "); entries++
      if (fact[9] == 1) disk += blocks * 512
      else { inode = fact[7] ":" fact[8]; if (!(inode in seen)) disk += blocks * 512; seen[inode] = 1 }
      if (fact[1] == "f") { files++; bytes += fact[4]; if (fact[5] > newest) newest = fact[5] }
    }
    END { if (totals != "") printf "%d %d %.0f %.0f %.0f\n", entries, files, bytes, disk, newest >totals }' | sort
}
