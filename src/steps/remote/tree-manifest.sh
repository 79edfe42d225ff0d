# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES OWNERS → a list of the tree by which two sides are compared, sorted by path,
# fields between tabs: TYPE MODE OWNER SIZE MTIME SHA256 LINK_TARGET FIRST_PATH_OF_ITS_INODE PATH. Names are escaped
# (\\, \n and \t), so any name is one line.
excludes=$4 owners=$5
enter_tree "$1" "$2" "$3"
lists=$(mktemp -d) || exit 46
trap 'rm -rf "$lists"' EXIT
trap 'exit 143' HUP INT TERM
# A login that is not root cannot make pipes, sockets and devices: they are no part of what is compared.
kinds=f,d,l
[ -z "$owners" ] || kinds=f,d,l,p,s,b,c
hashers=$(nproc 2>/dev/null || echo 1)
[ "$hashers" -le 4 ] || hashers=4
list_tree >"$lists/entries" &
listing=$!
find_tree -type f -print0 | sum_files >"$lists/sums" || exit 46
wait "$listing" || exit 46
manifest_from "$lists/entries" "$lists/sums"
