# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES: the shape of a tree and of its host, a `KEY VALUE` a line. Reads only.
excludes=$4
enter_tree "$1" "$2" "$3"
describe_host
can=-
case $features in *no\ ACLs*) ;; *ACLs*) can=${can}A ;; esac
case $features in *no\ xattrs*) ;; *xattrs*) can=${can}X ;; esac
echo "can $can"
[ "$(id -u)" = 0 ] || [ -z "$(find_tree ! -type l ! -readable -print 2>/dev/null | head -n 1)" ] || echo 'unreadable 1'
looks=$(mktemp -d) || exit 46
trap 'rm -rf "$looks"' EXIT
trap 'exit 143' HUP INT TERM
# Two walks beside each other: facts, and attributes. A list that did not come to its end is no look.
{
  { find_tree -print0 2>/dev/null || echo "$?" >"$looks/short"; } | {
    look_for_attributes
    echo "$found_attributes" >"$looks/found"
  }
} &
looking=$!
find_tree -printf '%y %n %s %b %d %D:%i %T@\n' 2>/dev/null | awk '
  { entries++
    if ($2 == 1) disk += $4 * 512
    else { if (!($6 in seen)) disk += $4 * 512; seen[$6] = 1; if ($1 != "d") links++ } }
  $1 == "f" { files++; bytes += $3; if ($7 > newest) newest = $7; if ($4 * 512 + 4096 <= $3) sparse++; if ($3 > 1000000) units++; if ($3 >= 67108864 && !($6 in big)) { big[$6] = 1; large++ }; next }
  $1 == "d" { if ($5 > 0 && $5 < 3) units++; next }
  $1 != "l" { specials++ }
  END { printf "entries %d\ndisk %.0f\nnewest %.0f\n", entries, disk, newest
        printf "files %d\nbytes %.0f\nlinks %d\nsparse %d\nspecials %d\nunits %d\nlarge %d\n", files, bytes, links, sparse, specials, units, large }'
wait "$looking"
if [ -e "$looks/short" ] && [ "$(cat "$looks/found")" != some ]; then echo unknown >"$looks/found"; fi
echo "attributes $(cat "$looks/found")"
