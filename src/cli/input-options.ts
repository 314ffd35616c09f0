/** The options that say what is read and what holds of engine and host: the same for check, reach and diff. */
import { profileFields } from '../doctor/profile.ts';
import type { Option, OptionGroup } from './command.ts';

const reading: readonly Option[] = [
  {
    name: 'file',
    short: 'f',
    placeholder: 'FILE',
    multiple: true,
    description: 'Compose file; several are merged in this order, as docker compose does',
  },
  { name: 'project-name', short: 'p', placeholder: 'NAME', description: "the project's name, as docker compose -p" },
  { name: 'profile', placeholder: 'NAME', multiple: true, description: 'Compose profile to switch on' },
  { name: 'env-file', placeholder: 'FILE', multiple: true, description: 'variables for interpolation, instead of .env' },
  {
    name: 'engine',
    placeholder: 'SOCKET',
    optionalValue: true,
    looksLike: /^(?:unix|tcp|http):\/\/|\.sock$/,
    description: 'read the running engine too, without changing anything; DOCKER_HOST or the usual socket unless named',
  },
  { name: 'same-host', description: 'all inputs run on one host; otherwise those that share networks, containers or ports of the host do' },
];

const environment: readonly Option[] = [
  ...profileFields.map(({ flag, placeholder, description, alone }) => ({
    name: flag,
    placeholder,
    description,
    ...(alone === undefined ? {} : { optionalValue: true, looksLike: /^(?:yes|no|on|off|true|false)$/i }),
  })),
  { name: 'host-listener', placeholder: '[ADDR:]PORT[/udp]', multiple: true, description: 'a service that listens on the host itself' },
];

const running: readonly Option[] = [
  { name: 'config', placeholder: 'FILE', description: 'settings file; fairlead.yaml of the working directory unless named' },
  { name: 'timeout', placeholder: 'TIME', description: 'give up after it, for example 30s or 2m; 60s unless stated' },
];

export const inputGroups: readonly OptionGroup[] = [
  { title: 'Input', options: reading },
  { title: 'Engine and host', options: environment },
  { title: 'Running', options: running },
];
