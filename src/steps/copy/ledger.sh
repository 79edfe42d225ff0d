# A list of checksums read while users still work, so that the frozen window reads only what changed since. It lies beside
# the staging tree and says nothing about names in use.

# What a ledger is of: another source, other patterns or another login, and it is none.
ledger_of() {
  printf '2 %s %s %s %s\n' "$DRP_LINK_ADDRESS" "$source" "$identity_text" "${owners:-0}"
  printf '%s\n' "$excludes"
}

# Both sides at once. What cannot be read now is read inside the window.
write_ledger() {
  rm -rf "$ledger" "$ledger.new"
  mkdir -m 700 "$ledger.new" || return 0
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

# Whether there is a ledger of this source at all: then it pays to look at both trees at once.
ledger_there() {
  [ -d "$ledger" ] && [ -d "$staging" ] && ledger_of | cmp -s - "$ledger/of"
}

# The trees, once both lists are read. 0: the ledger is of this very device, and of this start of both hosts.
ledger_holds() {
  for side in source here; do
    [ "$(cut -d ' ' -f 2-4 "$work/tree.$side")" = "$(cut -d ' ' -f 2-4 "$ledger/tree.$side")" ] || return 1
    case $(cut -d ' ' -f 3 "$work/tree.$side") in 1) ;; *) return 1 ;; esac
  done
}

# The numbers of both trees from their lists, as measure_source and measure_staging say them.
measure_facts() {
  read -r entries files bytes disk newest <"$work/size.source"
  read -r here_entries here_files here_bytes here_disk here_rest <"$work/size.here"
  can=$(cut -d ' ' -f 5 "$work/tree.source")
  judge_size
}

# The last differences by what changed since the ledger: entries that are new or other on the source are sent, those that
# only the staging tree has are removed. Nothing is believed because of it: the comparison that follows covers every entry.
# 1: too much has changed, or it did not come to its end; the pass over the whole tree does it.
send_changes() {
  take_up source
  changed=$(wc -l <"$work/changed.source")
  for side in source here; do cut -f 1,3 "$work/facts.$side" >"$work/names.$side"; done
  comm -13 "$work/names.source" "$work/names.here" | cut -f 1 | sort -r >"$work/extra"
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
