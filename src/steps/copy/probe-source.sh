# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES: the shape of a tree and of its host, a `KEY VALUE` a line. Reads only.
excludes=$4
enter_tree "$1" "$2" "$3"
describe_host
can=-
features=$(rsync --version 2>/dev/null)
case $features in *no\ ACLs*) ;; *ACLs*) can=${can}A ;; esac
case $features in *no\ xattrs*) ;; *xattrs*) can=${can}X ;; esac
echo "can $can"
[ "$(id -u)" = 0 ] || [ -z "$(find_tree ! -type l ! -readable -print 2>/dev/null | head -n 1)" ] || echo 'unreadable 1'
list=$(mktemp) || exit 46
trap 'rm -f "$list" "$list.names" "$list.sample"' EXIT
trap 'exit 143' HUP INT TERM
# One walk for all of it: facts and name of each entry, ended by NUL.
find_tree -printf '%y %n %s %b %d %D:%i %T@\0%p\0' >"$list" 2>/dev/null && whole=1 || whole=
tr '\n\0' '\001\n' <"$list" | awk '
  NR % 2 == 0 { next }
  { entries++; if ($2 == 1 || !($6 in seen)) disk += $4 * 512; if ($2 > 1) seen[$6] = 1 }
  $2 > 1 && $1 != "d" { links++ }
  $1 == "f" { files++; bytes += $3; if ($7 > newest) newest = $7; if ($4 * 512 + 4096 <= $3) sparse++ }
  $1 == "d" && $5 > 0 && $5 < 3 { units++ }
  $1 !~ /[fdl]/ { specials++ }
  END { printf "entries %d\ndisk %.0f\nnewest %.0f\n", entries, disk, newest
        printf "files %d\nbytes %.0f\nlinks %d\nsparse %d\nspecials %d\nunits %d\n", files, bytes, links, sparse, specials, units }'
sed -zn 'n;p' "$list" >"$list.names" && mv "$list.names" "$list"
found_attributes=unknown
[ -z "$whole" ] || look_for_attributes <"$list"
echo "attributes $found_attributes"
if [ -n "${5:-}" ] && command -v zstd >/dev/null 2>&1; then
  # Sixty-four files from all over the tree, the first 64 KiB of each.
  tr '\n\0' '\001\n' <"$list" | grep -v "$(printf '\001')" |
    awk '{ path[NR] = $0 } END { step = NR > 64 ? NR / 64 : 1; for (i = 1; i <= NR; i += step) print path[int(i)] }' | tr '\n' '\0' |
    xargs -0 -r sh -c 'for path; do [ ! -f "$path" ] || [ -L "$path" ] || head -c 65536 -- "$path"; done' drp >"$list.sample" 2>/dev/null
  sample=$(wc -c <"$list.sample")
  [ "$sample" -lt 4096 ] || printf 'sample %s\n' $(($(zstd -1 -c <"$list.sample" | wc -c) * 100 / sample))
fi
