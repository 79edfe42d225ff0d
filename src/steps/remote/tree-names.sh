# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES: every path below a tree, escaped, a line each, sorted.
excludes=$4
enter_tree "$1" "$2" "$3"
find_tree -printf '%P\0' | sed -z 's/\\/\\\\/g; s/\n/\\n/g' | tr '\0' '\n' | sort
