/** Carries connections from one place to another, one of them a UNIX socket: those are seen in every network namespace. */
import { rmSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts } from 'node:net';

const [listen, target] = JSON.parse(process.argv[2] ?? '[]') as [NetConnectOpts, NetConnectOpts];
if ('path' in listen) rmSync(listen.path, { force: true });

createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = connect({ ...target, allowHalfOpen: true });
  near.pipe(far).pipe(near);
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
  near.on('close', () => far.destroy());
  far.on('close', () => near.destroy());
}).listen(listen);
