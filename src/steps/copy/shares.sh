# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES STREAMS: `NUMBER PATH` ended by NUL for folders and files, shared out by bytes,
# the largest first. A folder that is more than its share is taken apart, down to its files where they are not too many.
# Further names of a file and names with a line break are left to the pass over the whole tree.
excludes=$4 streams=$5
enter_tree "$1" "$2" "$3"
list=$(mktemp) || exit 46
trap 'rm -f "$list"' EXIT
trap 'exit 143' HUP INT TERM
find_tree -type f -printf '%n %D:%i %s %P\0' | tr '\n\0' '\001\n' | grep -v "$(printf '\001')" |
  awk '{ if ($1 > 1 && seen[$2]++) next; size = $3 + 2000; sub(/^[0-9]+ [^ ]+ [0-9]+ /, ""); printf "%.0f %s\n", size, $0 }' >"$list"
# Twice over the list: how much is below each folder, then the files of those that are taken apart.
awk -v streams="$streams" '
  function above(path) { return match(path, /\/[^\/]*$/) ? substr(path, 1, RSTART - 1) : "." }
  { size = $1; sub(/^[0-9]+ /, "") }
  NR == FNR {
    all += size
    folder = above($0)
    direct[folder]++; below[folder] += size
    while (folder != ".") {
      up = above(folder)
      if (!(folder in known)) { known[folder] = 1; kids[up] = kids[up] "\n" folder }
      below[up] += size
      folder = up
    }
    next
  }
  FNR == 1 {
    count = 1; queue[1] = "."
    for (at = 1; at <= count; at++) {
      folder = queue[at]
      if (folder != "." && (below[folder] * 4 * streams <= all || direct[folder] > 2000)) {
        printf "%.0f %s\n", below[folder], folder
        continue
      }
      if (direct[folder] <= 2000) open[folder] = 1
      number = split(substr(kids[folder], 2), kid, "\n")
      for (one = 1; one <= number; one++) queue[++count] = kid[one]
    }
  }
  (above($0) in open) { printf "%.0f %s\n", size, $0 }' "$list" "$list" | sort -rn | awk -v streams="$streams" '
  {
    size = $1; sub(/^[0-9]+ /, "")
    least = 1
    for (number = 2; number <= streams; number++) if (load[number] + 0 < load[least] + 0) least = number
    load[least] += size
    printf "%d %s\n", least, $0
  }' | tr '\n' '\0'
