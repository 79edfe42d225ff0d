# SHA-256 of each path on stdin (ended by NUL): PATH <tab> SUM, in the order of whole lines, names escaped as in a list of
# the tree. openssl uses what the processor computes by itself, and is two to five times as fast; odd names, which it
# spells in its own way, are left to sha256sum. A file that cannot be read is missing. $hashers: processes at once.
sum_files() {
  summed=$(mktemp -d) || return 1
  case $(openssl dgst -sha256 -r </dev/null 2>/dev/null) in
  e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855*)
    sed -zn -e '/\\/b odd' -e '/\n/b odd' -e p -e b -e :odd -e "w $summed/odd" >"$summed/names"
    # Each writes a file of its own: lines of several writers would run into each other.
    each=$(($(tr -dc '\0' <"$summed/names" | wc -c) / (${hashers:-1} * 4) + 1))
    [ "$each" -le 2000 ] || each=2000
    xargs -0 -r -n "$each" -P "${hashers:-1}" sh -c 'folder=$1; shift; exec openssl dgst -sha256 -r "$@" >>"$folder/sums.$$"' drp "$summed" <"$summed/names"
    ;;
  *) cat >"$summed/odd" ;;
  esac
  {
    cat "$summed"/sums.* 2>/dev/null
    xargs -0 -r -a "$summed/odd" sha256sum -z -- | sed -z 's/\\/\\\\/g; s/\n/\\n/g' | tr '\0' '\n'
  } | awk '{ path = substr($0, 67); if (index(path, "\t")) gsub(/\t/, "\\t", path); print path "\t" substr($0, 1, 64) }' | sort
  rm -rf "$summed"
}
