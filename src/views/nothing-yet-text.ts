import { printableLine } from './escape.ts';
import { table, wrap } from './layout.ts';
import type { StatusView } from './status-text.ts';

export interface NothingYet extends Pick<StatusView, 'width' | 'journal' | 'rehearsal'> {
  /** The journal has been made; where it has not, a run under way may be recorded elsewhere, and that is said first. */
  readonly journalThere: boolean;
  /** Site that is meant. */
  readonly name?: string;
  /** Why the site's runbook cannot be used. */
  readonly unfit?: string;
  /** Sites that have a runbook here. */
  readonly sites: readonly string[];
}

/** `drp status` where no run was ever begun: often the first command anybody types. */
export function nothingYetText(view: NothingYet): string {
  const { name, width, journal } = view;
  const none = name === undefined ? 'no runs' : `no run of site '${name}'`;
  const wrapped = (lines: readonly string[]) => lines.flatMap((line) => wrap(printableLine(line), width, '  '));
  const lines = view.journalThere
    ? [`${none} in ${journal}`]
    : [
        `${none}: there is no journal ${journal} yet; the first run makes it`,
        'If a run is under way, it is recorded elsewhere: check --journal and DRP_JOURNAL.',
      ];
  return `${[...wrapped([...lines, ...unfitLines(view.unfit), ...(view.rehearsal ?? [])]), '', 'What to type next', ...nextLines(view)].join('\n')}\n`;
}

function unfitLines(unfit: string | undefined): readonly string[] {
  return unfit === undefined ? [] : [`ATTENTION: ${unfit}: nothing can be begun with it`];
}

function nextLines(view: NothingYet): readonly string[] {
  return table(nextCommands(view), '  ', view.width);
}

function nextCommands({ name, sites, unfit }: NothingYet): readonly (readonly string[])[] {
  if (name !== undefined && unfit !== undefined)
    return [[`drp plan --site ${name}`, 'names every place that is to be mended']];
  if (name !== undefined)
    return [
      [`drp plan --site ${name}`, 'every step and gate; touches no network'],
      [`drp check --site ${name}`, 'is it fit for a disaster tonight; only reads'],
      [`drp drill --site ${name}`, 'the exercise, into an isolated target'],
      [`drp activate --site ${name}`, 'in a disaster'],
    ];
  if (sites.length > 0) return sites.map((site) => [`drp status --site ${site}`, 'what this site owes to rehearsal']);
  return [['drp init --site SITE', 'asks for the facts of a site and writes its runbook']];
}
