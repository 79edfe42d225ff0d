import { sha256Hex } from '../../src/events/digest.ts';
import { allowedSigners, sampleExport } from './sample-run.ts';

const start = /<!-- vectors: [^\n]*-->\n/;
const end = '<!-- end of vectors -->';

/** The page with its vectors made anew. */
export async function withVectors(page: string): Promise<string> {
  const text = await sampleExport();
  const opening = start.exec(page);
  const from = opening === null ? -1 : opening.index + opening[0].length;
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error('the page has no place for vectors');
  const blocks = `\nallowed_signers:\n\n\`\`\`text\n${allowedSigners}\`\`\`\n\nexport.jsonl:\n\n\`\`\`jsonl\n${text}\`\`\`\n\n`;
  return (page.slice(0, from) + blocks + page.slice(to))
    .replace('HASH-A', sha256Hex('{"a":"é","b":[1,true,null]}'))
    .replace('HASH-B', sha256Hex('{}'));
}

/** The export printed on the page. */
export function exportOn(page: string): string {
  return /export\.jsonl:\n\n```jsonl\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
}

/** The allowed_signers printed on the page. */
export function signersOn(page: string): string {
  return /allowed_signers:\n\n```text\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
}
