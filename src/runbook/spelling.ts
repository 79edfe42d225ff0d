/** The word of a list that a mistyped one most likely means; undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    // Of two that are as near, the one with the same beginning: 'aprove' is 'approve', not 'prove'.
    .sort((a, b) => a.distance - b.distance || Number(begins(b.candidate, word)) - Number(begins(a.candidate, word)));
  return ranked[0]?.candidate;
}

function begins(candidate: string, word: string): boolean {
  return candidate.slice(0, 1).toLowerCase() === word.slice(0, 1).toLowerCase();
}

/** `did you mean 'x'?`, or the list of what is known, or nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean '${near}'?`;
  if (known.length === 0) return 'there is none';
  return known.length > 12 ? '' : `known: ${known.join(', ')}`;
}

/** Insertions, deletions, replacements and swapped neighbours (optimal string alignment). Words are short. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 80) return 99;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const at = (r: number, c: number): number => (r === i ? row[c] : rows[r]?.[c]) ?? 99;
      const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, change, swapped ? at(i - 2, j - 2) + 1 : 99);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 99;
}
