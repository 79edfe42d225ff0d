# Opens scripts that are not jobs.
set -u
LC_ALL=C
export LC_ALL
