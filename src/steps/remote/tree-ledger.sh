# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES OWNERS WHAT [ATTRIBUTES]: what a list of checksums is kept and taken up again by.
#   head     `tree BOOT TRUSTED DEVICE CAN -`
#   facts    the same line, `totals ENTRIES FILES BYTES DISK_BYTES NEWEST_SECONDS`, then the list of the tree
#   ledger   the same first line with `none|some|unknown` (attributes) at its end, then by path: PATH <tab> FACTS <tab> LINK_TARGET <tab> SHA256 ('-': no file; what is not to be relied on is missing)
#   listed   PATH <tab> SHA256 for each path on stdin (ended by NUL), by path; with ATTRIBUTES=1 first `attributes none|some|unknown` of these
# FACTS and the list of the tree: tree-list.sh. Exit codes as of a manifest; 47: not all readable.
#
# A checksum may stand for a file later while its facts are the same to the last digit: every change of content sets the
# inode's ctime, which nobody can set back. It is relied on only where that holds:
#   - file systems known to do so on this very device; a restart of the host makes all of them void (BOOT);
#   - the ctime was two seconds old before anything was read, so that no second change hides in one tick of the clock;
#   - all was written to disk first: a page that is mapped and dirty takes stores without a new ctime until it is clean.
excludes=$4 owners=$5 what=$6 attributes=${7:-}
enter_tree "$1" "$2" "$3"
kinds=f,d,l
[ -z "$owners" ] || kinds=f,d,l,p,s,b,c
if [ "$what" = listed ]; then
  if [ -n "$attributes" ]; then
    list=$(mktemp) || exit 46
    trap 'rm -f "$list"' EXIT
    trap 'exit 143' HUP INT TERM
    cat >"$list"
    look_for_attributes <"$list"
    echo "attributes $found_attributes"
    # Only files have content.
    xargs -0 -r -a "$list" sh -c 'for path; do [ -L "$path" ] || [ ! -f "$path" ] || printf "%s\0" "$path"; done' drp | sum_files
    exit
  fi
  sum_files
  exit
fi
unread=
[ "$(id -u)" = 0 ] || unread=$(find_tree ! -type l ! -readable -print 2>/dev/null | head -n 3 | tr '\n' ' ')
[ -z "$unread" ] || {
  echo "not readable by this login: $unread" >&2
  exit 47
}
case $(stat -f -c %T . 2>/dev/null) in ext2/ext3 | xfs | btrfs) trusted=1 ;; *) trusted=0 ;; esac
can=-
features=$(rsync --version 2>/dev/null)
case $features in *no\ ACLs*) ;; *ACLs*) can=${can}A ;; esac
case $features in *no\ xattrs*) ;; *xattrs*) can=${can}X ;; esac
device=$(stat -c %d .)
head_line() {
  printf 'tree %s %s %s %s %s\n' "$(cat /proc/sys/kernel/random/boot_id)" "$trusted" "$device" "$can" "$1"
}
lists=$(mktemp -d) || exit 46
trap 'rm -rf "$lists"' EXIT
trap 'exit 143' HUP INT TERM
if [ "$what" = head ]; then
  head_line -
  exit
fi
if [ "$what" = facts ]; then
  totals=$lists/totals
  list_tree >"$lists/entries"
  head_line -
  sed 's/^/totals /' "$totals"
  cat "$lists/entries"
  exit
fi
began=$(date +%s)
[ "$trusted" = 0 ] || sync -f . || trusted=0
list_tree >"$lists/before"
found_attributes=unknown
if [ "$trusted" != 0 ]; then
  find_tree -print0 >"$lists/names" 2>/dev/null
  look_for_attributes <"$lists/names"
fi
: >"$lists/sums"
# What vanishes or changes meanwhile shows in its facts.
[ "$trusted" = 0 ] || find_tree -type f -print0 | sum_files 2>/dev/null >"$lists/sums"
list_tree >"$lists/after"
head_line "$found_attributes"
awk -F '\t' -v before="$lists/before" -v sums="$lists/sums" -v began="$began" -v device="$device" -v trusted="$trusted" '
  function next_before() { if ((getline line < before) > 0) { split(line, b, "\t"); at = b[1] "\t" } else at = "" }
  function next_sum() { if ((getline line < sums) > 0) { split(line, s, "\t"); sum_at = s[1] "\t" } else sum_at = "" }
  BEGIN { next_before(); next_sum() }
  {
    path = $1 "\t"
    while (at != "" && at < path) next_before()
    while (sum_at != "" && sum_at < path) next_sum()
    split($2, fact, " ")
    if (trusted != 1 || at != path || b[2] != $2 || b[3] != $3 || fact[7] != device || fact[6] + 2 >= began || fact[5] + 2 >= began) next
    if (fact[1] != "f") print path $2 "\t" $3 "\t-"
    else if (sum_at == path) print path $2 "\t" $3 "\t" s[2]
  }' "$lists/after"
