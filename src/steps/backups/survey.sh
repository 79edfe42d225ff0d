# Lists the backups in a folder, newest first, and measures the newest few, and the one at ALSO. Reads only.
#   FOLDER BEFORE AFTER KIND MEASURED CHECKED_BYTES ALSO WHOLE KNOWN     (BEFORE{time}AFTER is the pattern)
# KNOWN: CHANGED BYTES SHA256 PATH of dumps that a survey before this one read and found whole, a line each.
# Lines: found TIME PATH · bytes N · files N · sha256 HEX · changed SECONDS · format NAME · read HOW · misread HOW · unread WORDS
#   growing · defect WORDS   (those after `found` belong to it) · reading (now and then, while it lasts)
set -u
LC_ALL=C
export LC_ALL
folder=$1 before=$2 after=$3 kind=$4 measured=$5 checked=$6 also=$7 whole=$8 known=${9:-}
gently=
if [ "$whole" -gt 0 ]; then
  gently='nice -n 19'
  ! ionice -c 3 true 2>/dev/null || gently='ionice -c 3 nice -n 19'
fi
# openssl uses what the processor computes by itself.
case $(openssl dgst -sha256 -r </dev/null 2>/dev/null) in
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855*) sha256='openssl dgst -sha256 -r' ;;
*) sha256=sha256sum ;;
esac
cd "$folder" 2>/dev/null || exit 44

# sshd ends nothing when its connection does, and what reads a dump says nothing for hours: a line now and then finds out that
# nobody listens any more. Only where the group is this shell's own, as in every session of sshd, and holds nothing else.
read -r own name state parent group rest 2>/dev/null </proc/$$/stat || group=
if [ "$group" = $$ ]; then
  # It holds nothing of the session open but what it tries, and its pauses not even that.
  (
    trap '' PIPE
    exec 3>&1 </dev/null >/dev/null 2>&1
    while sleep 3 3>&-; do
      echo reading >&3 || kill -TERM "-$$"
    done
  ) &
  trap "kill $! 2>/dev/null" EXIT
  trap 'exit 143' HUP INT TERM
fi

# Its content on stdout, unpacked; the last line says so where the unpacking failed.
content() {
  case $packing in
  '') $gently cat "$path" ;;
  *) $gently "$packing" -dc <"$path" 2>/dev/null || printf '\nnot-unpacked\n' ;;
  esac
}

# By what stands at its beginning, whatever its name: how it is packed, and what wrote it.
recognise() {
  packing=
  case $(head -c 4 "$path" | od -An -tx1 | tr -d ' \n') in
  1f8b*) packing=gzip ;;
  28b52ffd) packing=zstd ;;
  fd377a58) packing=xz ;;
  425a68*) packing=bzip2 ;;
  esac
  lacking=
  [ -z "$packing" ] || command -v "$packing" >/dev/null 2>&1 || lacking=$packing
  beginning=$(content 2>/dev/null | head -c 2048 | tr -d '\0' | head -n 12)
  case $beginning in
  PGDMP*) format=custom ;;
  *'-- PostgreSQL database'*dump*) format=sql ;;
  *'-- MySQL dump '* | *'-- MariaDB dump '*) format=mysql ;;
  *) format=unknown ;;
  esac
  [ "$format" != custom ] || [ -z "$packing" ] || format=packed
}

# All of it: a custom-format dump by its own reader, SQL for the line that its writer ends with.
read_whole() {
  case $format in custom | packed) command -v pg_restore >/dev/null 2>&1 || lacking=pg_restore ;; esac
  [ -z "$lacking" ] || {
    echo "unread $lacking is not there"
    return
  }
  case $format in
  custom | packed)
    echo 'read content'
    if [ "$format" = custom ]; then
      $gently pg_restore -f /dev/null "$path" 2>/dev/null
    else
      content | $gently pg_restore -f /dev/null 2>/dev/null
    fi || printf 'misread content\ndefect it cannot be read to its end\n'
    ;;
  sql | mysql)
    echo 'read content'
    ending=$(content | tail -c 1024 | tr -d '\0')
    case $ending in
    *not-unpacked) printf 'misread content\ndefect it cannot be unpacked to its end\n' && return ;;
    esac
    if [ "$format" = sql ]; then last='-- PostgreSQL database\( cluster\)\{0,1\} dump complete'; else last='-- Dump completed'; fi
    printf '%s\n' "$ending" | grep -q "^$last" ||
      printf 'misread content\ndefect it does not end with the words of its writer (%s)\n' "$(echo "$last" | sed 's/\\(.*}//')"
    ;;
  esac
}

for path in "$before"*"$after"; do
  [ -e "$path" ] || continue
  time=${path#"$before"}
  time=${time%"$after"}
  case $time in '' | *[!0-9TZ:_-]*) continue ;; esac
  printf '%s\n' "$time"
done | sort -r | while IFS= read -r time; do
  path=$before$time$after
  printf 'found %s %s\n' "$time" "$folder/$path"
  if [ "$folder/$path" != "$also" ]; then
    [ "$measured" -gt 0 ] || continue
    measured=$((measured - 1))
  fi
  if [ "$kind" = files ]; then
    [ -d "$path" ] && [ -r "$path" ] || {
      echo 'defect it is no folder that can be read'
      echo 'misread folder'
      continue
    }
    find "$path" -type f -printf '%s %C@\n' 2>/dev/null |
      awk '{ bytes += $1; if ($2 > last) last = $2 } END { printf "bytes %.0f\nfiles %d\nchanged %.6f\n", bytes, NR, last }'
    [ "$whole" -gt 0 ] || continue
    whole=$((whole - 1))
    [ -r "$path.manifest" ] || continue
    echo 'read manifest'
    wrong=$(cd "$path" && $gently sha256sum -c --quiet - <"$folder/$path.manifest" 2>/dev/null | wc -l)
    listed=$(wc -l <"$path.manifest")
    there=$(find "$path" -type f -printf . 2>/dev/null | wc -c)
    [ $((wrong)) -eq 0 ] && [ $((there)) -eq $((listed)) ] && continue
    echo 'misread manifest'
    echo "defect its manifest has $((listed)) files: $((wrong)) are missing or differ, and there are $((there))"
    continue
  fi
  [ -f "$path" ] && [ -r "$path" ] || {
    echo 'defect it is no file that can be read'
    continue
  }
  bytes=$(wc -c <"$path")
  changed=$(find "$path" -printf '%C@')
  printf 'bytes %s\nfiles 1\nchanged %s\n' "$((bytes))" "$changed"
  # In a check: what was written to within two minutes is not finished; the one before it is read.
  if [ "$whole" -gt 0 ] && [ -n "$(find "$path" -mmin -2)" ]; then
    echo growing
    continue
  fi
  recognise
  echo "format $format"
  [ "$format" != unknown ] || [ -n "$lacking" ] || printf 'misread content\ndefect it is no dump that is known\n'
  expected=
  [ -r "$path.sha256" ] && read -r expected rest <"$path.sha256"
  case $expected in *[!0-9a-f]*) expected= ;; esac
  [ -z "$expected" ] || printf 'sha256 %s\n' "$expected"
  if [ "$whole" -gt 0 ]; then
    whole=$((whole - 1))
  else
    [ "$bytes" -le "$checked" ] || continue
    checked=$((checked - bytes))
  fi
  if [ -n "$expected" ] && printf %s "$known" | grep -qxF -- "$changed $((bytes)) $expected $folder/$path"; then
    printf 'read checksum\nread content\n'
    continue
  fi
  if [ -n "$expected" ]; then
    echo 'read checksum'
    [ "$($gently $sha256 <"$path" | cut -d ' ' -f 1)" = "$expected" ] ||
      printf 'misread checksum\ndefect its checksum is not the one written beside it\n'
  fi
  read_whole
done
exit 0
