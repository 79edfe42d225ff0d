// Run inside the page, as text: what a person with a small screen, weak eyes or a screen reader needs.

/** Things that stick out of the page on the right. */
export const overflowing = `(() => {
  const wide = document.documentElement.clientWidth;
  const out = [...document.body.querySelectorAll('*')].filter((one) => {
    if (one.closest('svg') !== null && one.tagName !== 'svg') return false;
    if (one.closest('.skip') !== null || getComputedStyle(one.closest('thead') ?? one).position === 'absolute') return false;
    const box = one.getBoundingClientRect();
    return box.width > 0 && box.right > wide + 0.5;
  });
  const named = out.slice(0, 5).map((one) => one.tagName + ' ' + (one.textContent ?? '').trim().slice(0, 40));
  return document.documentElement.scrollWidth > wide ? ['page is ' + document.documentElement.scrollWidth, ...named] : named;
})()`;

/** Texts whose contrast with what is behind them is below 4.5 (3 for large ones). */
export const paleTexts = `(() => {
  const parse = (text) => { const found = text.match(/[\\d.]+/g).map(Number); return { r: found[0], g: found[1], b: found[2], a: found[3] ?? 1 }; };
  const channel = (value) => { const share = value / 255; return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; };
  const light = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (one) => { for (let at = one; at !== null; at = at.parentElement) { const found = parse(getComputedStyle(at).backgroundColor); if (found.a === 1) return found; } return { r: 255, g: 255, b: 255 }; };
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node.data.trim() === '' || node.parentElement.closest('.skip') !== null) continue;
    const style = getComputedStyle(node.parentElement);
    const [a, b] = [light(parse(style.color)), light(behind(node.parentElement))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) pale.push(ratio.toFixed(2) + ' ' + node.data.trim().slice(0, 40));
  }
  return [...new Set(pale)].slice(0, 8);
})()`;

/** What a screen reader would miss. */
export const unnamed = `(() => {
  const found = [];
  const say = (test, text) => { if (!test) found.push(text); };
  say(document.documentElement.lang === 'en', 'no language');
  say(document.title !== '', 'no title');
  for (const name of ['header', 'nav', 'main', 'footer']) say(document.querySelectorAll(name).length === 1, 'not one ' + name);
  say(document.querySelectorAll('h1').length === 1, 'not one h1');
  let level = 1;
  for (const one of document.querySelectorAll('h1, h2, h3, h4')) {
    const own = Number(one.tagName.slice(1));
    say(own <= level + 1, 'a level is skipped at ' + one.textContent);
    say(one.textContent.trim() !== '', 'an empty heading');
    level = own;
  }
  for (const one of document.querySelectorAll('table')) {
    say(one.caption !== null && one.caption.textContent !== '', 'a table without caption');
    say([...one.tHead.rows[0].cells].every((cell) => cell.scope === 'col' && cell.textContent !== ''), 'a column without heading');
    for (const row of one.tBodies[0].rows) {
      say(row.querySelectorAll('th[scope=row]').length === 1, 'a row without name');
      say(row.cells.length === one.tHead.rows[0].cells.length, 'a row of another length');
    }
  }
  for (const one of document.querySelectorAll('svg')) {
    say(one.getAttribute('aria-hidden') === 'true' || (one.getAttribute('role') === 'img' && (one.getAttribute('aria-label') ?? '') !== ''), 'a drawing without words');
  }
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  say(new Set(ids).size === ids.length, 'an id twice');
  for (const one of document.querySelectorAll('a[href^="#"]')) {
    say(document.getElementById(decodeURIComponent(one.hash.slice(1))) !== null, 'a link to nowhere: ' + one.hash);
    say(one.textContent.trim() !== '', 'a link without words');
  }
  for (const one of document.querySelectorAll('[aria-labelledby]')) say(document.getElementById(one.getAttribute('aria-labelledby')) !== null, 'a name that is not there');
  return [...new Set(found)];
})()`;

/** Whatever the page asked for beside itself. */
export const fetched = `performance.getEntriesByType('resource').map((one) => one.name)`;
