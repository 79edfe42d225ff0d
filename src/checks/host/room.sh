# Room below paths that need not be there yet. Reads only.
#   PATH...        a line each: KILOBYTES MOUNT, or `none`
for path in "$@"; do
  while [ ! -d "$path" ] && [ -n "$path" ]; do
    case $path in */*) path=${path%/*} ;; *) path= ;; esac
  done
  line=$(df -Pk "${path:-/}" 2>/dev/null | tail -n 1)
  case $line in
  *[0-9]%*) printf '%s\n' "$line" | sed 's/^.* \([0-9][0-9]*\)  *[0-9]*% *\(\/.*\)$/\1 \2/' ;;
  *) echo none ;;
  esac
done
