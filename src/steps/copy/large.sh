# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES BYTES: `SIZE MTIME PATH`, a line each, of files of so many bytes and more, by their
# first name. Names with a line break are left to the pass over the whole tree.
excludes=$4
enter_tree "$1" "$2" "$3"
find_tree -type f -size "+$(($5 - 1))c" -printf '%D:%i %s %T@ %P\0' | tr '\n\0' '\001\n' | grep -v "$(printf '\001')" |
  awk '!seen[$1]++ { sub(/^[^ ]+ /, ""); print }'
