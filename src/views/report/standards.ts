import type { Report, StandardRow } from './report.ts';

type Known = Pick<
  Report,
  'mode' | 'procedure' | 'outcome' | 'situation' | 'objectives' | 'restored' | 'lessons' | 'exceptions' | 'outages'
>;

/**
 * What four standards ask of the record of a recovery, and where this report answers. It says what the report holds, not
 * that anybody complies: much of each standard is about what happens outside a run.
 */
export function standardsFor(report: Known): readonly StandardRow[] {
  return [...nist(report), ...iso(report), ...soc2(report), ...dora(report)];
}

const nistName = 'NIST SP 800-34 Rev. 1';
function nist(report: Known): readonly StandardRow[] {
  return [
    report.situation === undefined
      ? row(nistName, 'Activation: criteria, who declared, who was notified (4.2)', {
          met: 'partly',
          section: 'gates',
          note: 'no situation was declared in this run; the first gate names who authorised it',
        })
      : row(nistName, 'Activation: criteria, who declared, who was notified (4.2)', {
          met: 'here',
          section: 'situation',
          note: 'what, since when, what is lost, who ordered and how; messages sent are among the steps',
        }),
    row(nistName, 'Recovery: procedures in sequence, as carried out (4.3)', {
      met: 'here',
      section: 'steps',
      note: 'each step, planned beside actual',
    }),
    row(
      nistName,
      'Reconstitution: data and function validated, users told (4.4)',
      report.restored.checks.length === 0
        ? none('nothing was restored in this run')
        : { met: 'here', section: 'restored', note: 'read back after each copy, import and probe' },
    ),
    row(nistName, 'Reconstitution: events documented, after-action report with lessons (4.4)', lessons(report)),
    row(
      nistName,
      'Business impact analysis, tests and training, upkeep of the plan (chapter 3)',
      none('kept outside a run'),
    ),
  ];
}

const isoName = 'ISO 22301:2019';
function iso(report: Known): readonly StandardRow[] {
  return [
    row(isoName, '8.4 response: who decided what, on which information', {
      met: 'here',
      section: 'shown',
      note: 'each statement word for word, with the answers under it',
    }),
    row(isoName, '8.5 exercises: a report with outcomes, recommendations and actions', lessons(report)),
    row(
      isoName,
      '8.5 exercises: scenarios and aims chosen beforehand',
      report.mode === 'real'
        ? none('this was no exercise')
        : {
            met: 'partly',
            section: 'situation',
            note: 'the scenario is told; the aims of the exercise are kept outside',
          },
    ),
    row(
      isoName,
      '10.1 nonconformity and corrective action',
      report.lessons.length === 0
        ? { met: 'partly', section: 'exceptions', note: 'deviations are listed; no corrective action is on record yet' }
        : { met: 'here', section: 'lessons', note: 'owner, due date and closing of each' },
    ),
    row(isoName, '9.3 management review', none('kept outside a run; this report is an input to it')),
  ];
}

const socName = 'SOC 2 (TSC 2017), A1.3';
function soc2(report: Known): readonly StandardRow[] {
  const tested = report.mode === 'dry-run' ? none('a dry run restores nothing') : undefined;
  return [
    row(
      socName,
      'Recovery plan procedures are tested',
      report.mode === 'dry-run'
        ? { met: 'partly', section: 'steps', note: 'a dry run probes and shows, it does not recover' }
        : {
            met: 'here',
            section: 'steps',
            note:
              report.mode === 'drill'
                ? 'a drill: really copied and imported, into an isolated target'
                : 'carried out in earnest',
          },
    ),
    row(
      socName,
      'Integrity and completeness of backup data are tested',
      tested ??
        (report.restored.checks.length === 0
          ? none('nothing was restored in this run')
          : { met: 'here', section: 'restored', note: 'checksums, counts, newest rows' }),
    ),
    row(socName, 'Results lead to changes of the plan', lessons(report)),
  ];
}

const doraName = 'DORA (EU) 2022/2554, RTS (EU) 2024/1774';
function dora(report: Known): readonly StandardRow[] {
  const measured = report.objectives.some(({ verdict }) => verdict === 'met' || verdict === 'missed');
  return [
    row(doraName, 'Art. 11(8): records of activities before and during disruption, readily accessible', {
      met: 'here',
      section: 'record',
      note: 'an append-only record, verifiable offline',
    }),
    row(
      doraName,
      'Art. 12(6): recovery time and recovery point objectives',
      measured
        ? { met: 'here', section: 'objectives', note: 'objective beside what was achieved' }
        : { met: 'partly', section: 'objectives', note: 'objectives are told; this run measured none' },
    ),
    row(
      doraName,
      'Art. 12(7): checks and reconciliations when recovering',
      report.restored.checks.length === 0
        ? none('nothing was restored in this run')
        : { met: 'here', section: 'restored', note: 'compared after each copy and import' },
    ),
    row(
      doraName,
      'RTS art. 25: test results documented; deficiencies analysed, addressed, reported',
      report.lessons.length === 0
        ? {
            met: 'partly',
            section: 'exceptions',
            note: 'deviations are listed; analysis and report to management are kept outside',
          }
        : {
            met: 'partly',
            section: 'lessons',
            note: 'analysed with owners and due dates; the report to management is kept outside',
          },
    ),
    row(
      doraName,
      'Art. 11(6): tested at least yearly and after substantive changes',
      none('one run does not show it: see drp runs'),
    ),
    row(
      doraName,
      'Art. 11(10), 17 to 19: costs and losses, classification and report of incidents',
      none('kept outside a run'),
    ),
  ];
}

type Answer = Pick<StandardRow, 'met' | 'section' | 'note'>;

function row(standard: string, asks: string, answer: Answer): StandardRow {
  return { standard, asks, ...answer };
}

function none(note: string): Answer {
  return { met: 'not covered', note };
}

function lessons({ lessons: found }: Known): Answer {
  return found.length === 0
    ? {
        met: 'partly',
        section: 'exceptions',
        note: 'deviations are listed; no lesson is on record yet (drp lesson add)',
      }
    : { met: 'here', section: 'lessons', note: 'with owner and due date' };
}
