# TREE IDENTITY_FILE IDENTITY_TEXT EXCLUDES OWNERS FLAGS: the tree as an archive on stdout.
excludes=$4 owners=$5 flags=$6
enter_tree "$1" "$2" "$3"
kinds=f,d,l
[ -z "$owners" ] || kinds=f,d,l,p,b,c
sparse=
case $flags in *S*) sparse=-S ;; esac
set -- -c $sparse --numeric-owner --record-size=262144 --format=posix --pax-option=delete=atime,delete=ctime -f -
if [ -z "$excludes" ] && [ -n "$owners" ]; then
  exec tar "$@" .
fi
find_tree -type "$kinds" -print0 | tar "$@" --null --no-recursion -T -
