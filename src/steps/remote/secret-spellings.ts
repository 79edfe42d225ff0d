/**
 * Shorter values are not hidden: they stand everywhere by chance, and hiding them would destroy the record without keeping
 * the secret.
 */
const shortestSecret = 4;

/** Shortest line, or text between quotes, of a secret of several lines (a key file) that is hidden by itself. */
const shortestPart = 8;

/**
 * Every text under which a secret may turn up in output: as it is, escaped in JSON, in URLs and forms, quoted for a shell,
 * and in base64 wherever it starts in the encoded bytes. Longest first. Empty for what is too short to hide.
 */
export function spellingsOf(value: string): readonly string[] {
  const found = new Set<string>();
  for (const part of partsOf(value)) {
    for (const spelling of [part, ...inJson(part), ...inUrls(part), ...inShells(part), ...inBase64(part)]) {
      if (spelling.length >= shortestSecret) found.add(spelling);
    }
  }
  return [...found].sort((a, b) => b.length - a.length);
}

/** The value; without the space around it, as programs read it; and the lines and quoted texts of a key file. */
function partsOf(value: string): readonly string[] {
  const parts = [value, value.trim()];
  const lines = value.split('\n').map((line) => line.trim());
  if (lines.filter((line) => line !== '').length > 1) {
    const quoted = [...value.matchAll(/"([^"\n]+)"/g)].map((match) => match[1] ?? '');
    parts.push(...[...lines, ...quoted].filter((part) => part.length >= shortestPart));
  }
  return [...new Set(parts)].filter((part) => part.length >= shortestSecret);
}

function inJson(value: string): readonly string[] {
  const usual = JSON.stringify(value).slice(1, -1);
  const ascii = usual.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [usual, ascii, usual.replaceAll('/', '\\/'), ascii.replaceAll('/', '\\/')];
}

function inUrls(value: string): readonly string[] {
  const usual = encodeURIComponent(value.toWellFormed());
  const strict = usual.replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams({ v: value }).toString().slice(2);
  const small = (text: string): string => text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const asPath = encodeURI(value.toWellFormed());
  return [usual, strict, form, asPath, small(usual), small(strict), small(form), small(asPath)];
}

function inShells(value: string): readonly string[] {
  return [
    value.replaceAll("'", "'\\''"),
    value.replaceAll("'", `'"'"'`),
    value.replaceAll(/[\\"$`]/g, '\\$&'),
    // What bash's `set -x` and `printf %q` write.
    value.replaceAll(/[^A-Za-z0-9_@%+:,./\n-]/g, '\\$&'),
    value.replaceAll(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r'),
    // pgpass and similar files.
    value.replaceAll(/[\\:]/g, '\\$&'),
  ];
}

/** Base64 depends on where the value starts in what was encoded: three ways, of which the part it alone decides is known. */
function inBase64(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  const known = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const decided = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(before === 0 ? 0 : before + 1, decided);
  });
  const padded = bytes.toString('base64');
  return [padded, padded.replace(/=+$/, ''), ...known].flatMap((text) => [
    text,
    text.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}
