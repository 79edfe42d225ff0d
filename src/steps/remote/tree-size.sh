# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES → `size ENTRIES FILES BYTES DISK_BYTES NEWEST_SECONDS RSYNC_CAPABILITIES`
# Exit 47: this login cannot read all of it. Bytes are those of every name; disk bytes count an inode once. NEWEST is the latest change of a file's content.
excludes=$4
enter_tree "$1" "$2" "$3"
unread=
[ "$(id -u)" = 0 ] || unread=$(find_tree ! -type l ! -readable -print 2>/dev/null | head -n 3 | tr '\n' ' ')
[ -z "$unread" ] || {
  echo "not readable by this login: $unread" >&2
  exit 47
}
can=
features=$(rsync --version 2>/dev/null)
case $features in *no\ ACLs*) ;; *ACLs*) can=A ;; esac
case $features in *no\ xattrs*) ;; *xattrs*) can=${can}X ;; esac
find_tree -printf '%y %n %D:%i %s %b %T@\n' |
  awk -v can="$can" '
    { entries++; if ($2 == 1 || !($3 in seen)) disk += $5 * 512; if ($2 > 1) seen[$3] = 1 }
    $1 == "f" { files++; bytes += $4; if ($6 > newest) newest = $6 }
    END { printf "size %d %d %.0f %.0f %.0f -%s\n", entries, files, bytes, disk, newest, can }'
