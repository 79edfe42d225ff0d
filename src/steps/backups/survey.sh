# Lists the backups in a folder, newest first, and measures the newest few, and the one at ALSO. Reads only.
#   FOLDER BEFORE AFTER KIND MEASURED CHECKED_BYTES ALSO        (BEFORE{time}AFTER is the pattern)
# Lines: found TIME PATH · bytes N · files N · sha256 HEX · defect WORDS   (those after `found` belong to it)
set -u
LC_ALL=C
export LC_ALL
folder=$1 before=$2 after=$3 kind=$4 measured=$5 checked=$6 also=$7
cd "$folder" 2>/dev/null || exit 44
for path in "$before"*"$after"; do
  [ -e "$path" ] || continue
  time=${path#"$before"}
  time=${time%"$after"}
  case $time in '' | *[!0-9TZ:_-]*) continue ;; esac
  printf '%s\n' "$time"
done | sort -r | while IFS= read -r time; do
  path=$before$time$after
  printf 'found %s %s\n' "$time" "$folder/$path"
  if [ "$folder/$path" != "$also" ]; then
    [ "$measured" -gt 0 ] || continue
    measured=$((measured - 1))
  fi
  if [ "$kind" = files ]; then
    [ -d "$path" ] && [ -r "$path" ] || {
      echo 'defect it is no folder that can be read'
      continue
    }
    find "$path" -type f -printf '%s\n' 2>/dev/null | awk '{ bytes += $1 } END { printf "bytes %.0f\nfiles %d\n", bytes, NR }'
    continue
  fi
  [ -f "$path" ] && [ -r "$path" ] || {
    echo 'defect it is no file that can be read'
    continue
  }
  bytes=$(wc -c <"$path")
  printf 'bytes %s\nfiles 1\n' "$((bytes))"
  [ "$(head -c 5 "$path")" = PGDMP ] || echo 'defect it is no custom-format dump (pg_dump -Fc)'
  expected=
  [ -r "$path.sha256" ] && read -r expected rest <"$path.sha256"
  case $expected in *[!0-9a-f]*) expected= ;; esac
  [ -z "$expected" ] || printf 'sha256 %s\n' "$expected"
  [ "$bytes" -le "$checked" ] || continue
  checked=$((checked - bytes))
  if [ -n "$expected" ]; then
    [ "$(sha256sum <"$path" | cut -d ' ' -f 1)" = "$expected" ] || echo 'defect its checksum is not the one written beside it'
  fi
  if command -v pg_restore >/dev/null 2>&1; then
    pg_restore -f /dev/null "$path" 2>/dev/null || echo 'defect it cannot be read to its end'
  fi
done
exit 0
