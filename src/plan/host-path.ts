/** A path of a step as it is on a host with this base folder: absolute, clean, without a slash at its end. */
export function pathUnder(base: string, path: string): string {
  const joined = path.startsWith('/') ? path : `${base}/${path}`;
  const clean = joined.replaceAll(/\/(\.?\/)+/g, '/').replace(/(\/\.?)+$/, '');
  return clean === '' ? '/' : clean;
}
