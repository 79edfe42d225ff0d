import { z } from 'zod';
import { argv, duration, hostPath, ipAddress, name } from './basics.ts';

const percent = z.int().min(1).max(100);

/** From where on `drp check` says so; what is left out has a default (src/checks/host/needs.ts). */
const limits = {
  disk: percent.optional(),
  inodes: percent.optional(),
  memory: percent.optional(),
  swap: percent.optional(),
  cpu: percent.optional(),
  load: z.number().positive().max(1_000).optional(),
  clock: duration.optional(),
  uptime: duration.optional(),
  lag: duration.optional(),
};

const word = /^[A-Za-z0-9_][A-Za-z0-9_.@:+-]*$/;
const program = z.strictObject({
  name: z.string().regex(/^\/?[A-Za-z0-9_][A-Za-z0-9_.+/-]*$/, 'expected the name or path of a program'),
  atLeast: z
    .string()
    .regex(/^\d+(\.\d+)*$/, 'expected a version such as 3.1.3')
    .optional(),
});
const oneLine = z.string().regex(/^[^\n\r\0]*$/, 'expected one line');

/** What one host must have, besides what drp knows from the steps. */
const hostChecks = z.strictObject({
  ...limits,
  programs: z.array(program).default([]),
  services: z.array(z.string().regex(word, 'expected the name of a systemd unit')).default([]),
  processes: z.array(z.string().regex(word, 'expected the name of a process')).default([]),
  listens: z.array(z.string().regex(/^([0-9a-f:.[\]]+:)?\d{1,5}$/, 'expected PORT or ADDRESS:PORT')).default([]),
  users: z.array(z.string().regex(/^[a-z_][a-z0-9._-]*\$?$/, 'expected a login name')).default([]),
  sudo: z.array(argv.pipe(z.array(oneLine))).default([]),
  folders: z.array(hostPath).default([]),
  interface: z
    .string()
    .regex(/^[A-Za-z0-9_.@-]{1,32}$/, 'expected the name of a network interface')
    .optional(),
  routes: z.array(ipAddress).default([]),
  mysqlReplica: z.boolean().optional(),
  root: z.string().startsWith('/').optional(),
});
export type HostChecks = z.output<typeof hostChecks>;

/** What one database server must be, besides that it answers. */
const databaseChecks = z.strictObject({
  /** It must be a standby. */
  standby: z.boolean().optional(),
  /** So many standbys must follow it. */
  standbys: z.int().min(0).max(100).optional(),
});

/** Keys of `drp check`; all have defaults. */
export const checks = z.strictObject({
  ...limits,
  hosts: z.record(name, hostChecks).default({}),
  databases: z.record(name, databaseChecks).default({}),
});
export type Checks = z.output<typeof checks>;
