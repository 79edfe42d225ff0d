# Brings a tree into the staging tree: rsync in one stream or several, or one archive. Needs $way_*, $source, $staging.

# FROM TO BYTES_A_SECOND a line, instants of the day as HHMM (UTC): the limit of this moment, '' for none.
limit_now() {
  [ -s "$work/limits" ] || return 0
  awk -v now="$(date -u +%H%M)" '
    { within = ($1 + 0 <= $2 + 0) ? (now + 0 >= $1 + 0 && now + 0 < $2 + 0) : (now + 0 >= $1 + 0 || now + 0 < $2 + 0) }
    within && (least == "" || $3 + 0 < least) { least = $3 + 0 }
    END { if (least != "") printf "%d\n", least }' "$work/limits"
}

# What every rsync of this copy has in common; the rest follows as arguments.
rsync_flags() {
  set -- -aH -s --numeric-ids --no-h --partial-dir=.drp-partial --from0 --exclude-from=excludes --info=progress2 "$@"
  case $way_flags in *A*) case $can in *A*) rsync --version | grep -q '[^o] ACLs' && set -- "$@" -A ;; esac ;; esac
  case $way_flags in *X*) case $can in *X*) rsync --version | grep -q '[^o] xattrs' && set -- "$@" -X ;; esac ;; esac
  # What a cut left behind is gone on with, and that is found by comparing blocks.
  case $way_flags in *W*) [ -n "$begun" ] || set -- "$@" -W ;; esac
  case $way_flags in *S*) set -- "$@" -S ;; esac
  case $way_flags in *Z*) set -- "$@" --zc=zstd --zl=1 ;; esac
  [ -n "$owners" ] || set -- "$@" --no-owner --no-group --no-devices --no-specials
  limit=$(limit_now)
  [ -z "$limit" ] || set -- "$@" "--bwlimit=$((limit / 1024 + 1))"
  flags=
  for flag in "$@"; do flags="$flags$(shell_word "$flag")"; done
}

# One stream is one rsync. NUMBER FLAG...: the flags beside those of every stream.
start_stream() {
  number=$1
  shift
  : >"$work/progress.$number"
  from=$source/
  [ -z "$DRP_LINK_ADDRESS" ] || from=$DRP_LINK_ADDRESS:$from
  (
    cd "$work" || exit 1
    # Streams beside the first have a connection of their own: one connection is what holds them back.
    [ "$number" = 1 ] || DRP_LINK_SHARE=
    eval "exec rsync $flags"' "$@" -e "sh ./ssh" -- "$from" "$staging/"'
  ) >>"$work/progress.$number" 2>>"$work/error" &
}

# Bytes that all streams have looked at so far.
streamed() {
  for one in "$work"/progress.*; do
    tail -c 300 "$one" | tr '\r' '\n' | sed -n 's/^ *\([0-9][0-9]*\) .*%.*/\1/p' | tail -n 1
    # rsync ends no line: without this the numbers of two streams would be read as one.
    echo
    # rsync writes a record for every file: kept short, or it would outgrow the copy.
    [ "$(wc -c <"$one")" -le 1048576 ] || : >"$one"
  done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# A stream that never began beside one that did: the source lets fewer log in at once (MaxStartups). Those that are left take
# over what it was to bring. Where none began it is the line.
fewer_streams() {
  let_in= shut_out=
  for one in "$work"/progress.*; do
    if [ -s "$one" ]; then let_in=1; else shut_out=1; fi
  done
  [ -n "$let_in" ] && [ -n "$shut_out" ] && [ -s "$work/share.1" ] || return 0
  set -- "$work"/share.*
  keep=$((($# + 1) / 2))
  for share in "$@"; do
    number=${share##*.}
    [ "$number" -le "$keep" ] || { cat "$share" >>"$work/share.$(((number - 1) % keep + 1))" && rm -f "$share"; }
  done
  echo "the source did not let all streams in, going on in $keep of $#"
}

# WORDS BYTES_BEFORE COUNTER: says where the work is, once a second, until it is ended, or the job was.
report_while() {
  while sleep 1 && kill -0 "$$" 2>/dev/null; do
    sent=$($3)
    done_bytes=$(($2 + ${sent:-0}))
    [ "$done_bytes" -le "$bytes" ] || done_bytes=$bytes
    say progress "$done_bytes" "$bytes" "$1, ${sent:-0} bytes looked at in this pass"
    # What the runbook allows of the line changes with the hour: a stream keeps what it was begun with.
    [ "$(limit_now)" = "${limit:-}" ] || { echo changed >"$work/limit.changed"; kill $streams_now 2>/dev/null; }
  done
}

# Set: an rsync that could not do some of it (23) is no refusal; the caller goes another way.
lenient=

# WORDS FLAG...: runs one rsync to its end, or as many as the way has; tries again only after what may pass by itself.
transfer() {
  words=$1
  shift
  tries=0 begun=
  while :; do
    : >"$work/error"
    rm -f "$work"/progress.* "$work/limit.changed"
    rsync_flags
    streams_now=
    code=0
    if [ -s "$work/share.1" ]; then
      for share in "$work"/share.*; do
        start_stream "${share##*.}" "$@" -r --files-from="$share"
        streams_now="$streams_now $!"
      done
    else
      start_stream 1 "$@"
      streams_now=$!
    fi
    begun=1
    report_while "$words" "$here_bytes" streamed &
    reporter=$!
    for stream in $streams_now; do
      wait "$stream"
      ended=$?
      [ "$ended" = 0 ] || [ "$ended" = 24 ] && [ "$code" != 0 ] || code=$ended
    done
    kill "$reporter" 2>/dev/null
    wait "$reporter" 2>/dev/null
    if [ -e "$work/limit.changed" ]; then
      echo 'begun again under the limit of this hour'
      continue
    fi
    [ "$code" != 0 ] || break
    tries=$((tries + 1))
    case $code in
    10 | 12 | 20 | 30 | 35 | 255) [ "$tries" -lt 5 ] || refuse source-unreachable "rsync ended with $code: $(tail -n 3 "$work/error" | one_line)" ;;
    11) refuse no-room "rsync could not write: $(tail -n 3 "$work/error" | one_line)" ;;
    24) [ "$switch" = 0 ] && break ;; # files vanished under a pass over a living source: the final pass sees them
    23) [ -z "$lenient" ] || return 1 ;;
    esac
    case $code in 10 | 12 | 20 | 30 | 35 | 255) ;; *) refuse step-failed "rsync ended with $code: $(head -n 5 "$work/error" | one_line)" ;; esac
    echo "rsync ended with $code, try $tries of 5: $(tail -n 2 "$work/error" | one_line)"
    fewer_streams
    sleep $((tries * 3))
    measure_staging
  done
}

# Shares the folders of the source out among the streams, the largest first: a line `BYTES PATH` for each, of two levels,
# so that a tree in one folder can be shared, too. What no share holds is brought by the pass over the whole tree after it.
share_out() {
  rm -f "$work"/share.*
  [ "$way_streams" -gt 1 ] || return 0
  on_source "$work/shares.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$way_streams" >"$work/shares" 2>"$work/error" || return 0
  for number in $(seq "$way_streams"); do
    sed -zn "s/^$number //p" "$work/shares" >"$work/share.$number"
    [ -s "$work/share.$number" ] || rm -f "$work/share.$number"
  done
}

extracted() {
  tail -n 1 "$work/progress.1" 2>/dev/null | sed 's/[^0-9]//g' | awk '{ printf "%.0f\n", $1 * 262144 }'
}

# Fills the fresh staging tree from one archive. 0: it came whole. What a cut leaves behind is found by size or time in
# the rsync that follows: tar sets a file's time when all of it is written.
archive() {
  set -- --numeric-owner -p --delay-directory-restore --record-size=262144 --checkpoint=40 --checkpoint-action=echo=%u
  [ -n "$owners" ] && set -- "$@" --same-owner || set -- "$@" --no-same-owner
  : >"$work/progress.1"
  limit= streams_now=
  report_while "copying $files files as one archive" 0 extracted &
  reporter=$!
  {
    on_source "$work/pack.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$owners" "$way_flags" 2>"$work/error.pack"
    echo "$?" >"$work/packed"
  } | tar -x "$@" -C "$staging" -f - 2>"$work/progress.1"
  code=$?
  kill "$reporter" 2>/dev/null
  wait "$reporter" 2>/dev/null
  [ "$code" = 0 ] && [ "$(cat "$work/packed" 2>/dev/null)" = 0 ] && return 0
  echo "the archive ended early: $(tail -n 2 "$work/error.pack" | one_line) $(grep -v '^tar: [0-9]*$' "$work/progress.1" | tail -n 2 | one_line)"
  measure_staging
  return 1
}
