import type { EnvironmentVariable, ExposedPort, ExtraHost, Healthcheck, Text as ModelText, Mount, Setting } from '../../network/model.ts';
import type { PortMapping } from './ports.ts';
import type { Text } from './word.ts';

/** A network that a container is put on, with what holds for that attachment only. */
export interface Attachment {
  /** `bridge`, `host`, `none`, `container:x`, or the name of a network. */
  readonly network: Text;
  readonly aliases: readonly Text[];
  readonly ipv4?: Text;
  readonly ipv6?: Text;
  readonly mac?: Text;
  readonly gatewayPriority: number;
}

/** What one `docker run` or `docker create` says, before it is known which other containers and networks there are. */
export interface ContainerSpec {
  readonly name?: Text;
  readonly hostname?: Text;
  readonly image: Text;
  readonly command: readonly Text[];
  readonly entrypoint?: Text;
  /** Empty when nothing was said: the default bridge. */
  readonly attachments: readonly Attachment[];
  readonly ports: readonly PortMapping[];
  readonly exposed: readonly ExposedPort[];
  readonly publishAll?: Text;
  readonly environment: readonly EnvironmentVariable[];
  readonly labels: readonly Setting[];
  readonly mounts: readonly Mount[];
  readonly extraHosts: readonly ExtraHost[];
  readonly dns: { readonly servers: readonly ModelText[]; readonly search: readonly ModelText[]; readonly options: readonly ModelText[] };
  readonly links: readonly { readonly target: string; readonly alias: string; readonly text: Text }[];
  readonly healthcheck?: Healthcheck;
  readonly memory?: { readonly bytes: number; readonly text: Text };
  readonly cpus?: { readonly value: number; readonly text: Text };
  readonly restart?: Text;
  readonly logDriver?: Text;
  readonly logOptions: readonly Setting[];
  readonly user?: string;
  readonly capAdd: readonly string[];
  readonly privileged: boolean;
}

export const textOf = (text: Text): ModelText => ({ value: text.value, origin: text.origin });

/** `name=value`; without a value an empty one. */
export function settingOf(text: Text): Setting {
  const { before, after } = text.cut('=');
  return { name: before.value, value: after?.value ?? '', origin: (after === undefined || after.value === '' ? text : after).origin };
}
