# Removes the isolated folder of a drill, where it is this run's.
#   ROOT RUN
root=$1 run=$2
parent=${root%/*}
gone=$parent/.gone-$run
new=$parent/.new-$run
owner=$(head -n 1 "$root/.drp-drill" 2>/dev/null)
if [ -e "$root" ] && [ "$owner" != "$run" ]; then
  say fact left "${owner:--}"
elif [ -e "$root" ]; then
  # Away under a name of this run's first: half a folder without its mark would be nobody's.
  mv -T "$root" "$gone" || refuse target-unfit "$root cannot be moved away"
fi
say progress 0 0 "removing what was copied"
for folder in "$gone" "$new"; do
  [ ! -e "$folder" ] || rm -rf --one-file-system -- "$folder"
  [ ! -e "$folder" ] || refuse target-unfit "$folder is still there"
done
# Only where they are empty.
rmdir "$parent" "${parent%/*}" 2>/dev/null
[ "$owner" != "$run" ] || [ ! -e "$root" ] || refuse target-unfit "$root is still there"
exit 0
