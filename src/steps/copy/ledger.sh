# A list of checksums read while users still work, so that the frozen window reads only what changed since. It lies beside
# the staging tree and says nothing about names in use.

# What a ledger is of: another source, another way to it, other patterns or another login, and it is none.
ledger_of() {
  printf '3 %s %s %s %s\n' "$(link_mark)" "$source" "$identity_text" "${owners:-0}"
  printf '%s\n' "$excludes"
}

# Both sides at once. What cannot be read now is read inside the window.
write_ledger() {
  rm -rf "$ledger" "$ledger.new"
  mkdir -m 700 "$ledger.new" || return 0
  # A checksum is kept of what has rested for two seconds, and this tree was written just now.
  [ "$files" -lt 1000 ] || sleep 3
  on_source "$work/ledger.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$owners" ledger >"$work/read.source" 2>"$work/error" &
  far=$!
  sh "$work/ledger.sh" "$staging" '' '' "$excludes" "$owners" ledger >"$work/read.here" 2>"$work/error.here"
  near=$?
  wait "$far" && [ "$near" = 0 ] || {
    echo "no list of checksums was kept: $(cat "$work/error" "$work/error.here" | one_line)"
    rm -rf "$ledger.new"
    return 0
  }
  for side in source here; do
    head -n 1 "$work/read.$side" >"$ledger.new/tree.$side"
    tail -n +2 "$work/read.$side" | cut -f 1-3 >"$ledger.new/$side"
    tail -n +2 "$work/read.$side" | cut -f 1,4 | sed '/\t-$/d' >"$ledger.new/$side.sums"
  done
  ledger_of >"$ledger.new/of"
  read -r word boot trusted device can_now attributes <"$ledger.new/tree.source"
  read -r word boot trusted_here device can_now attributes_here <"$ledger.new/tree.here"
  say fact ledger "$(wc -l <"$ledger.new/source")"
  # The answer of the next probe: the same host and line, and a tree that is warm now.
  [ ! -s "$job/probe" ] ||
    sed "/^there entries/d; s/^warm .*/warm $entries/; s/^there attributes .*/there attributes $attributes/; s/^here attributes .*/here attributes $attributes_here/" \
      "$job/probe" >"$ledger.new/probe"
  sync "$ledger.new"/* && mv -T "$ledger.new" "$ledger" && sync "$parent"
}

# What the staging tree holds once the last pass is over: only the final copy changes it, so that it is not walked again
# before that sends what changed. The comparison walks it.
write_names() {
  [ -d "$ledger" ] || return 0
  rm -f "$ledger/names.here"
  read_facts here "$staging" || return 0
  cp "$work/size.here" "$ledger/size.here" && cut -f 1,3 "$work/facts.here" >"$ledger/names.new" &&
    sync "$ledger/names.new" "$ledger/size.here" && mv "$ledger/names.new" "$ledger/names.here" && sync "$ledger"
}

# The final copy finds a connection here, if it begins soon: it is open and proven before anything is frozen.
leave_connection() {
  [ -n "$DRP_LINK_ADDRESS" ] && [ -d "$ledger" ] && mkdir -p -m 700 "$job/kept" || return 0
  (
    cd "$job/kept" || exit
    DRP_LINK_SHARE=
    # It outlives this job and is no part of it.
    unset DRP_JOB DRP_SECRET_FILE
    exec sh "$work/ssh" -f -M -N -o ControlPath=link -o "ControlPersist=$kept_open_seconds" "$DRP_LINK_ADDRESS"
  ) >/dev/null 2>"$work/error.link" </dev/null
  [ ! -S "$job/kept/link" ] || printf '%s\n' "$job/kept" >"$ledger/way"
}
# From the end of a pre-copy to the answer at the gate that freezes.
kept_open_seconds=1800

# Whether there is a ledger of this source at all.
ledger_there() {
  [ -s "$ledger/names.here" ] && [ -d "$staging" ] && ledger_of | cmp -s - "$ledger/of"
}

# Once the source is listed. 0: the ledger is of these very devices, and of this start of both hosts.
ledger_holds() {
  sh "$work/ledger.sh" "$staging" '' '' "$excludes" "$owners" head >"$work/tree.here" 2>"$work/error.here" || return
  for side in source here; do
    [ "$(cut -d ' ' -f 2-4 "$work/tree.$side")" = "$(cut -d ' ' -f 2-4 "$ledger/tree.$side")" ] || return 1
    case $(cut -d ' ' -f 3 "$work/tree.$side") in 1) ;; *) return 1 ;; esac
  done
}

# The numbers of both trees from their lists, that of the staging tree from the ledger, as measure_source and measure_staging say them.
measure_facts() {
  read -r entries files bytes disk newest <"$work/size.source"
  read -r here_entries here_files here_bytes here_disk here_rest <"$ledger/size.here"
  can=$(cut -d ' ' -f 5 "$work/tree.source")
  judge_size
}

# The last differences by what changed since the ledger: entries that are new or other on the source are sent, those that
# only the staging tree has are removed. Nothing is believed because of it: the comparison that follows covers every entry.
# 1: too much has changed, or it did not come to its end; the pass over the whole tree does it.
send_changes() {
  take_up source
  changed=$(wc -l <"$work/changed.source")
  cut -f 1,3 "$work/facts.source" | comm -13 - "$ledger/names.here" | cut -f 1 | sort -r >"$work/extra"
  say fact changed "$changed"
  say fact removed "$(wc -l <"$work/extra")"
  [ "$changed" -le $((entries / 4 + 1000)) ] || return 1
  unescape <"$work/changed.source" >"$work/list.looked"
  # rsync would take the top folder for all that is in it.
  grep -vx '\.' "$work/changed.source" | unescape >"$work/list.source"
  # Read on the source while it is sent: a change in between shows when the copy is compared with what was read.
  on_source_with "$work/list.looked" "$work/ledger.sh" "$source" "$identity_file" "$identity_text" "$excludes" "$owners" listed 1 >"$work/sums.read" 2>"$work/error.listed" &
  listing=$!
  # `find` saw these paths below real folders of a tree that only this job changes: no link leads out of it.
  if [ -s "$work/extra" ]; then
    unescape <"$work/extra" | (cd "$staging" && xargs -0 rm -f -d --) 2>"$work/error" || return 1
  fi
  # Whatever size and time say of them: an edit may have kept both.
  send_listed -I || return 1
  wait "$listing"
  listed=$?
  [ "$listed" = 0 ] || cp "$work/error.listed" "$work/error"
  judge_source "$listed"
  tail -n +2 "$work/sums.read" >"$work/sums.source"
  # A look at all of the tree found none while it was live; those changed since have been looked at now.
  case $way_flags in *A*X*) return 0 ;; esac
  [ "$(head -n 1 "$work/sums.read")" = 'attributes none' ] || {
    way_flags=${way_flags}AX
    send_listed
  }
}

# FLAG...
send_listed() {
  lenient=1
  if [ -s "$work/list.source" ]; then
    transfer "sending $changed entries that changed" "$@" --files-from=list.source || return 1
  fi
  if grep -qx '\.' "$work/changed.source"; then
    transfer "setting what the top folder is" --exclude='/*' || return 1
  fi
  lenient=
}
