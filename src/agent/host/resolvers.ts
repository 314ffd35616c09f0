/** /etc/resolv.conf as the resolver of the C library reads it: resolv.conf(5). */
import { parseAddress } from '../../core/address.ts';
import type { HostResolvers } from '../../protocol/host-report.ts';
import type { Tree } from './tree.ts';

export async function readResolvers(tree: Tree): Promise<HostResolvers> {
  return parseResolvConf((await tree.read('/etc/resolv.conf')) ?? '');
}

export function parseResolvConf(text: string): HostResolvers {
  const nameservers: string[] = [];
  let search: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    // A comment begins in the first column or after a blank.
    const [keyword, ...values] = line
      .replace(/(^|\s)[#;].*$/, '')
      .trim()
      .split(/\s+/);
    const [first] = values;
    if (keyword === 'nameserver' && first !== undefined) {
      const address = first.split('%')[0] ?? first;
      if (parseAddress(address) !== undefined && nameservers.length < 16) nameservers.push(address);
    }
    // The last of `search` and `domain` counts.
    else if (keyword === 'search') search = values.slice(0, 64);
    else if (keyword === 'domain' && first !== undefined) search = [first];
    else if (keyword === 'options') options = [...options, ...values].slice(0, 64);
  }
  return { nameservers, search: search.map((one) => one.slice(0, 256)), options: options.map((one) => one.slice(0, 256)) };
}
