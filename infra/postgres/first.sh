#!/bin/bash
# First start of the container: a database and a role each for the hub and for the registry, closed to one another.
# Passwords come from the compose file's secrets; psql reads the statements from its standard input.
set -euo pipefail
for name in hub registry; do
  psql --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<SQL
CREATE ROLE "$name" LOGIN PASSWORD '$(cat "/run/secrets/${name}_password")';
CREATE DATABASE "$name" OWNER "$name";
REVOKE ALL ON DATABASE "$name" FROM PUBLIC;
SQL
done
