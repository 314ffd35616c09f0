import type { Context } from '../../context.ts';
import { gap, portOf } from '../../dial.ts';
import type { ImageEntry, ImageListener } from '../../images/entry.ts';
import { entryOf } from '../../images/index.ts';
import { AS_WRITTEN, DUAL_STACK, defaultListener, IPV4_ONLY, listen, listenAddress, listener } from '../../listen.ts';
import { imageOf } from '../../parse/image-reference.ts';
import { coveringMount } from '../../parse/mounted.ts';
import type { Value } from '../../parse/value.ts';
import { hasUnknown, slice, split, toValue } from '../../parse/value.ts';
import { calledLike, isScript, startsServer } from '../../process.ts';
import type { AgentFacts, ListenerDraft, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

/** Programs of which we know only what their images listen on: data, in `images/`. */
export const images: Program = {
  name: 'images',
  matches: (workload) => entryOf(imageOf(workload)) !== undefined,
  read: (workload, context) => {
    const entry = entryOf(context.image);
    // An image is used for its client as well, whose flags mean other things: `pg_dump -h localhost`.
    if (entry === undefined || !startsServer(context.words, entry.server ?? calledLike(entry.images))) return facts({});
    const replaced = (entry.config ?? []).some(
      (path) => coveringMount(workload, path) !== undefined || workload.mounts.some((mount) => mount.target.startsWith(`${path}/`)),
    );
    const open = replaced || isScript(context.words);
    const all = entry.listeners.map((one) => readListener(entry, one, context, replaced));
    return joinFacts([...all, facts({ listenersKnown: !open, listenersOpen: open })]);
  },
};

function readListener(entry: ImageEntry, one: ImageListener, context: Context, replaced: boolean): AgentFacts {
  if (one.onlyWith !== undefined && !one.onlyWith.some((name) => isSet(context, name))) return facts({});
  if (one.unless?.some((name) => isSet(context, name)) === true) return facts({});
  const any = one.address === '0.0.0.0' ? IPV4_ONLY : DUAL_STACK;
  const options = optionsOf(one);
  const at = setting(context, one.at ?? []);
  if (at !== undefined)
    return joinFacts(
      split(at.value, /[,\s]+/).map((value) =>
        listen(value, { ...options, setting: at.name, any, port: one.port, ownNames: context.ownNames }),
      ),
    );
  const host = setting(context, one.host ?? []);
  const port = setting(context, one.portOf ?? []);
  if (host === undefined && port === undefined) {
    return replaced ? facts({}) : facts({ listeners: [defaultListener(entry.program, one.address, one.port, options)] });
  }
  return withSettings(one, host, port, context);
}

interface Found {
  readonly name: string;
  readonly value: Value;
}

function withSettings(one: ImageListener, host: Found | undefined, port: Found | undefined, context: Context): AgentFacts {
  const open = [host, port].find((found) => found !== undefined && hasUnknown(found.value.text));
  if (open !== undefined) return facts({ problems: [gap(open.value, open.name)] });
  const number = port === undefined ? one.port : portOf(port.value.text);
  if (number === undefined) return facts({});
  // Redis writes `-::1` for an address that may be missing.
  const addresses =
    host === undefined
      ? [undefined]
      : split(host.value, /[,\s]+/).map((value) => (value.text.startsWith('-') ? slice(value, 1, value.text.length) : value));
  const listeners = addresses.flatMap((value): ListenerDraft[] => {
    const address =
      value === undefined ? one.address : listenAddress(value.text, one.address === '::' ? AS_WRITTEN : IPV4_ONLY, context.ownNames);
    const origin = value?.origin ?? port?.value.origin;
    return address === undefined || origin === undefined ? [] : [listener(address, number, origin, optionsOf(one))];
  });
  return facts({ listeners });
}

function optionsOf(one: ImageListener) {
  return {
    ...(one.application === undefined ? {} : { application: one.application }),
    ...(one.transport === undefined ? {} : { transport: one.transport }),
  };
}

function setting(context: Context, names: readonly string[]): Found | undefined {
  for (const name of names) {
    const value = readSetting(context, name);
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

function readSetting(context: Context, name: string): Value | undefined {
  if (name.startsWith('env:')) return context.variable(name.slice(4));
  if (name.startsWith('set:')) return assigned(context, name.slice(4));
  return context.flag(name);
}

/** `-c listen_addresses=localhost`, `-clisten_addresses=…`, `--listen_addresses=…`: the last one counts. */
function assigned(context: Context, name: string): Value | undefined {
  const found = context.words.flatMap((word) => {
    const match = new RegExp(`^(?:-c|--)?${name.replaceAll('_', '[_-]')}\\s*=\\s*'?([^']*)'?$`).exec(word.text);
    const text = match?.[1];
    if (text === undefined) return [];
    const from = word.text.length - text.length - (word.text.endsWith("'") ? 1 : 0);
    return [slice(word, from, from + text.length)];
  });
  return found.at(-1);
}

/** `command` stands for any command of one's own; `--entrypoints.*` for every flag that begins so. */
function isSet(context: Context, name: string): boolean {
  if (name === 'command') return context.words.length > 0;
  if (name.startsWith('env:'))
    return context.workload.environment.some(
      (variable) => variable.name === name.slice(4) && toValue({ value: variable.value ?? '', origin: variable.origin }).text !== 'false',
    );
  if (name.endsWith('*')) return context.flags.some((flag) => flag.name.toLowerCase().startsWith(name.slice(0, -1).toLowerCase()));
  return context.flags.some((flag) => flag.name === name);
}
