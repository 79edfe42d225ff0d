# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES: the shape of a tree and of its host, a `KEY VALUE` a line. Reads only.
excludes=$4
enter_tree "$1" "$2" "$3"
describe_host
find_tree -printf '%y %n %s %b\n' 2>/dev/null | awk '
  $2 > 1 && $1 != "d" { links++ }
  $1 == "f" { files++; bytes += $3; if ($4 * 512 + 4096 <= $3) sparse++ }
  $1 !~ /[fdl]/ { specials++ }
  END { printf "files %d\nbytes %.0f\nlinks %d\nsparse %d\nspecials %d\n", files, bytes, links, sparse, specials }'
printf 'units %s\n' "$(find_tree -mindepth 1 -maxdepth 2 -type d -print 2>/dev/null | wc -l)"
list=$(mktemp) || exit 46
trap 'rm -f "$list" "$list.sample"' EXIT
trap 'exit 143' HUP INT TERM
find_tree -print0 >"$list" 2>/dev/null || echo 'attributes unknown'
look_for_attributes <"$list"
echo "attributes $found_attributes"
if [ -n "${5:-}" ] && command -v zstd >/dev/null 2>&1; then
  # Sixty-four files from all over the tree, the first 64 KiB of each.
  find_tree -type f -size +1k -print0 2>/dev/null | tr '\n\0' '\001\n' | grep -v "$(printf '\001')" |
    awk '{ path[NR] = $0 } END { step = NR > 64 ? NR / 64 : 1; for (i = 1; i <= NR; i += step) print path[int(i)] }' | tr '\n' '\0' |
    xargs -0 -r -n 1 head -c 65536 -- >"$list.sample" 2>/dev/null
  sample=$(wc -c <"$list.sample")
  [ "$sample" -lt 4096 ] || printf 'sample %s\n' $(($(zstd -1 -c <"$list.sample" | wc -c) * 100 / sample))
fi
