# Keeps a copy of a run's record: one file NAME.jsonl a run, only ever appended to.
#
#   append NAME FROM <lines    → lines that lie there now; nothing is written where there are fewer than FROM
#   read NAME 0                → the copy
#   list RUN 0                 → names of the copies of a run
verb=$1 name=$2 from=$3
case $name in '' | .* | -* | *[!A-Za-z0-9._-]*) refuse name ;; esac
copies=$HOME/.drp/witness
copy=$copies/$name.jsonl

case $verb in
list)
  say copies
  ls -1 "$copies" 2>/dev/null | sed -n "s/^\($name\(-[0-9a-f]*\)\{0,1\}\)\.jsonl\$/\1/p"
  exit 0
  ;;
read)
  say copy
  [ ! -e "$copy" ] || cat "$copy"
  exit 0
  ;;
append) umask 077 ;;
*) refuse usage ;;
esac
command -v flock >/dev/null || refuse tools flock
mkdir -p "$copies" || refuse room
exec 8>>"$copies/.$name.lock"
lock_claim -x
input=$(mktemp "$copies/.in.XXXXXX") || refuse room
trap 'rm -f "$input" "$copy.new"' EXIT
trap 'exit 1' HUP INT TERM PIPE
cat >"$input" || refuse room
there=0
if [ -e "$copy" ]; then
  there=$(wc -l <"$copy")
  # A power cut may have left half a line at the end: it was never acknowledged.
  if [ -n "$(tail -c 1 "$copy")" ]; then
    head -n "$there" "$copy" >"$copy.new" && mv -f "$copy.new" "$copy" || refuse room
  fi
fi
# Half a line at the end of the input: the connection was cut.
given=$(wc -l <"$input")
if [ "$there" -ge "$from" ] && [ $((from + given)) -gt "$there" ]; then
  head -n "$given" "$input" | tail -n "+$((there - from + 1))" >>"$copy" && sync "$copy" "$copies" || refuse room
  there=$((from + given))
fi
say kept "$there"
