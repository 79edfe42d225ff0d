import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TicketFacts } from './facts.ts';
import { hiddenMail } from './mail.ts';
import type { LabContext } from './process.ts';
import { launch, processState, run } from './process.ts';
import { addRelay } from './relay.ts';
import { waitForService } from './service.ts';

const rtServer = '/usr/share/request-tracker5/libexec/rt-server';
const queue = 'DRP';

/** Why Request Tracker cannot run here, or undefined where it can. */
export function ticketsMissing(): string | undefined {
  if ([rtServer, '/usr/sbin/rt-setup-database-5', '/usr/share/doc/rt5-db-sqlite'].every((path) => existsSync(path)))
    return undefined;
  return 'Request Tracker is not installed: apt-get install --no-install-recommends request-tracker5 rt5-db-sqlite rt5-standalone';
}

/**
 * Request Tracker 5 with its REST 2 interface and a queue DRP; its mail goes to the lab's mail sink, crisis@kyc.test is AdminCc.
 * Its door is the relay `tickets`. The server takes one request at a time. Made anew it takes three to eight seconds: start it beside the rest.
 */
export async function startTickets(lab: LabContext): Promise<TicketFacts> {
  const folder = join(lab.dir, 'tickets');
  const door = { address: `${lab.net}.44`, port: 8081 };
  const behind = { address: door.address, port: 18_081 };
  const facts: TicketFacts = {
    url: `http://${door.address}:${String(door.port)}`,
    queue,
    tokenFile: join(folder, 'token'),
  };
  const env = environment(folder);
  if (!existsSync(facts.tokenFile)) await makeTickets(lab, { folder, facts, env });
  if (processState(lab, 'tickets') !== 'running') {
    const argv = ['perl', rtServer, '--server', 'Standalone', '--host', behind.address, '--port', String(behind.port)];
    await launch(lab, { name: 'tickets', argv, cwd: folder, env });
  }
  await addRelay(lab, { name: 'tickets', listen: door, target: behind });
  await waitForService(lab, 'tickets', async () => {
    // Without a token it answers 401: the interface is up, and nobody was logged in.
    const url = `http://${behind.address}:${String(behind.port)}/REST/2.0/rt`;
    const { status } = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    return status === 401 ? true : undefined;
  });
  return facts;
}

/** The token file comes last: where it is missing, what an interrupted start left is thrown away. */
async function makeTickets(
  lab: LabContext,
  made: { folder: string; facts: TicketFacts; env: Record<string, string> },
): Promise<void> {
  const { folder, facts, env } = made;
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['conf.d', 'mason', 'session']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'RT_SiteConfig.pm'), siteConfiguration(lab, folder, facts));
  await run(['rt-setup-database-5', '--action', 'init', '--skip-create'], { env, cwd: folder });
  const setup = fileURLToPath(new URL('./tickets-setup.pl', import.meta.url));
  const secret = createHash('sha256').update(`drp practice lab ticket token: ${lab.net}`).digest('hex').slice(0, 32);
  const { stdout } = await run(['perl', setup, queue, secret], { env, cwd: folder });
  writeFileSync(facts.tokenFile, stdout, { mode: 0o600 });
}

/** Instead of the machine's own Request Tracker, whose configuration others cannot read. */
function environment(folder: string): Record<string, string> {
  return { RT_SITE_CONFIG: join(folder, 'RT_SiteConfig.pm'), RT_SITE_CONFIG_DIR: join(folder, 'conf.d'), HOME: folder };
}

function siteConfiguration(lab: LabContext, folder: string, facts: TicketFacts): string {
  const mail = hiddenMail(lab);
  const settings: Record<string, string | number> = {
    rtname: 'kyc.test',
    Organization: 'kyc.test',
    CorrespondAddress: 'tickets@kyc.test',
    CommentAddress: 'tickets-comment@kyc.test',
    OwnerEmail: 'root@kyc.test',
    WebDomain: `${lab.net}.44`,
    WebPort: 8081,
    WebBaseURL: facts.url,
    WebPath: '',
    DatabaseType: 'SQLite',
    DatabaseName: join(folder, 'rt.sqlite'),
    LogToSyslog: '',
    LogToFile: '',
    LogToSTDERR: 'warning',
    Timezone: 'UTC',
  };
  return `${Object.entries(settings)
    .map(([name, value]) => `Set($${name}, ${perlText(String(value))});`)
    .join('\n')}
$RT::MasonDataDir = ${perlText(join(folder, 'mason'))};
$RT::MasonSessionDir = ${perlText(join(folder, 'session'))};
Set($MailCommand, sub {
  my $message = shift;
  require Net::SMTP;
  my @to = map { my $line = $message->head->get($_) // ''; $line =~ /([^\\s<>,"]+@[^\\s<>,"]+)/g } qw(To Cc Bcc);
  my $smtp = Net::SMTP->new(Host => '${mail.address}', Port => ${String(mail.port)}, Hello => 'rt.kyc.test', Timeout => 5) or return 0;
  $smtp->mail('tickets@kyc.test');
  $smtp->recipient(@to, { SkipBad => 1 });
  $smtp->data($message->as_string);
  $smtp->quit;
  return 1;
});
1;
`;
}

const perlText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
