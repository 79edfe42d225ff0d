import { blockOf, textOf, type Outline } from '../outline.ts';
import type { Finding } from '../schema-problems.ts';

/** Warnings: backups that would burn with what they protect. */
export function checkBackups(outline: Outline): readonly Finding[] {
  const hosts = outline.section('hosts');
  const service = blockOf(outline.data['service']);
  const productionHost = textOf(blockOf(service['production'])['host']);
  const production = textOf(hosts?.get(productionHost)?.['datacentre']);
  return [...(outline.section('backups') ?? [])].flatMap(([name, backup]): readonly Finding[] => {
    const sources: readonly unknown[] = Array.isArray(backup['sources']) ? backup['sources'] : [];
    const datacentres = sources.map((source) => textOf(hosts?.get(textOf(blockOf(source)['host']))?.['datacentre']));
    const [first] = datacentres;
    if (first === undefined || datacentres.includes('')) return [];
    const warning = (message: string): readonly Finding[] => [{ path: ['backups', name], at: 'key', message }];
    if (datacentres.every((datacentre) => datacentre === first)) {
      const what = first === production ? `, with production` : '';
      return warning(
        `every source lies in one datacentre, ${first}${what}: if it is lost, nothing is left to restore from`,
      );
    }
    const burning = datacentres.filter((datacentre) => datacentre === production).length;
    if (burning === 0) return [];
    return warning(
      `${burning} of ${datacentres.length} sources lie in ${production}, with production: if it is lost, the newest copy may be lost with it`,
    );
  });
}
