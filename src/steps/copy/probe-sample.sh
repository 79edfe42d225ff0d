# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES: `sample PERCENT`, what zstd -1 makes of sixty-four files from all over the
# tree, the first 64 KiB of each. Reads only.
excludes=$4
enter_tree "$1" "$2" "$3"
command -v zstd >/dev/null 2>&1 || exit 0
sample=$(mktemp) || exit 46
trap 'rm -f "$sample"' EXIT
trap 'exit 143' HUP INT TERM
find_tree -type f -print0 2>/dev/null | tr '\n\0' '\001\n' | grep -v "$(printf '\001')" |
  awk '{ path[NR] = $0 } END { step = NR > 64 ? NR / 64 : 1; for (i = 1; i <= NR; i += step) print path[int(i)] }' | tr '\n' '\0' |
  xargs -0 -r sh -c 'for path; do head -c 65536 -- "$path"; done' drp >"$sample" 2>/dev/null
size=$(wc -c <"$sample")
[ "$size" -lt 4096 ] || printf 'sample %s\n' $(($(zstd -1 -c <"$sample" | wc -c) * 100 / size))
