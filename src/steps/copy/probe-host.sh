# Facts of the host it runs on, a `KEY VALUE` a line; leaves what its rsync can do in $features.
describe_host() {
  features=$(rsync --version 2>/dev/null)
  printf 'cores %s\n' "$(nproc 2>/dev/null || echo 1)"
  printf 'aes %s\n' "$(grep -m 1 -cwE '^(flags|Features)[[:space:]]*:.*[[:space:]]aes' /proc/cpuinfo 2>/dev/null)"
  printf 'zstd %s\n' "$(printf '%s\n' "$features" | grep -cE '^ +.*\bzstd\b')"
}
