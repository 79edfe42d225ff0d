# Fills a staging tree beside the target, compares it with the source by checksums, and switches it in by rename. A name
# in use never stands for half a tree: what is not verified keeps its own hidden name.
#   ROUTE(7) IDENTITY_FILE IDENTITY_TEXT SOURCE TARGET STAGING KEPT SWITCH EXCLUDES MIN_FILES MIN_BYTES
#   MODE CIPHER STREAMS FLAGS LIMITS PASSES SIZE MANIFEST LEDGER PACK SHARES WARM SITE LARGE ONE_FILE
# FLAGS: A ACLs, X extended attributes, W whole files, S holes, Z compressed, L large files straight from the line. PASSES: how often a living source may be gone over.
need_tools rsync sha256sum find sort sed awk df stat comm
trap link_down EXIT
trap 'exit 143' HUP INT TERM
link_up "$1" "$2" "$3" "$4" "$5" "$6" "$7" "${19}"
# The probe left its connection open: of the cipher that copies prefer.
left=
[ -z "${19}" ] || left=$job/way
shift 7
identity_file=$1 identity_text=$2 source=$3 target=$4 staging=$5 kept=$6
shift 6
switch=$1 excludes=$2 min_files=$3 min_bytes=$4
way_mode=$5 way_streams=$7 way_flags=$8 passes_max=${10}
printf '%s\n' "$9" | sed '/^$/d' >"$work/limits"
shift 10
printf '%s\n' "$1" >"$work/size.sh"
printf '%s\n' "$2" >"$work/manifest.sh"
printf '%s\n' "$3" >"$work/ledger.sh"
printf '%s\n' "$4" >"$work/pack.sh"
printf '%s\n' "$5" >"$work/shares.sh"
warm=$6 site=$7
printf '%s\n' "$8" >"$work/large.sh"
printf '%s\n' "$9" >"$work/one-file.sh"
printf '%s\n' "$excludes" | sed '/^$/d' | tr '\n' '\0' >"$work/excludes"
ledger=$staging.ledger
owners=
[ "$(id -u)" != 0 ] || owners=1
parent=${target%/*}
[ -n "$parent" ] || parent=/

# The tree that is kept warm between fires belongs to whoever holds its lock. A run takes it whole, by its name; while it
# is being filled, or once a run has claimed the site, nobody begins to fill it.
take_warm() {
  [ -d "$parent" ] && [ -w "$parent" ] || mkdir -p "$parent" 2>/dev/null || return 0
  if [ "$staging" = "$warm" ]; then
    exec 7>>"$warm.lock"
    flock -n 7 || refuse target-unfit "$warm is being filled already"
    [ ! -e "$HOME/.drp/claims/$site" ] || refuse target-unfit "a run has claimed the site"
  elif [ ! -e "$staging" ] && [ -d "$warm" ] && [ -w "$parent" ]; then
    exec 7>>"$warm.lock"
    # A sync that was ended a moment ago, or has just come to its end, may hold it for an instant more.
    if flock -w 10 7 && mv -T "$warm" "$staging"; then
      say fact warm 1
      rm -rf "$ledger"
      [ ! -d "$warm.ledger" ] || mv -T "$warm.ledger" "$ledger"
    fi
    exec 7>&-
  fi
}

# What is left out of the copy is the target's own: it comes along from the tree that is replaced.
carry_over() {
  [ -s "$work/excludes" ] && [ -d "$target" ] || return 0
  (cd "$target" && find_excluded -print0) >"$work/own" || refuse target-unfit "$target cannot be read"
  [ -s "$work/own" ] || return 0
  rsync -aH -r -0 --files-from="$work/own" --no-implied-dirs --delete "$target/" "$staging/" 2>"$work/error" ||
    refuse target-unfit "what the target keeps of its own could not be carried over: $(one_line <"$work/error")"
  say fact carried "$(tr -dc '\000' <"$work/own" | wc -c)"
}

# NAME: how long it has been since the clock was last looked at, as a fact.
clock_ms=$(date +%s%N)
lap() {
  lap_ms=$(date +%s%N)
  [ "$1" != fill ] || say fact there $((lap_ms / 1000000))
  say fact "$1Ms" $(((lap_ms - clock_ms) / 1000000))
  clock_ms=$lap_ms
}

# All that was written, onto the disk: begun while both sides are compared, awaited before a name changes.
begin_sync() {
  sync -f "$staging" &
  syncing=$!
}

finish() {
  say fact sourceEntries "$entries"
  say fact files "$files"
  say fact bytes "$bytes"
  say fact newest "$newest"
  say fact owners "${owners:-0}"
  [ ! -f "$work/manifest" ] || say fact manifest "$(sha256sum <"$work/manifest" | cut -d ' ' -f 1)"
  exit 0
}

# All of the source into the staging tree, by the way that was chosen. What an archive or several streams leave open, and
# whatever they were cut off, the pass over the whole tree brings: it sends only what is missing.
fill() {
  whole=1
  if [ "$way_mode" = tar ] && [ "$here_entries" -le 1 ] && archive; then
    say fact way tar
    whole=
  fi
  if [ -n "$whole" ]; then
    straight
    share_out
    if [ -s "$work/share.1" ]; then
      transfer "copying $files files in $way_streams streams"
      rm -f "$work"/share.*
      measure_staging
    fi
    transfer "copying $files files" "$@"
  fi
  [ -z "$whole" ] || clean_partials "$@"
}

compared() {
  compare "$staging" && return 0
  echo "differs after the copy:"
  differences
  return 1
}

# WORDS FLAG...: one more pass. 0: it still differs.
again() {
  transfer "$@"
  sync -f "$staging"
  ! compared
}

# Folders of unfinished files go; making them has changed the times of the folders they were in.
clean_partials() {
  if [ -n "$(find "$staging" -name .drp-partial -type d -prune -print -exec rm -rf {} + | head -n 1)" ]; then
    transfer "setting folder times" "$@"
  fi
}

# Over a living source again and again, while each pass still takes much less than the one before it. Then checksums of
# both sides are kept for the copy that goes on from here.
go_over() {
  passes=$1 last=$1 pass=1
  while [ "$last" -gt "$pass_seconds" ] && [ "$pass" -lt "$passes_max" ]; do
    pass=$((pass + 1))
    began=$(date +%s)
    transfer "pass $pass over a source that users still change"
    clean_partials
    took=$(($(date +%s) - began))
    passes="$passes $took"
    [ $((took * 10)) -lt $((last * 7)) ] || { last=$took && break; }
    last=$took
  done
  say fact passes "$passes"
  sync -f "$staging"
  say progress "$bytes" "$bytes" "keeping checksums of both sides for the copy to come"
  began=$(date +%s)
  write_ledger
  [ $(($(date +%s) - began)) -le 60 ] || transfer "pass over what changed meanwhile"
  write_names
  say fact last "$last"
}
# A pass shorter than this is not worth another one: the frozen window would hardly get shorter.
pass_seconds=20

say progress 0 0 "measuring the source"
take_warm
short=
if [ "$switch" = 1 ] && ledger_there; then
  link_share "$left"
  read_facts source
  judge_source $?
  ! ledger_holds || short=1
else
  link_share "$left"
fi
if [ -n "$short" ]; then measure_facts; else measure_source; fi
# An attempt before this one may have switched already, and its host gone down before it could say so.
if [ "$switch" = 1 ] && [ ! -e "$staging" ] && [ -e "$kept" ] && [ -d "$target" ]; then
  say progress 0 "$bytes" "comparing what an earlier attempt has switched in"
  if compare "$target"; then
    say fact kept "$kept"
    finish
  fi
fi
[ -n "$short" ] || measure_staging
judge_target
mkdir -p "$staging" || refuse target-unfit "$staging cannot be made"

began=$(date +%s)
equal= syncing=
lap measure
if [ -n "$short" ] && send_changes; then
  lap fill
  begin_sync
  say progress "$bytes" "$bytes" "comparing $files files; read are those that changed"
  ! compare_short || equal=1
elif [ "$switch" = 0 ]; then
  # Nothing is removed while the source lives: only the last pass takes away what it no longer holds.
  # A tree kept warm from backups would grow for ever; a backup is whole, and was found not to have shrunk.
  if [ "$staging" = "$warm" ]; then fill --delete; else fill; fi
  lap fill
  go_over $(($(date +%s) - began))
  [ "$staging" = "$warm" ] || leave_connection
  finish
fi
if [ -z "$equal" ]; then
  rm -rf "$ledger"
  fill --delete
  lap fill
  begin_sync
  say progress "$bytes" "$bytes" "comparing $files files by checksum"
  if ! compared; then
    # An archive lacks what changed under it. What then still differs has the same size and time and other content: only
    # reading both sides finds it, and only then is it copied.
    if [ -n "$whole" ] || again "bringing what the archive lacks" --delete; then
      again "copying what differs by checksum" --delete -c && refuse copy-differs "$(differences | head -n 2 | one_line)"
    fi
  fi
fi
judge_listed
lap compare
carry_over
wait "$syncing"
sync -f "$staging"
say progress "$bytes" "$bytes" "switching"
number=2
first=$kept
while [ -e "$target" ] && [ -e "$kept" ]; do
  kept=${first}-$number
  number=$((number + 1))
done
if [ -e "$target" ] || [ -L "$target" ]; then
  mv -T "$target" "$kept" || refuse target-unfit "$target could not be moved aside"
fi
mv -T "$staging" "$target" || refuse target-unfit "$staging could not take the name $target; what was there is $kept"
sync "$parent" 2>/dev/null
rm -rf "$ledger"
lap switch
[ ! -e "$kept" ] || say fact kept "$kept"
finish
