# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES OWNERS WHAT [ATTRIBUTES]: what a list of checksums is kept and taken up again by.
#   facts    `tree BOOT TRUSTED DEVICE CAN -`, then a line an entry, by path: FACTS <tab> BLOCKS <tab> LINK_TARGET <tab> PATH
#   ledger   the same first line with `none|some|unknown` (attributes) at its end, then FACTS <tab> LINK_TARGET <tab> PATH <tab> SHA256, by path ('-': no file, '?': not to be relied on)
#   listed   SHA256 <tab> PATH for each path on stdin (ended by NUL); with ATTRIBUTES=1 first `attributes none|some|unknown` of these
# FACTS = TYPE MODE OWNER SIZE MTIME CTIME DEVICE INODE NAMES. Names are escaped as in a manifest. Exit codes as there; 47: not all readable.
#
# A checksum may stand for a file later while its facts are the same to the last digit: every change of content sets the
# inode's ctime, which nobody can set back. It is relied on only where that holds:
#   - file systems known to do so on this very device; a restart of the host makes all of them void (BOOT);
#   - the ctime was two seconds old before anything was read, so that no second change hides in one tick of the clock;
#   - all was written to disk first: a page that is mapped and dirty takes stores without a new ctime until it is clean.
excludes=$4 owners=$5 what=$6 attributes=${7:-}
enter_tree "$1" "$2" "$3"
tab=$(printf '\t')
kinds=f,d,l
[ -z "$owners" ] || kinds=f,d,l,p,s,b,c
escape() {
  sed -z 's/\\/\\\\/g; s/\n/\\n/g' | tr '\0' '\n'
}
facts() {
  find_tree -type "$kinds" -printf '%y %m %U:%G %s %T@ %C@ %D %i %n\0%b\0%l\0%p\0' | escape |
    awk '{ facts = $0; getline blocks; getline link; getline path
           gsub(/\t/, "\\t", link); gsub(/\t/, "\\t", path)
           print facts "\t" blocks "\t" link "\t" path }' |
    sort -t "$tab" -k 4
}
sums() {
  sum_files | sort -t "$tab" -k 2
}
if [ "$what" = listed ]; then
  if [ -n "$attributes" ]; then
    list=$(mktemp) || exit 46
    trap 'rm -f "$list"' EXIT
    trap 'exit 143' HUP INT TERM
    cat >"$list"
    look_for_attributes <"$list"
    echo "attributes $found_attributes"
    # Only files have content.
    xargs -0 -r -a "$list" sh -c 'for path; do [ -L "$path" ] || [ ! -f "$path" ] || printf "%s\0" "$path"; done' drp | sums
    exit
  fi
  sums
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
if [ "$what" = facts ]; then
  head_line -
  facts
  exit
fi
lists=$(mktemp -d) || exit 46
trap 'rm -rf "$lists"' EXIT
trap 'exit 143' HUP INT TERM
began=$(date +%s)
[ "$trusted" = 0 ] || sync -f . || trusted=0
facts >"$lists/before"
found_attributes=unknown
if [ "$trusted" != 0 ]; then
  find_tree -print0 >"$lists/names" 2>/dev/null
  look_for_attributes <"$lists/names"
fi
: >"$lists/sums"
# What vanishes or changes meanwhile shows in its facts.
[ "$trusted" = 0 ] || find_tree -type f -print0 | sums 2>/dev/null >"$lists/sums"
facts >"$lists/after"
head_line "$found_attributes"
awk -F '\t' -v before="$lists/before" -v sums="$lists/sums" -v began="$began" -v device="$device" -v trusted="$trusted" '
  function next_before() { if ((getline line < before) > 0) { split(line, b, "\t"); at = b[4] "" } else at = "" }
  function next_sum() { if ((getline line < sums) > 0) { split(line, s, "\t"); sum_at = s[2] "" } else sum_at = "" }
  BEGIN { next_before(); next_sum() }
  {
    path = $4 ""
    while (at != "" && at < path) next_before()
    while (sum_at != "" && sum_at < path) next_sum()
    split($1, fact, " ")
    sum = "?"
    if (trusted == 1 && at == path && b[1] == $1 && b[3] == $3 && fact[7] == device && fact[6] + 2 < began && fact[5] + 2 < began) {
      if (fact[1] != "f") sum = "-"
      else if (sum_at == path) sum = s[1]
    }
    print $1 "\t" $3 "\t" $4 "\t" sum
  }' "$lists/after"
