# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES STREAMS: `NUMBER FOLDER` ended by NUL for folders of one or two levels, shared
# out by bytes, the largest first. Names with a line break are left to the pass over the whole tree.
excludes=$4 streams=$5
enter_tree "$1" "$2" "$3"
find_tree -mindepth 2 -type f -printf '%s %P\0' | tr '\n\0' '\001\n' | grep -v "$(printf '\001')" | awk '
  { size = $1 + 2000; sub(/^[0-9]+ /, ""); levels = split($0, part, "/"); top[part[1]] += size }
  levels == 2 { direct[part[1]] += size; next }
  { below[part[1] "/" part[2]] += size }
  END {
    for (folder in top) if (direct[folder] * 2 > top[folder]) printf "%.0f %s\n", top[folder], folder
    for (unit in below) { split(unit, part, "/"); if (direct[part[1]] * 2 <= top[part[1]]) printf "%.0f %s\n", below[unit], unit }
  }' | sort -rn | awk -v streams="$streams" '
  {
    size = $1; sub(/^[0-9]+ /, "")
    least = 1
    for (number = 2; number <= streams; number++) if (load[number] + 0 < load[least] + 0) least = number
    load[least] += size
    printf "%d %s\n", least, $0
  }' | tr '\n' '\0'
