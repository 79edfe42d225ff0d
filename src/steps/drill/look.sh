# What stands where a drill writes. Reads only.
#   ROOT
# Lines: free · link PATH · taken OWNER KILOBYTES
root=$1
parent=${root%/*}
for part in "$parent" "${parent%/*}"; do
  [ ! -L "$part" ] || echo "link $part"
done
if [ -e "$root" ]; then
  owner=$(head -n 1 "$root/.drp-drill" 2>/dev/null)
  echo "taken ${owner:--} $(du -sk "$root" 2>/dev/null | cut -f 1)"
else
  echo free
fi
