import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SiteName, WebFacts } from './facts.ts';
import { appPasswordFile, postgresPort } from './postgres.ts';
import { launch, logFile, run, waitFor, type LabContext } from './process.ts';
import { hostAddress, hostFolder } from './sshd.ts';

export const webPort = 8080;
export const webTlsPort = 8443;
/** The application, behind nginx, on the site's own address. */
export const appPort = 8090;
export const siteName = 'www.kyc.test';
export const nginxProcess = (site: SiteName): string => `nginx-${site}`;
export const appProcess = (site: SiteName): string => `app-${site}`;

const nginxFolder = (lab: LabContext, site: SiteName): string => join(hostFolder(lab, site), 'nginx');
const baseFolder = (lab: LabContext, site: SiteName): string => join(hostFolder(lab, site), 'srv');
const tlsFolder = (lab: LabContext): string => join(lab.dir, 'tls');

/** Facts of a site's web server; it need not run yet. */
export function webFacts(lab: LabContext, site: SiteName): WebFacts {
  return {
    address: hostAddress(lab, site),
    port: webPort,
    tlsPort: webTlsPort,
    name: siteName,
    caFile: join(tlsFolder(lab), 'ca.pem'),
    maintenanceFlag: join(baseFolder(lab, site), 'flags', 'maintenance'),
    configFile: join(baseFolder(lab, site), 'config', 'listen.conf'),
    pidFile: join(nginxFolder(lab, site), 'nginx.pid'),
  };
}

/** The lab's own certificate authority and one certificate both sites show. */
export async function makeCertificates(lab: LabContext): Promise<void> {
  const folder = tlsFolder(lab);
  mkdirSync(folder, { recursive: true });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  await run(
    ['openssl', 'req', '-x509', ...newKey, '-subj', '/CN=drp practice lab CA', '-keyout', 'ca.key', '-out', 'ca.pem'],
    { cwd: folder },
  );
  const names = [
    `subjectAltName=DNS:${siteName},DNS:kyc.test`,
    'basicConstraints=critical,CA:FALSE',
    'extendedKeyUsage=serverAuth',
  ];
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', ...names.flatMap((name) => ['-addext', name])];
  await run(
    [
      'openssl',
      'req',
      '-x509',
      ...newKey,
      '-subj',
      `/CN=${siteName}`,
      ...signed,
      '-keyout',
      'site.key',
      '-out',
      'site.pem',
    ],
    { cwd: folder },
  );
}

/** Starts nginx and the application of a site; resolves when nginx answers (with whatever status). Needs the certificates. */
export async function startWeb(lab: LabContext, site: SiteName): Promise<void> {
  const folder = nginxFolder(lab, site);
  for (const part of [join(folder, 'tmp'), join(baseFolder(lab, site), 'flags'), join(baseFolder(lab, site), 'config')])
    mkdirSync(part, { recursive: true });
  writeFileSync(join(folder, 'nginx.conf'), nginxConfig(lab, site));
  await Promise.all([startApp(lab, site), launch(lab, { name: nginxProcess(site), argv: nginxArgv(lab, site) })]);
  const health = { host: hostAddress(lab, site), port: webPort, path: '/health' };
  await waitFor(`the website of ${site}; see ${logFile(lab, nginxProcess(site))}`, () => answered(health), 15_000);
}

async function startApp(lab: LabContext, site: SiteName): Promise<void> {
  const base = baseFolder(lab, site);
  const settings = {
    site,
    address: hostAddress(lab, site),
    port: appPort,
    databasePort: postgresPort,
    passwordFile: appPasswordFile(lab, site),
    configFile: join(base, 'config', 'app.json'),
    releaseFile: join(base, 'www', 'release.txt'),
    maintenanceFlag: webFacts(lab, site).maintenanceFlag,
  };
  await launch(lab, {
    name: appProcess(site),
    argv: [process.execPath, fileURLToPath(new URL('site-app.ts', import.meta.url)), JSON.stringify(settings)],
    cwd: '/',
  });
}

function nginxArgv(lab: LabContext, site: SiteName): readonly string[] {
  const folder = nginxFolder(lab, site);
  return ['/usr/sbin/nginx', '-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')];
}

/**
 * The server's own part. What the site's people edit is included from BASE/config: listen.conf binds to this site's address, so a copy
 * of the other site's makes the next reload bind to the wrong one; headers.conf may be missing (the pattern makes it optional).
 */
function nginxConfig(lab: LabContext, site: SiteName): string {
  const base = baseFolder(lab, site);
  const folder = nginxFolder(lab, site);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${join(folder, 'tmp', kind)};`,
  );
  return `${process.getuid?.() === 0 ? 'user root;\n' : ''}daemon off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
events { worker_connections 256; }
http {
${temporary.join('\n')}
  access_log ${join(folder, 'access.log')};
  default_type application/octet-stream;
  keepalive_timeout 5s;
  server {
    include ${join(base, 'config', 'listen.conf')};
    include ${join(base, 'config', 'header[s].conf')};
    server_name ${siteName} _;
    ssl_certificate ${join(tlsFolder(lab), 'site.pem')};
    ssl_certificate_key ${join(tlsFolder(lab), 'site.key')};
    error_page 503 @maintenance;
    location @maintenance {
      internal;
      default_type application/json;
      add_header Retry-After 120 always;
      add_header Cache-Control no-store always;
      return 503 '{"maintenance":true,"site":"${site}"}';
    }
    location = /health { proxy_pass http://${hostAddress(lab, site)}:${String(appPort)}; }
    location /files/ {
      if (-f ${webFacts(lab, site).maintenanceFlag}) { return 503; }
      alias ${join(base, 'www')}/;
    }
    location / {
      if (-f ${webFacts(lab, site).maintenanceFlag}) { return 503; }
      proxy_pass http://${hostAddress(lab, site)}:${String(appPort)};
      proxy_connect_timeout 2s;
      proxy_read_timeout 10s;
    }
  }
}
`;
}

function answered(target: {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}): Promise<true | undefined> {
  return new Promise((resolve) => {
    const request = get({ ...target, timeout: 2_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 502 ? undefined : true); // 502: nginx is there, the application not yet
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(undefined);
    });
  });
}
