/** One element: its text, or its children. Attributes are not needed by this API and are dropped. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** A tree to be written: name, then text or children. */
export type XmlNode = readonly [name: string, content: string | number | boolean | readonly XmlNode[]];

const namespace = 'https://route53.amazonaws.com/doc/2013-04-01/';

export function renderXml([name, content]: XmlNode): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderNode([name, content], ` xmlns="${namespace}"`)}`;
}

function renderNode([name, content]: XmlNode, attributes = ''): string {
  const inner =
    typeof content === 'object' ? content.map((child) => renderNode(child)).join('') : escapeXml(String(content));
  return `<${name}${attributes}>${inner}</${name}>`;
}

const escapeXml = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] ?? character,
  );

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescapeXml = (text: string): string =>
  text.replace(/&(#?\w+);/g, (whole, entity: string) => {
    if (entity.startsWith('#x')) return String.fromCodePoint(parseInt(entity.slice(2), 16));
    if (entity.startsWith('#')) return String.fromCodePoint(Number(entity.slice(1)));
    return entities[entity] ?? whole;
  });

interface Open {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** Reads the root element. Throws on anything that is not well-formed or uses what requests never use (comments, CDATA, DTDs). */
export function parseXml(source: string): XmlElement {
  const root: Open = { name: '', children: [], text: '' };
  const open: Open[] = [root];
  const tokens = source.matchAll(/<\?[^>]*\?>|<(\/?)([A-Za-z][\w.:-]*)([^<>]*?)(\/?)>|([^<]+)|(<)/g);
  for (const [whole, closing, name, , empty, text, stray] of tokens) {
    const current = open.at(-1);
    if (current === undefined || stray !== undefined) throw new Error('malformed XML');
    if (text !== undefined) current.text += unescapeXml(text);
    else if (whole.startsWith('<?')) continue;
    else if (closing === '/') {
      open.pop();
      if (current.name !== name) throw new Error(`malformed XML: ${whole} closes ${current.name}`);
      open.at(-1)?.children.push(current);
    } else if (empty === '/') current.children.push({ name: name ?? '', text: '', children: [] });
    else open.push({ name: name ?? '', children: [], text: '' });
  }
  const [element] = root.children;
  if (open.length !== 1 || element === undefined || root.children.length !== 1) throw new Error('malformed XML');
  return element;
}

export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((candidate) => candidate.name === name);

export const childText = (element: XmlElement | undefined, name: string): string | undefined =>
  child(element, name)?.text;
