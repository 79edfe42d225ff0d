# What a machine is, for comparing it with what it was. Reads only; what it cannot tell is left out.
#   [PROGRAM]...      Lines: WORD VALUE
set -u
LC_ALL=C
export LC_ALL
os=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null | tr -d '"')
[ -z "$os" ] || printf 'os %s\n' "$os"
kernel=$(uname -r 2>/dev/null)
[ -z "$kernel" ] || printf 'kernel %s\n' "$kernel"
cores=$(nproc 2>/dev/null)
[ -z "$cores" ] || printf 'cores %s\n' "$cores"
sed -n 's/^MemTotal: *\([0-9]*\) kB$/memory \1/p' /proc/meminfo 2>/dev/null
for program in "$@"; do
  command -v "$program" >/dev/null 2>&1 || continue
  option=--version
  [ "${program##*/}" != ssh ] || option=-V
  said=$("$program" "$option" 2>&1 </dev/null | head -n 1)
  printf 'program %s %s\n' "${program##*/}" "$said"
done
exit 0
