# TREE IDENTITY_FILE IDENTITY_TEXT PATH: the content of one file on stdout.
enter_tree "$1" "$2" "$3"
exec cat -- "./$4"
