# Facts of the host it runs on, a `KEY VALUE` a line.
describe_host() {
  printf 'cores %s\n' "$(nproc 2>/dev/null || echo 1)"
  printf 'aes %s\n' "$(grep -m 1 -cwE '^(flags|Features)[[:space:]]*:.*[[:space:]]aes' /proc/cpuinfo 2>/dev/null)"
  printf 'zstd %s\n' "$(rsync --version 2>/dev/null | grep -cE '^ +.*\bzstd\b')"
}
