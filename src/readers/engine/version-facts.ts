import type { EngineVersion, Environment } from '../../network/environment.ts';
import { assumed, observed } from '../../network/fact.ts';
import { field, fieldAt, gap, itemsOf, originOf, type Place, textOf, textsOf, warn } from './json-place.ts';

type EnvironmentPart = Partial<Environment>;

/** `docker version --format json` (client and server) or the API's `/version` (the server's half alone). */
export function readVersion(place: Place): EnvironmentPart {
  const server = 'Server' in Object(place.value) ? field(place, 'Server') : place;
  const components = itemsOf(field(server, 'Components')).map((item) => textOf(field(item, 'Name')) ?? '');
  const podman = components.some((name) => name.includes('Podman'));
  const platform = textOf(fieldAt(server, 'Platform', 'Name')) ?? '';
  return {
    ...(podman ? foreignEngine(field(server, 'Components'), 'Podman') : readEngineVersion(field(server, 'Version'))),
    ...(platform.includes('Docker Desktop') ? { platform: observed('desktop', originOf(fieldAt(server, 'Platform', 'Name'))) } : {}),
  };
}

/** `docker info --format json` or the API's `/info`. */
export function readInfo(place: Place): EnvironmentPart {
  const system = field(place, 'OperatingSystem');
  const security = field(place, 'SecurityOptions');
  const desktop = textOf(system)?.includes('Docker Desktop');
  const rootless = textsOf(security).some(({ value }) => value.split(',').includes('name=rootless'));
  for (const item of itemsOf(field(place, 'Warnings'))) warnAbout(item);
  return {
    ...readEngineVersion(field(place, 'ServerVersion')),
    ...(desktop === undefined ? {} : { platform: observed(desktop ? 'desktop' : 'linux', originOf(system)) }),
    ...(Array.isArray(security.value) ? { rootless: observed(rootless, originOf(security)) } : {}),
    ...readFirewallBackend(field(place, 'FirewallBackend')),
  };
}

/** The engine's warnings that change who reaches whom; those on memory and swap do not. */
function warnAbout(item: Place): void {
  const text = textOf(item);
  if (text === undefined || !/bridge-nf-call|forwarding|firewall|iptables/i.test(text)) return;
  warn(item, 'engine-warning', `the engine warns: ${text.replace(/^WARNING: /, '')}`, 'answers hold for an engine without this warning');
}

/** Listed since 28.1; `iptables`, `iptables+firewalld`, `nftables`, … */
function readFirewallBackend(place: Place): EnvironmentPart {
  const driver = field(place, 'Driver');
  const text = textOf(driver);
  if (text === undefined) return {};
  if (!text.startsWith('iptables'))
    gap(driver, 'engine-firewall-backend', `the engine's firewall backend is ${text}`, 'answers are those of the iptables backend');
  return {};
}

function foreignEngine(place: Place, name: string): EnvironmentPart {
  return (
    gap(place, 'engine-not-docker', `the engine is ${name}`, `its networks differ from Docker's; state what holds with --docker`) ?? {}
  );
}

/** From `20.10.24+dfsg1`, the generation whose networking the model knows. */
function readEngineVersion(place: Place): EnvironmentPart {
  const text = textOf(place);
  if (text === undefined) return {};
  const match = /^v?(\d+)\.(\d+)/.exec(text);
  if (match === null)
    return gap(place, 'engine-version', `the engine's version "${text}" is not known`, 'state the version with --docker') ?? {};
  const { generation, exact } = generationOf(Number(match[1]), Number(match[2]));
  if (!exact)
    gap(
      place,
      'engine-version',
      `Docker ${text} is taken as ${generation}`,
      `the nearest version whose networking was studied; choose another with --docker`,
    );
  const ip6 = Number(generation) >= 27; // "20.10" is 20.1 as a number, which is what is needed here
  return {
    engine: observed(generation, originOf(place)),
    ip6tables: assumed(ip6, `default of Docker ${generation}: ip6tables is ${ip6 ? 'on' : 'off'}`),
  };
}

/** The nearest known generation that is not newer; versions before 20.10 become 20.10. */
function generationOf(major: number, minor: number): { readonly generation: EngineVersion; readonly exact: boolean } {
  if (major < 26) return { generation: '20.10', exact: major === 20 && minor === 10 };
  if (major > 29) return { generation: '29', exact: false };
  const generation = (['26', '27', '28', '29'] as const).find((one) => Number(one) === major);
  return { generation: generation ?? '20.10', exact: generation !== undefined };
}
