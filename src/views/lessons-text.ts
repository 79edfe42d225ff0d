import type { Event } from '../events/event.ts';
import { printableLine } from './escape.ts';
import { instantText } from './instants.ts';
import { wrap } from './layout.ts';
import { lessonsIn } from './report/lessons.ts';
import type { Lesson } from './report/report.ts';
import type { Style } from './style.ts';

export interface SiteLesson extends Lesson {
  readonly run: string;
  readonly site: string;
}

/** The lessons of all these runs, by the day they are due. */
export function lessonsOfRuns(runs: readonly (readonly Event[])[]): readonly SiteLesson[] {
  return runs
    .flatMap((events): readonly SiteLesson[] => {
      const [began] = events;
      if (began?.type !== 'run.began') return [];
      return lessonsIn(events).map((lesson) => ({ ...lesson, run: began.run, site: began.data.site }));
    })
    .toSorted((a, b) => a.dueAt.localeCompare(b.dueAt, 'en'));
}

/** Open, and the day it was due is over. */
export function isPastDue(lesson: Lesson, nowAt: string): boolean {
  return lesson.closed === undefined && lesson.dueAt < nowAt;
}

/** What status says of lessons past their day: a few of them, and how many more. */
export function pastDueLines(
  lessons: readonly SiteLesson[],
  view: { readonly width: number; readonly style: Style },
): string[] {
  const { style, width } = view;
  const few = lessons.slice(0, fewLessons);
  const more = lessons.length - few.length;
  return [
    ...few.flatMap((one) =>
      wrap(
        `  ${style.attention('late')} lesson ${one.id}, for ${printableLine(one.owner)} until ${one.dueAt.slice(0, 10)}: ${printableLine(one.text)}`,
        width,
        '  ',
      ),
    ),
    ...(few.length === 0 ? [] : [`       ${more === 0 ? '' : `${String(more)} more; `}see them with: drp lesson list`]),
  ];
}
const fewLessons = 3;

/** Lessons of all runs; those past their day say so. */
export function lessonsText(lessons: readonly SiteLesson[], nowAt: string, width: number): string {
  if (lessons.length === 0) return 'no lesson is open\n';
  const lines = lessons.flatMap((one) => {
    const late = isPastDue(one, nowAt) ? ', PAST ITS DAY' : '';
    return [
      `${one.id}  site ${one.site}, run ${one.run}, for ${printableLine(one.owner)} until ${one.dueAt.slice(0, 10)}${late}`,
      ...wrap(`    ${printableLine(one.text)}`, width),
      one.closed === undefined
        ? `    close it with: drp lesson close ${one.id} --reason TEXT`
        : `    closed ${instantText(one.closed.at)} by ${one.closed.by}: ${printableLine(one.closed.reason)}`,
    ];
  });
  return `${lines.join('\n')}\n`;
}
