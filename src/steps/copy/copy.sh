# Fills a staging tree beside the target, compares it with the source by checksums, and switches it in by rename. A name
# in use never stands for half a tree: what is not verified keeps its own hidden name.
#   ROUTE(7) IDENTITY_FILE IDENTITY_TEXT SOURCE TARGET STAGING KEPT SWITCH EXCLUDES MIN_FILES MIN_BYTES SIZE MANIFEST
need_tools rsync sha256sum find sort sed awk df stat comm
link_up "$1" "$2" "$3" "$4" "$5" "$6" "$7"
shift 7
identity_file=$1 identity_text=$2 source=$3 target=$4 staging=$5 kept=$6
shift 6
switch=$1 excludes=$2 min_files=$3 min_bytes=$4
printf '%s\n' "$5" >"$work/size.sh"
printf '%s\n' "$6" >"$work/manifest.sh"
printf '%s\n' "$excludes" | sed '/^$/d' >"$work/excludes"
owners=
[ "$(id -u)" != 0 ] || owners=1
parent=${target%/*}
[ -n "$parent" ] || parent=/

# What `on_source` ended with, as a refusal.
judge_source() {
  case $1 in
  0) ;;
  44) refuse source-unfit "$source is not there, or cannot be read" ;;
  45) refuse source-unfit "another machine answers where the source should be" ;;
  47) refuse source-unfit "$(one_line <"$work/error")" ;;
  *) refuse source-unreachable "exit $1: $(one_line <"$work/error")" ;;
  esac
}

measure_source() {
  on_source "$work/size.sh" "$source" "$identity_file" "$identity_text" "$excludes" >"$work/size" 2>"$work/error"
  judge_source $?
  read -r word entries files bytes disk newest can <"$work/size"
  [ "$word" = size ] || refuse source-unreachable "its answer was not understood: $(one_line <"$work/size")"
  [ "$files" -gt 0 ] || refuse source-unfit "$source is empty"
  [ "$files" -ge "$min_files" ] && [ "$bytes" -ge "$min_bytes" ] ||
    refuse source-unfit "$source has shrunk: $files files and $bytes bytes, at least $min_files and $min_bytes were expected"
}

measure_staging() {
  here_entries=0 here_bytes=0 here_disk=0
  [ -d "$staging" ] || return 0
  sh "$work/size.sh" "$staging" '' '' '' >"$work/size.here" 2>/dev/null &&
    read -r word here_entries here_files here_bytes here_disk here_rest <"$work/size.here"
}

judge_target() {
  mkdir -p "$parent" 2>/dev/null && [ -w "$parent" ] || refuse target-unfit "$parent cannot be written"
  if [ -e "$target" ]; then
    [ -d "$target" ] || refuse target-unfit "$target is no folder"
    [ -L "$target" ] || [ "$(stat -c %d "$target")" = "$(stat -c %d "$parent")" ] ||
      refuse target-unfit "$target is a file system of its own and cannot be replaced by rename; copy into a folder below it"
  fi
  free=$(df -Pk "$parent" | awk 'NR == 2 { print $4 }')
  need=$((disk - here_disk))
  [ $((free * 1024)) -gt $((need + need / 50 + 67108864)) ] ||
    refuse no-room "$parent needs $need bytes and a little to spare, there are $((free * 1024)) (what is replaced is kept)"
  nodes=$(df -Pi "$parent" 2>/dev/null | awk 'NR == 2 && $2 ~ /^[0-9]+$/ && $2 > 0 { print $4 }')
  [ -z "$nodes" ] || [ "$nodes" -gt $((entries - here_entries + 100)) ] ||
    refuse no-room "$parent needs $((entries - here_entries)) inodes, there are $nodes"
}

# One stream is one rsync over one part of the tree. PART is relative to the tree, with a slash at its end; '' is all.
start_stream() {
  part=$1 number=$2
  shift 2
  : >"$work/progress.$number"
  from=$source/$part
  [ -z "$DRP_LINK_ADDRESS" ] || from=$DRP_LINK_ADDRESS:$from
  (
    cd "$work" || exit 1
    exec rsync "$@" -s --numeric-ids -S --delete --partial-dir=.drp-partial --exclude-from=excludes --no-h \
      --info=progress2 -e 'sh ./ssh' -- "$from" "$staging/$part"
  ) >>"$work/progress.$number" 2>>"$work/error" &
  stream=$!
}

say_progress() {
  sent=$(tail -c 300 "$work/progress.1" | tr '\r' '\n' | sed -n 's/^ *\([0-9][0-9]*\) .*%.*/\1/p' | tail -n 1)
  done_bytes=$((here_bytes + ${sent:-0}))
  [ "$done_bytes" -le "$bytes" ] || done_bytes=$bytes
  say progress "$done_bytes" "$bytes" "$1, ${sent:-0} bytes looked at in this pass"
  # rsync writes a record for every file: kept short, or it would outgrow the copy.
  [ "$(wc -c <"$work/progress.1")" -le 1048576 ] || : >"$work/progress.1"
}

# WORDS FLAG...: runs rsync to its end; tries again only after what may pass by itself.
transfer() {
  words=$1
  shift
  tries=0
  while :; do
    : >"$work/error"
    start_stream '' 1 "$@"
    while kill -0 "$stream" 2>/dev/null; do
      sleep 1
      say_progress "$words"
    done
    wait "$stream"
    code=$?
    [ "$code" != 0 ] || return 0
    tries=$((tries + 1))
    case $code in
    10 | 12 | 20 | 30 | 35 | 255) [ "$tries" -lt 5 ] || refuse source-unreachable "rsync ended with $code: $(tail -n 3 "$work/error" | one_line)" ;;
    11) refuse no-room "rsync could not write: $(tail -n 3 "$work/error" | one_line)" ;;
    24) [ "$switch" = 0 ] && return 0 ;; # files vanished under a pass over a living source: the final pass sees them
    *) refuse step-failed "rsync ended with $code: $(head -n 5 "$work/error" | one_line)" ;;
    esac
    echo "rsync ended with $code, try $tries of 5: $(tail -n 2 "$work/error" | one_line)"
    sleep $((tries * 3))
    measure_staging
  done
}

# Compares a tree here with the source. 0: equal.
compare() {
  on_source "$work/manifest.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$owners" >"$work/manifest.source" 2>"$work/error" &
  far=$!
  sh "$work/manifest.sh" "$1" '' '' "$excludes" "$owners" >"$work/manifest" 2>"$work/error.here" ||
    refuse copy-differs "the copy cannot be read: $(one_line <"$work/error.here")"
  wait "$far"
  judge_source $?
  cmp -s "$work/manifest.source" "$work/manifest"
}

# First differences, a line each, by path.
differences() {
  sort "$work/manifest.source" >"$work/sorted.source"
  sort "$work/manifest" >"$work/sorted"
  comm -23 "$work/sorted.source" "$work/sorted" | head -n 5 | sed 's/^/source: /; s/\t/ /g'
  comm -13 "$work/sorted.source" "$work/sorted" | head -n 5 | sed 's/^/here: /; s/\t/ /g'
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

finish() {
  say fact sourceEntries "$entries"
  say fact files "$files"
  say fact bytes "$bytes"
  say fact newest "$newest"
  say fact owners "${owners:-0}"
  [ ! -f "$work/manifest" ] || say fact manifest "$(sha256sum <"$work/manifest" | cut -d ' ' -f 1)"
  exit 0
}

say progress 0 0 "measuring the source"
measure_source
# An attempt before this one may have switched already, and its host gone down before it could say so.
if [ "$switch" = 1 ] && [ ! -e "$staging" ] && [ -e "$kept" ] && [ -d "$target" ]; then
  say progress 0 "$bytes" "comparing what an earlier attempt has switched in"
  if compare "$target"; then
    say fact kept "$kept"
    finish
  fi
fi
measure_staging
judge_target
mkdir -p "$staging" || refuse target-unfit "$staging cannot be made"

set -- -aH
case $can in *A*) rsync --version | grep -q '[^o] ACLs' && set -- "$@" -A ;; esac
case $can in *X*) rsync --version | grep -q '[^o] xattrs' && set -- "$@" -X ;; esac
[ -n "$owners" ] || set -- "$@" --no-owner --no-group --no-devices --no-specials
transfer "copying $files files" "$@"
if [ -n "$(find "$staging" -name .drp-partial -type d -prune -print -exec rm -rf {} + | head -n 1)" ]; then
  transfer "setting folder times" "$@"
fi
sync -f "$staging"
[ "$switch" = 1 ] || finish

say progress "$bytes" "$bytes" "comparing $files files by checksum"
if ! compare "$staging"; then
  echo "differs after the copy:"
  differences
  # Same size and time, other content: only reading both sides finds it, and only then is it copied.
  transfer "copying what differs by checksum" "$@" -c
  sync -f "$staging"
  if ! compare "$staging"; then
    differences
    refuse copy-differs "$(differences | head -n 2 | one_line)"
  fi
fi
carry_over
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
[ ! -e "$kept" ] || say fact kept "$kept"
finish
