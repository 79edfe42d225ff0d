/** For sh, with the tree's folder as $1: 1.5 GB in large, middling and 12 000 small files, with hard and soft links and ACLs. */
export const mixedTree = `mkdir "$1/video" "$1/many" && for n in 1 2 3 4 5; do head -c 200000000 /dev/urandom >"$1/video/v$n"; done
  for n in $(seq 60); do mkdir "$1/many/$n"; head -c 6000000 /dev/urandom | split -b 30000 -a 3 - "$1/many/$n/f"; done
  for n in 1 2 3 4 5; do head -c 25000000 /dev/urandom >"$1/middle$n"; done
  for n in $(seq 50); do ln "$1/many/$n/faaa" "$1/link$n"; ln -s "many/$n/faab" "$1/soft$n"; done
    ln "$1/video/v1" "$1/video/again"
  for n in $(seq 60); do setfacl -m u:1:r "$1/many/$n/faac"; done`;
