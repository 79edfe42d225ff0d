import qrcode from 'qrcode-generator';

/** A text as a QR code for a terminal: two modules a character, one above the other, with its light margin. */
export interface QrText {
  readonly columns: number;
  readonly lines: readonly string[];
}

/** Modules that stay light around the code (ISO/IEC 18004). */
const margin = 4;
const blackOnWhite = '\u001b[38;5;16;48;5;231m';
const plain = '\u001b[0m';

/**
 * `coloured`: black on white, whatever the terminal's own colours are; else the light modules are drawn, which is right
 * where letters are light on dark. Undefined where the text is longer than a QR code holds (2953 bytes).
 */
export function qrText(text: string, coloured: boolean): QrText | undefined {
  const dark = modulesOf(Buffer.from(text, 'utf8'));
  if (dark === undefined) return undefined;
  const columns = dark.length + 2 * margin;
  // A row below the last, where their number is odd, is paper.
  const drawn = (row: number, column: number): boolean =>
    row < columns && (dark[row - margin]?.[column - margin] ?? false) === coloured;
  const lines: string[] = [];
  for (let row = 0; row < columns; row += 2) {
    let line = '';
    for (let column = 0; column < columns; column += 1) line += block(drawn(row, column), drawn(row + 1, column));
    lines.push(coloured ? `${blackOnWhite}${line}${plain}` : line);
  }
  return { columns, lines };
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}

/** Rows of dark (true) and light modules, by the least correction: a screen has no scratches. */
function modulesOf(bytes: Uint8Array): readonly (readonly boolean[])[] | undefined {
  if (bytes.length > mostBytes) return undefined;
  const code = qrcode(0, 'L');
  code.addData(Buffer.from(bytes).toString('latin1'), 'Byte');
  code.make();
  const places = Array.from({ length: code.getModuleCount() }, (_, at) => at);
  return places.map((row) => places.map((column) => code.isDark(row, column)));
}
/** Version 40, correction L, bytes. */
const mostBytes = 2_953;
