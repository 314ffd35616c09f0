import type { Problem } from '../../../../core/problem.ts';
import type { Application } from '../../../../network/model.ts';
import type { Context } from '../../context.ts';
import { dial, gap, portOf } from '../../dial.ts';
import type { Directive } from '../../formats/nginx.ts';
import { everyDirective, readNginx } from '../../formats/nginx.ts';
import { listener } from '../../listen.ts';
import { imageOf, isImage } from '../../parse/image-reference.ts';
import { joinPath } from '../../parse/mounted.ts';
import type { Value } from '../../parse/value.ts';
import { expand, hasUnknown, slice } from '../../parse/value.ts';
import { startsServer } from '../../process.ts';
import type { AgentFacts, ListenerDraft, Program } from '../../program.ts';
import { facts, joinFacts } from '../../program.ts';

const IMAGES = ['nginx', 'nginxinc/nginx-unprivileged', 'bitnami/nginx', 'openresty/openresty', 'nginx/nginx'];
const MAIN = '/etc/nginx/nginx.conf';
/** Folders whose files nginx's own configuration includes; templates become files of the first one at start. */
const FOLDERS: readonly (readonly [folder: string, ending: string])[] = [
  ['/etc/nginx/conf.d', '.conf'],
  ['/etc/nginx/templates', '.template'],
];
/** Where a whole folder is mounted its files cannot be listed; these are what people call them. */
const USUAL_NAMES = ['default.conf', 'nginx.conf', 'app.conf', 'site.conf', 'proxy.conf', 'default.conf.template', 'nginx.conf.template'];
const MAX_FILES = 50;

const PASSES: Readonly<Record<string, Application>> = {
  proxy_pass: 'http',
  grpc_pass: 'grpc',
  fastcgi_pass: 'other',
  uwsgi_pass: 'other',
  scgi_pass: 'other',
  memcached_pass: 'other',
};

/** https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass , what is mounted over the image's configuration. */
export const nginx: Program = {
  name: 'nginx',
  matches: (workload) =>
    isImage(imageOf(workload), IMAGES) && workload.mounts.some(({ target }) => target === '/etc/nginx' || target.startsWith('/etc/nginx/')),
  read: (_workload, context) => {
    if (!startsServer(context.words, /^(?:nginx|nginx-debug|openresty)(?: |$)/)) return facts({});
    const reading = readFiles(context);
    if (reading.directives.length === 0) return facts({ problems: reading.problems });
    const servers = [...everyDirective(reading.directives)].filter(({ name, block }) => name === 'server' && block !== undefined);
    return joinFacts([
      facts({
        problems: reading.problems,
        listeners: servers.flatMap((server) => listenersOf(server, reading.replacesDefault)),
        listenersKnown: reading.complete && servers.length > 0,
      }),
      readPasses(reading.directives),
    ]);
  },
};

interface Reading {
  readonly directives: readonly Directive[];
  readonly problems: readonly Problem[];
  /** Every file that nginx reads is known. */
  readonly complete: boolean;
  readonly replacesDefault: boolean;
}

function readFiles(context: Context): Reading {
  const directives: Directive[] = [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const read = (path: string): boolean => {
    if (seen.has(path) || seen.size >= MAX_FILES) return true;
    seen.add(path);
    const file = context.mounted(path);
    if (file.kind !== 'text') return false;
    const parsed = readNginx(file.config);
    const own = path.endsWith('.template') ? parsed.directives.map((directive) => substituted(directive, context)) : parsed.directives;
    directives.push(...own);
    problems.push(...parsed.problems);
    for (const {
      name,
      arguments: [path_],
    } of everyDirective(own))
      if (name === 'include' && path_ !== undefined && !path_.text.includes('*')) read(joinPath('/etc/nginx', path_.text));
    return true;
  };
  const main = context.mounted(MAIN);
  const isOwnMain = main.kind === 'text' && read(MAIN);
  const text = main.kind === 'text' ? main.config.text : undefined;
  const included = FOLDERS.filter(([folder]) => text === undefined || text.includes(`${folder.replace('templates', 'conf.d')}/`));
  let complete = main.kind === 'image' || isOwnMain;
  for (const [folder, ending] of included) {
    for (const { target } of context.workload.mounts)
      if (target.startsWith(`${folder}/`) && target.endsWith(ending)) complete = read(target) && complete;
    if (context.workload.mounts.some(({ target }) => target === folder || target === '/etc/nginx')) {
      for (const name of USUAL_NAMES) if (name.endsWith(ending)) read(`${folder}/${name}`);
      complete = false;
    }
  }
  if (/^\s*include\s+(?!\S*(?:mime\.types|modules|conf\.d))\S*\*/m.test(text ?? '')) complete = false;
  const replacesDefault = text !== undefined || [...seen].some((path) => /\/default\.conf(?:\.template)?$/.test(path));
  // Beside a file of another name the image's own default.conf goes on listening on port 80.
  return { directives, problems, complete: complete && replacesDefault, replacesDefault };
}

/** The image runs envsubst over templates: `${NAME}` of the environment; what is not set stays as it is. */
function substituted(directive: Directive, context: Context): Directive {
  const style = { pattern: /\$\{(?<name>[A-Za-z_]\w*)\}/g };
  return {
    ...directive,
    arguments: directive.arguments.map((value) => expand(value, style, context.resolve)),
    ...(directive.block === undefined ? {} : { block: directive.block.map((inner) => substituted(inner, context)) }),
  };
}

/** `listen 80`, `listen [::]:80`, `listen 127.0.0.1:8080 ssl`, `listen 443 quic`; without any: port 80 of all IPv4 addresses. */
function listenersOf(server: Directive, replacesDefault: boolean): readonly ListenerDraft[] {
  const listens = (server.block ?? []).filter(({ name }) => name === 'listen');
  if (listens.length === 0) return replacesDefault ? [listener('0.0.0.0', 80, server.origin, { application: 'http' })] : [];
  return listens.flatMap(({ arguments: [address, ...options] }) => {
    const match = /^(?:(\[[^\]]*\]|[^:]*):)?(\d+)$/.exec(address?.text ?? '');
    const port = portOf(match?.[2]);
    if (address === undefined || match === null || port === undefined) return [];
    const host = match[1] ?? '*';
    const has = (option: string): boolean => options.some(({ text }) => text === option);
    const base = listener(host === '*' || host === '' ? '0.0.0.0' : host.replace(/^\[(.*)\]$/, '$1'), port, address.origin, {
      application: has('ssl') ? 'https' : 'http',
      ...(has('quic') || has('udp') ? { transport: 'udp' as const } : {}),
    });
    return [base.address === '::' && !has('ipv6only=off') ? { ...base, v6Only: true } : base];
  });
}

function readPasses(directives: readonly Directive[]): AgentFacts {
  const all = [...everyDirective(directives)];
  const upstreams = new Set(
    all.filter(({ name, block }) => name === 'upstream' && block !== undefined).map((one) => one.arguments[0]?.text),
  );
  // `set $backend http://web:80; proxy_pass $backend;` is how people make nginx resolve names late.
  const set = new Map(all.filter(({ name }) => name === 'set').map(({ arguments: [name, value] }) => [name?.text, value]));
  return joinFacts(
    all.flatMap(({ name, arguments: [target], block }) => {
      if (name === 'upstream' && block !== undefined)
        return block.filter((inner) => inner.name === 'server').map((inner) => pass('upstream', inner.arguments[0], 'http', 80));
      const application = Object.hasOwn(PASSES, name) ? PASSES[name] : undefined;
      if (application === undefined || target === undefined) return [];
      const [, scheme = '', host = '', rest = ''] = /^([a-z]+:\/\/)?(\$\w+|[^:/]*)(.*)$/s.exec(target.text) ?? [];
      if (upstreams.has(host)) return [];
      const value = !host.startsWith('$') ? target : scheme === '' && rest === '' ? set.get(host) : undefined;
      return value === undefined || upstreams.has(value.text.replace(/^[a-z]+:\/\//, ''))
        ? []
        : [pass(name, value, application, undefined)];
    }),
  );
}

function pass(setting: string, value: Value | undefined, application: Application, port: number | undefined): AgentFacts {
  if (value === undefined || /^(?:https?:\/\/)?unix:/.test(value.text)) return facts({});
  // Where the host or the port is a variable of a request, only nginx knows; behind them it does not matter.
  const [authority = ''] = /^(?:[a-z]+:\/\/)?[^/$]*/.exec(value.text) ?? [];
  if (hasUnknown(authority)) return facts({ problems: [gap(value, setting)] });
  const cut = value.text[authority.length] === '$';
  if (authority === '' || /[:/.]$/.test(authority) || (cut && !/:\d+$/.test(authority))) return facts({});
  return dial(slice(value, 0, authority.length), {
    setting,
    purpose: 'forwards to',
    application,
    ...(port === undefined ? {} : { port }),
  });
}
