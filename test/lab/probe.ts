/** The client process that fetches the page; see clients.ts. */
import { readFacts } from './facts.ts';
import { runClient, type ClientSettings } from './site-client.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as ClientSettings;
runClient(settings, () => ({ method: 'GET', path: '/' }), readFacts(settings.dir));
