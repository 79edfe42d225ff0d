# Sets aside what a side wrote since the last backup, and counts it. Changes nothing outside the quarantine folder.
#   PROGRAMS ADDRESS PORT USER DATABASE QUARANTINE PAIRS COUNT_SQL SINCE_ROWS TREE SINCE_FILES
# DATABASE or TREE '': not asked for. SINCE_FILES: seconds.
programs=$1 address=$2 port=$3 user=$4 database=$5 quarantine=$6
shift 6
pairs=$1 count_sql=$2 since=$3 tree=$4 since_files=$5
(umask 077 && mkdir -p "$quarantine") || refuse no-room "cannot make $quarantine"

set_files_aside() {
  [ -n "$tree" ] || return 0
  if [ ! -d "$tree" ]; then
    say fact files absent
    return 0
  fi
  need_tools rsync find awk df
  cd "$tree" || refuse source-unfit "$tree cannot be read"
  now=$(date +%s)
  # Written after: by its time of change. Touched after: by its inode's, which moves and restores cannot set back.
  find . -type f -printf '%T@ %C@ %s\n' | awk -v since="$since_files" -v now="$now" '
    $1 > since && $1 <= now + 60 { written++; bytes += $3; next }
    $2 > since { touched++; bytes += $3 }
    END { printf "%d %d %.0f\n", written, touched, bytes }' >"$work/totals"
  read -r written touched bytes <"$work/totals"
  free=$(df -Pk "$quarantine" | awk 'NR == 2 { print $4 }')
  [ $((free * 1024)) -gt $((bytes + 67108864)) ] || refuse no-room "$quarantine needs $bytes bytes, there are $((free * 1024))"
  say progress 0 "$bytes" "setting $((written + touched)) files aside"
  find . -type f '(' -newermt "@$since_files" -o -newerct "@$since_files" ')' -print0 >"$work/newer"
  if [ -s "$work/newer" ]; then
    mkdir -p "$quarantine/files"
    rsync -aH -0 --files-from="$work/newer" ./ "$quarantine/files/" 2>"$work/error" ||
      refuse step-failed "files could not be set aside: $(one_line <"$work/error")"
    cp "$work/newer" "$quarantine/files.list"
    find . -type f -newermt "@$since_files" ! -newermt "@$((now + 60))" -printf '%T@ %s %p\n' | sort -rn | head -n 10 |
      while read -r time size path; do say newer "$size $path"; done
  fi
  say fact files present
  say fact written "$written"
  say fact touched "$touched"
  say fact fileBytes "$bytes"
}

set_rows_aside() {
  [ -n "$database" ] || return 0
  pg_up "$programs" "$address" "$port" "$user"
  there=$(echo "select count(*) from pg_database where datname = :'name'" | sql -d postgres -v name="$database")
  if [ "$there" = 0 ]; then
    say fact database absent
    return 0
  fi
  say fact database present
  dump_database "$database" "$quarantine/$database.dump" "$pairs" "$count_sql" "$since"
}

set_files_aside
set_rows_aside
exit 0
