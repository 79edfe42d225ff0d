# What stands at both ends of a copy, and what must not begin.

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

judge_size() {
  [ "$files" -gt 0 ] || refuse source-unfit "$source is empty"
  [ "$files" -ge "$min_files" ] && [ "$bytes" -ge "$min_bytes" ] ||
    refuse source-unfit "$source has shrunk: $files files and $bytes bytes, at least $min_files and $min_bytes were expected"
}

# What this attempt's probe found a moment ago; a list of the whole source judges it again before any name changes.
probed() {
  sed -n "s/^there $1 //p" "$job/probe" 2>/dev/null
}

measure_source() {
  if [ -n "$(probed entries)" ] && [ -z "$(probed unreadable)" ] && [ "$(probed files)" -gt 0 ]; then
    entries=$(probed entries) files=$(probed files) bytes=$(probed bytes) disk=$(probed disk) newest=$(probed newest) can=$(probed can)
    judge_size
    return
  fi
  on_source "$work/size.sh" "$source" "$identity_file" "$identity_text" "$excludes" >"$work/size" 2>"$work/error"
  judge_source $?
  read -r word entries files bytes disk newest can <"$work/size"
  [ "$word" = size ] || refuse source-unreachable "its answer was not understood: $(one_line <"$work/size")"
  judge_size
}

# The numbers of the very list that both sides were compared by.
judge_listed() {
  read -r files bytes <<LISTED
$(awk -F '\t' '$1 == "f" { files++; bytes += $4 } END { printf "%d %.0f", files, bytes }' "$work/manifest.source")
LISTED
  judge_size
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
