# What a copy is chosen by. The first answer under a token stays the answer: a copy taken up again is the same copy.
#   ROUTE(7) IDENTITY_FILE IDENTITY_TEXT SOURCE STAGING EXCLUDES TOKEN SCRIPT_FOR_SAMPLE SCRIPT_FOR_THE_SOURCE WARM ANYWAY LIST_SCRIPT
# LIST_SCRIPT, where given: the tree of a final copy is listed already while its job is being started.
# Lines: busy (nothing was looked at: the tree kept warm is being filled; not with ANYWAY=1) · here KEY VALUE · there KEY VALUE · warm ENTRIES · round MICROSECONDS · rate BYTES_A_SECOND · took MILLISECONDS
one_line() {
  tr '\n' ' ' | cut -c 1-300
}
asked=$(date +%s%N)
kept=$HOME/.drp/jobs/${13}/probe
if [ -s "$kept" ]; then
  cat "$kept"
  exit 0
fi
warm=${16}
if [ "${17}" != 1 ] && [ "${11}" != "$warm" ] && [ -e "$warm.lock" ] && ! flock -n "$warm.lock" true; then
  echo busy
  exit 0
fi
(umask 077 && mkdir -p "${kept%/*}") || exit 95
# The connection is left open for the copy that follows: what it needs outlives this probe. The first one is taken.
work=$(mktemp -d "${kept%/*}/way.XXXXXX") || exit 95
trap 'rm -f "$work/names" "$work/there" "$work/to" "$work/from" "$work/answer"' EXIT
trap 'exit 143' HUP INT TERM
keep() {
  ln -s "${work##*/}" "${kept%/*}/way" 2>/dev/null
  sed -i '/^took /d' "$work/answer"
  echo "took $((($(date +%s%N) - asked) / 1000000))" >>"$work/answer"
  cp "$work/answer" "$work/kept" && mv "$work/kept" "$kept.$$" && sync "$kept.$$" || exit 95
  ln "$kept.$$" "$kept" 2>/dev/null
  rm -f "$kept.$$"
  sync "${kept%/*}"
  cat "$kept"
  exit 0
}
staging=${11} excludes=${12} sample_script=${14}
# The connection that the pre-copy left open to this very source, if it still stands.
take_connection() {
  head -n 1 "$staging.ledger/of" | grep -qF "3 $(link_mark) $source " && read -r open <"$staging.ledger/way" || return 0
  (cd "$open" && exec timeout 5 ssh -O check -o ControlPath=link drp-source) >/dev/null 2>&1 </dev/null || return 0
  DRP_LINK_SHARE=$open
  ln -s "$open" "${kept%/*}/way" 2>/dev/null
}
list_ahead() {
  owners=
  [ "$(id -u)" != 0 ] || owners=1
  printf '%s\n' "$list_script" >"$work/list.sh"
  on_source "$work/list.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$owners" facts >"$work/list" 2>"$work/error"
  echo "$?" >"$work/code.new"
  mv "$work/code.new" "$work/code"
}
link_up "$1" "$2" "$3" "$4" "$5" "$6" "$7" aes128-gcm@openssh.com
[ -e "$staging" ] || [ ! -d "$warm" ] || staging=$warm
# A tree whose last pass was looked at whole: nothing is walked again inside a frozen window.
if [ -s "$staging.ledger/probe" ] && [ -d "$staging" ] && head -n 1 "$staging.ledger/of" | grep -qF " ${10} "; then
  cat "$staging.ledger/probe" >"$work/answer"
  list_script=${18} identity_file=$8 identity_text=$9 source=${10}
  : >"$work/coming"
  take_connection
  [ -z "$list_script" ] || cut -d . -f 1 /proc/uptime | tr '\n' ' ' >"$work/started"
  {
    [ -n "$DRP_LINK_SHARE" ] || link_leave
    rm -f "$work/coming"
    [ -z "$list_script" ] || list_ahead
  } </dev/null >/dev/null 2>&1 &
  if [ -n "$list_script" ]; then
    { cat "$work/started" && echo "$!"; } >"$work/began"
    ln -s "${work##*/}" "${kept%/*}/ahead" 2>/dev/null
  fi
  keep
fi
link_leave
shift 7
printf '%s\n' "$8" >"$work/source.sh"
# The source is walked while the line and this end are looked at.
on_source "$work/source.sh" "$3" "$1" "$2" "$excludes" >"$work/there" 2>"$work/error" &
walking=$!
{
  describe_host | sed 's/^/here /'
  warm=0
  [ ! -d "$staging" ] || warm=$(find "$staging" -mindepth 1 2>/dev/null | wc -l)
  echo "warm $warm"
  # A folder hands its default ACL down to what is made in it.
  above=$staging
  while [ ! -d "$above" ]; do above=${above%/*}; done
  { printf '%s\0' "${above:-/}"; [ "$warm" = 0 ] || find "$staging" -print0; } >"$work/names"
  look_for_attributes <"$work/names"
  echo "here attributes $found_attributes"
} >"$work/answer"
if [ -n "$DRP_LINK_ADDRESS" ]; then
  mkfifo "$work/to" "$work/from"
  (cd "$work" && exec sh ./ssh "$DRP_LINK_ADDRESS" 'while read -r line; do case $line in go) head -c 4194304 /dev/zero ;; *) echo "$line" ;; esac; done') \
    <"$work/to" >"$work/from" 2>>"$work/error" &
  # A line that dies while it is looked at is not known then; this script does not die of it.
  trap '' PIPE
  exec 3>"$work/to" 4<"$work/from"
  best=
  for turn in 0 1 2 3 4; do
    began=$(date +%s%N)
    echo "$turn" >&3 2>/dev/null || break
    read -r answered <&4 || break
    took=$((($(date +%s%N) - began) / 1000))
    if [ "$turn" != 0 ] && { [ -z "$best" ] || [ "$took" -lt "$best" ]; }; then best=$took; fi
  done
  [ -z "$best" ] || echo "round $best" >>"$work/answer"
fi
wait "$walking" && sed 's/^/there /' "$work/there" >>"$work/answer"
if [ -n "$DRP_LINK_ADDRESS" ]; then
  # Worth a second only where there is much to send.
  if [ -n "$best" ] && [ "$(sed -n 's/^there bytes //p' "$work/answer")" -gt 67108864 ] 2>/dev/null; then
    # A young connection carries a tenth of what the line does: a second and a third look cost less than a sample.
    rate=0 turn=0 carried=4194304 took=0
    while [ "$carried" = 4194304 ] && [ "$took" -lt 300000 ] && [ "$rate" -lt 80000000 ] && [ "$turn" -lt 3 ]; do
      turn=$((turn + 1))
      began=$(date +%s%N)
      echo go >&3 2>/dev/null || break
      carried=$(timeout 1 head -c 4194304 <&4 | wc -c)
      took=$((($(date +%s%N) - began) / 1000))
      [ "$carried" -le 262144 ] || [ "$took" -le 0 ] || [ $((carried * 1000 / took * 1000)) -le "$rate" ] || rate=$((carried * 1000 / took * 1000))
    done
    [ "$rate" = 0 ] || echo "rate $rate" >>"$work/answer"
  fi
  exec 3>&- 4<&-
  trap - PIPE
  # Only where the line may be what takes time is it worth knowing what compression would save.
  if [ "${rate:-0}" -gt 0 ] && [ "$rate" -lt 80000000 ]; then
    printf '%s\n' "$sample_script" >"$work/sample.sh"
    on_source "$work/sample.sh" "$3" "$1" "$2" "$excludes" 2>>"$work/error" | sed 's/^/there /' >>"$work/answer"
  fi
fi
keep
