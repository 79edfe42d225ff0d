# Makes the isolated folder of a drill, marked with its run from the first moment on.
#   ROOT RUN
root=$1 run=$2
mark=.drp-drill
parent=${root%/*}
for part in "$parent" "${parent%/*}"; do
  [ ! -L "$part" ] || refuse target-unfit "$part is a link: what a drill writes could land elsewhere"
done
if [ -e "$root" ]; then
  owner=$(head -n 1 "$root/$mark" 2>/dev/null)
  [ "$owner" = "$run" ] || refuse target-unfit "$root is of run ${owner:-(nobody knows)}"
  say fact root "$root"
  exit 0
fi
fresh=$parent/.new-$run
mkdir -p "$fresh" || refuse target-unfit "$parent cannot be written"
printf '%s\n' "$run" >"$fresh/$mark" && sync "$fresh/$mark" || refuse no-room "$fresh cannot be written"
mv -T "$fresh" "$root" || refuse target-unfit "$root cannot be made"
say fact root "$root"
