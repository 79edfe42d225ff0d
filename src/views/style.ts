import { styleText } from 'node:util';

/** Emphasis, or none where there are no colours: meaning never hangs on colour alone. */
export interface Style {
  readonly coloured: boolean;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  attention(text: string): string;
  bad(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

export function createStyle(coloured: boolean): Style {
  const paint = (format: Format) => (text: string) =>
    coloured ? styleText(format, text, { validateStream: false }) : text;
  return {
    coloured,
    bold: paint('bold'),
    dim: paint('dim'),
    good: paint('green'),
    attention: paint('yellow'),
    bad: paint('red'),
  };
}

/** For files, pipes and tests. */
export const plainStyle: Style = createStyle(false);
