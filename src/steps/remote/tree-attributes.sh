# Looks for ACLs and extended attributes of every path on stdin (ended by NUL): `none`, `some` or `unknown` in
# $found_attributes. ACLs are extended attributes to the kernel. Anything but a complete look is `unknown`.
look_for_attributes() {
  found_attributes=unknown
  command -v getfattr >/dev/null 2>&1 || return 0
  looked=$(mktemp -d) || return 0
  # Ends at the first one found: then nothing more has to be known.
  { xargs -0 -r getfattr -h -m - --absolute-names -- 2>"$looked/error"; echo "ended $?" >"$looked/code"; } |
    head -c 1 >"$looked/found"
  if [ -s "$looked/found" ]; then
    found_attributes=some
  elif [ ! -s "$looked/error" ] && [ "$(cat "$looked/code" 2>/dev/null)" = 'ended 0' ]; then
    found_attributes=none
  fi
  rm -rf "$looked"
}
