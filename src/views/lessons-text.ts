import { printableLine } from './escape.ts';
import { instantText } from './instants.ts';
import { wrap } from './layout.ts';
import type { Lesson } from './report/report.ts';

export interface SiteLesson extends Lesson {
  readonly run: string;
  readonly site: string;
}

/** Lessons of all runs; those past their day say so. */
export function lessonsText(lessons: readonly SiteLesson[], nowAt: string, width: number): string {
  if (lessons.length === 0) return 'no lesson is open\n';
  const lines = lessons.flatMap((one) => {
    const late = one.closed === undefined && one.dueAt < nowAt ? ', PAST ITS DAY' : '';
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
