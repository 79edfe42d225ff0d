# Large files into a fresh staging tree, straight from the line: no program stands between the connection and the disk.

straight_bytes=67108864

straight_so_far() {
  IFS= read -r at <"$work/straight"
  echo $((${at%% *} + $(stat -c %s "$staging/${at#* }" 2>/dev/null || echo 0)))
}

# LIST. 1: one of them did not come whole. What a cut leaves has its name and no time of the source, so that the pass over
# the whole tree looks at it; owners and modes come with that pass, and until then nobody else may read.
bring_straight() {
  brought=0
  while IFS= read -r one <&5; do
    size=${one%% *} one=${one#* }
    when=${one%% *} path=${one#* }
    # What the source says of its own tree is never followed out of this one.
    case /$path/ in */../*) return 1 ;; esac
    printf '%s %s\n' "$brought" "$path" >"$work/straight"
    case $path in */*) mkdir -p "$staging/${path%/*}" ;; esac || return
    on_source "$work/one-file.sh" "$source" "$identity_file" "$identity_text" "$path" >"$staging/$path" 2>"$work/error" &&
      [ "$(stat -c %s "$staging/$path")" = "$size" ] && touch -d "@$when" "$staging/$path" || return
    brought=$((brought + size))
  done 5<"$1"
}

# Only where sessions share a connection: each file has one of its own.
straight() {
  case $way_flags in *L*) ;; *) return 0 ;; esac
  [ -n "$DRP_LINK_SHARE" ] && [ "$here_entries" -le 1 ] || return 0
  on_source "$work/large.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$straight_bytes" >"$work/large" 2>"$work/error" || return 0
  echo '0 ' >"$work/straight"
  limit= streams_now=
  report_while 'copying large files' 0 straight_so_far &
  reporter=$!
  umask_here=$(umask)
  umask 077
  if ! bring_straight "$work/large"; then
    echo "a large file did not come whole, rsync goes on with it: $(tail -n 2 "$work/error" | one_line)"
    # Else it would be sent from its start.
    way_flags=$(printf %s "$way_flags" | tr -d W)
  fi
  umask "$umask_here"
  kill "$reporter" 2>/dev/null
  wait "$reporter" 2>/dev/null
  measure_staging
}
