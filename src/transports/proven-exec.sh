umask "$mask"
exec "$@"
