import { describe, expect, test } from '@jest/globals';
import { stationsOf } from '../../../src/cli/stations.ts';
import { stepsOf } from '../../../src/plan/phases.ts';
import { pointsOfNoReturn } from '../../../src/proof/no-return.ts';
import { parseAttestForm } from '../../../src/runbook/attest-form.ts';
import { bookletHtml } from '../../../src/views/booklet/booklet.ts';
import { esc } from '../../../src/views/report/html-parts.ts';
import { changed } from '../../proof/gravelines.ts';

const booklet = (procedure: 'activation' | 'return', change: Parameters<typeof changed>[1] = () => undefined) => {
  const plan = changed(procedure, change);
  const parts = { plan, stations: stationsOf(plan), points: pointsOfNoReturn(plan), version: '0.1.0' };
  // Words that must not be broken are marked as such: here the text alone counts.
  return { plan, html: bookletHtml(parts).replaceAll(/<span class="word">(.*?)<\/span>/g, '$1') };
};

const unescaped = (html: string): string =>
  html
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
const form = (html: string, step: string): string => html.split(`<b>${step}</b>`)[1]!.split('What was seen')[0]!;

describe.each(['activation', 'return'] as const)('the booklet of the %s', (procedure) => {
  const { plan, html } = booklet(procedure);

  test('is the same bytes for the same plan, and names runbook and plan by their whole digests', () => {
    expect(booklet(procedure).html).toBe(html);
    expect(html).toContain(plan.digest);
    expect(html).toContain(plan.runbook.sha256);
  });

  test('needs nothing from anywhere and runs nothing', () => {
    expect(html).not.toMatch(/<(script|img|link|iframe)|src=|url\(/);
    expect(html).toContain("default-src 'none'");
  });

  test('holds every step with every command, and a form for every gate with its word', () => {
    for (const step of stepsOf(plan)) {
      expect(html).toContain(`<b>${step.kind === 'gate' ? 'GATE ' : ''}${step.id}</b>`);
      for (const command of step.commands) expect(html).toContain(esc(command));
      if (step.kind !== 'gate') expect(html).toContain(esc(step.verifies));
    }
    for (const gate of Object.values(plan.gates)) {
      expect(html).toContain(`<b>GATE ${gate.id}</b>`);
      expect(html).toContain(esc(`Word, written out: “${gate.word}”`));
    }
  });

  test('tells of every host how to come to it and how to know it, and of every person whom to call', () => {
    for (const host of Object.values(plan.world.hosts)) {
      expect(html).toContain(`${host.user}@${host.address}`);
      expect(html).toContain(esc(host.identity.text));
    }
    for (const person of Object.values(plan.world.people)) {
      expect(html).toContain(esc(person.name));
      expect(html).toContain(esc(person.contact!));
    }
    expect(html.match(/SHA256:[A-Za-z0-9+/]{43}/g)!.length).toBeGreaterThan(6);
  });

  test('has trees compared before anything is renamed, and says what to leave out where nothing lies there', () => {
    const copies = stepsOf(plan).filter(({ spec }) => spec.kind === 'copy' && spec.switch);
    expect(copies.length).toBeGreaterThan(1);
    for (const { id, commands } of copies) {
      const shown = form(html, id);
      const compared = shown.indexOf('rsync -aHAXnci');
      expect(compared).toBeGreaterThan(shown.indexOf(esc(commands[0]!)));
      for (const rename of commands.filter((line) => line.startsWith('mv ')))
        expect(shown.indexOf(esc(rename))).toBeGreaterThan(compared);
      expect(shown).toContain('leave out the first line where nothing lies there yet');
    }
  });

  test('ends with a form that drp attest takes as it is printed', () => {
    const printed = /<pre>(drp-attest: 1[\s\S]*?)<\/pre>/.exec(html)![1]!;
    const read = parseAttestForm(unescaped(printed), 'log.yaml');
    expect(read.procedure).toBe(procedure);
    expect(read.entries.length).toBeGreaterThan(1);
    expect(html).toContain('drp attest --run RUN --form log.yaml --on-paper');
  });

  test('has a folder made before a dump is written, and what stands for counts explained', () => {
    const dumps = stepsOf(plan).filter(({ spec }) => spec.kind === 'database' && ['fetch', 'dump'].includes(spec.do));
    for (const { id } of dumps) expect(form(html, id)).toContain('mkdir -p /');
    for (const { id, verifies } of stepsOf(plan))
      if (verifies.includes('$rows:')) expect(form(html, id)).toContain('was counted after the import');
  });

  test('tells where a secret lies and never what it is', () => {
    expect(html).toContain('kyc_owner.password on the operator');
    expect(html).not.toMatch(/PRIVATE KEY|password: [^i]/i);
  });

  test('holds the texts of the tickets and both sides of each DNS record', () => {
    const tickets = stepsOf(plan).flatMap(({ spec }) => (spec.kind === 'ticket' ? [spec] : []));
    expect(tickets.length).toBeGreaterThan(1);
    for (const { subject, text } of tickets) {
      expect(html).toContain(esc(subject));
      expect(html).toContain(esc(text.split('\n')[0]!));
    }
    for (const side of ['production', 'recovery'] as const)
      expect(html).toContain(`www.kyc.test. 60 IN A ${plan.world.dns['kyc']!.records['www']![side][0]!}`);
  });
});

test('text of a runbook is shown and never acted on', () => {
  const { html } = booklet('activation', (_, runbook) => {
    runbook.title = '<script>alert(1)</script>';
    runbook.people['otto']!.name = 'Otto <b onmouseover=x>';
  });
  expect(html).not.toContain('<script>');
  expect(html).not.toContain('<b onmouseover');
});
