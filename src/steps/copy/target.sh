# What stands where a tree is to go. Reads only.
#   TARGET STAGING SINCE_SECONDS EXCLUDES
# Lines: room FREE_BYTES FREE_INODES (-1: not counted) · staging ENTRIES DISK_BYTES · target FILES BYTES NEWER NEWEST_SECONDS · fault WORDS
target=$1 staging=$2 since=$3 excludes=$4
above=$target
while [ ! -d "$above" ]; do
  above=${above%/*}
  [ -n "$above" ] || above=/
done
[ "$above" != "$target" ] || above=${target%/*}
[ -n "$above" ] || above=/
[ -w "$above" ] || echo "fault $above cannot be written by this login"
free=$(df -Pk "$above" | awk 'NR == 2 { print $4 }')
nodes=$(df -Pi "$above" 2>/dev/null | awk 'NR == 2 && $2 ~ /^[0-9]+$/ && $2 > 0 { print $4 }')
printf 'room %s %s\n' $((free * 1024)) "${nodes:--1}"
if [ -d "$staging" ]; then
  find "$staging" -printf '%b\n' | awk '{ disk += $1 * 512 } END { printf "staging %d %.0f\n", NR, disk }'
fi
if [ -e "$target" ]; then
  [ -d "$target" ] || {
    echo "fault $target is no folder"
    exit 0
  }
  [ -L "$target" ] || [ "$(stat -c %d "$target")" = "$(stat -c %d "$above")" ] ||
    echo "fault $target is a file system of its own and cannot be replaced by rename"
  now=$(date +%s)
  cd "$target" || exit 44
  # A time in the future says nothing about when somebody wrote.
  find_tree -type f -printf '%s %T@\n' | awk -v since="$since" -v now="$now" '
    { files++; bytes += $1; if ($2 > since && $2 <= now + 60) { newer++; if ($2 > newest) newest = $2 } }
    END { printf "target %d %.0f %d %.0f\n", files, bytes, newer, newest }'
fi
exit 0
