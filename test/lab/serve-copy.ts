import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SiteName } from './facts.ts';
import { appPasswordFile, postgresPort } from './postgres.ts';
import type { LabContext } from './process.ts';
import { hostAddress, hostFolder } from './sshd.ts';
import { siteName } from './web.ts';

/**
 * The site's own program to serve a restored copy beside the live site: `serve-copy start ROOT PORT DATABASE`, `check ROOT`
 * (exits 0 while any part of it runs), `stop ROOT`. All it makes lies in ROOT/serve.
 */
export function writeServeCopy(lab: LabContext, site: SiteName): string {
  const folder = join(hostFolder(lab, site), 'bin');
  const file = join(folder, 'serve-copy');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, script(lab, site), { mode: 0o755 });
  return file;
}

function script(lab: LabContext, site: SiteName): string {
  const address = hostAddress(lab, site);
  const tls = join(lab.dir, 'tls');
  const app = fileURLToPath(new URL('site-app.ts', import.meta.url));
  const settings = {
    site,
    address,
    port: 0,
    databasePort: postgresPort,
    passwordFile: appPasswordFile(lab, site),
    configFile: '@ROOT@/config/app.json',
    releaseFile: '@ROOT@/www/release.txt',
    maintenanceFlag: '@ROOT@/flags/maintenance',
    database: '@DATABASE@',
    socket: '@ROOT@/serve/app.sock',
  };
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path @ROOT@/serve/tmp/${kind};`)
    .join(' ');
  return `#!/bin/sh
set -eu
verb=$1 root=$2
serve=$root/serve
fill() { sed -e "s|@ROOT@|$root|g" -e "s|@PORT@|$port|g" -e "s|@DATABASE@|$database|g"; }
runs() { # NAME: its process, if it is this copy's
  pid=$(cat "$serve/$1.pid" 2>/dev/null) && tr '\\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$serve"
}
case $verb in
start)
  port=$3 database=$4
  mkdir -p "$serve/tmp"
  fill >"$serve/app.json" <<'JSON'
${JSON.stringify(settings)}
JSON
  fill >"$serve/nginx.conf" <<'CONF'
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1; pid @ROOT@/serve/nginx.pid; error_log @ROOT@/serve/error.log;
events { worker_connections 64; }
http {
  ${temporary}
  access_log @ROOT@/serve/access.log;
  default_type application/octet-stream;
  server {
    listen ${address}:@PORT@ ssl;
    server_name ${siteName};
    ssl_certificate ${join(tls, 'site.pem')};
    ssl_certificate_key ${join(tls, 'site.key')};
    location /files/ { alias @ROOT@/www/; }
    location / { proxy_pass http://unix:@ROOT@/serve/app.sock; proxy_read_timeout 10s; }
  }
}
CONF
  runs app || {
    rm -f "$serve/app.sock"
    setsid ${process.execPath} ${app} "$(cat "$serve/app.json")" </dev/null >"$serve/app.log" 2>&1 &
    echo $! >"$serve/app.pid"
  }
  runs nginx || /usr/sbin/nginx -p "$serve" -e "$serve/error.log" -c "$serve/nginx.conf"
  ;;
check)
  runs nginx || runs app
  ;;
stop)
  for part in nginx app; do
    tries=0
    while runs "$part" && [ "$tries" -lt 50 ]; do
      if [ "$tries" -lt 40 ]; then kill "$pid" 2>/dev/null || true; else kill -9 "$pid" 2>/dev/null || true; fi
      sleep 0.1
      tries=$((tries + 1))
    done
  done
  ;;
esac
`;
}
