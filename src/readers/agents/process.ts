import type { Value } from './parse/value.ts';

/** What may stand between the start of a command line and the program that matters. */
const WRAPPER =
  /^(?:exec|then|do|else|if|while|until|!|time|nohup|env|sudo|tini|tini-static|dumb-init|catatonit|stdbuf|nice|ionice|setpriv|gosu|su-exec|chroot|runuser|s6-setuidgid)$/;
/** Wrappers that take the name of a user first. */
const AS_USER = /^(?:gosu|su-exec|s6-setuidgid)$/;
/** The image's own start: `docker-entrypoint.sh`, `/opt/bitnami/scripts/redis/run.sh`, `/etc/confluent/docker/run`. */
const OWN_START = /(?:^|\/|-|_)entrypoint(?:\.\w+)?$|^\/(?:.*\/)?run(?:\.sh)?$|^\/init$/;
const OPERATOR = /^(?:&&|\|\||[;&|()]|--)$/;

/**
 * Whether a command line starts the server that its image is made for, and not one of the other programs that the image
 * holds (`pg_dump`, `redis-cli`, `kafka-topics`). No command at all, or flags alone, are the server's; of a script that
 * is not in the input nobody knows what it starts.
 *
 * `server` is matched against the words from the program's name on, joined by single spaces, without the name's folder.
 */
export function startsServer(words: readonly Value[], server: RegExp): boolean {
  return findStart(words, server) !== undefined;
}

/** Tools that come in the images of servers which have no entry in `images/`. */
const CLIENT =
  /^(?:promtool|amtool|logcli|lokitool|mimirtool|tempo-cli|grafana-cli|grafana cli|vmctl|kcat|zabbix_get|zabbix_sender)(?: |$)/;

/** Whether the one thing that a command line starts is such a tool: then nothing listens. */
export function startsClient(words: readonly Value[]): boolean {
  return findStart(words, CLIENT) === 'named' && !isScript(words);
}

/** More than one command: what they do to the server's settings is not known. */
export const isScript = (words: readonly Value[]): boolean => words.some(({ text }) => OPERATOR.test(text));

/** `named`: the pattern was found where a command stands; `own`: the image's own start, which nothing but flags follows. */
function findStart(words: readonly Value[], pattern: RegExp): 'named' | 'own' | undefined {
  let atStart = true;
  let own = words.length === 0;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]?.text ?? '';
    if (OPERATOR.test(word)) {
      atStart = true;
      continue;
    }
    if (!atStart) continue;
    const name = word.replace(/^.*\//, '');
    if (pattern.test([name, ...words.slice(at + 1, at + 4).map(({ text }) => text)].join(' '))) return 'named';
    if (OWN_START.test(word)) own = true;
    else if (WRAPPER.test(name)) at += AS_USER.test(name) ? 1 : 0;
    else if (word.startsWith('-')) {
      if (at === 0 || own) return 'own';
    } else if (!/^[A-Za-z_]\w*=/.test(word)) {
      atStart = false;
      own = false;
    }
  }
  return own ? 'own' : undefined;
}

/** The pattern for a program that is called like its image: `prom/node-exporter` runs `/bin/node_exporter`. */
export function calledLike(images: readonly string[]): RegExp {
  const names = images.map((image) =>
    image
      .replace(/^.*\//, '')
      .replaceAll(/[^A-Za-z0-9_.*-]/g, '')
      .replaceAll('.', '\\.')
      .replaceAll('*', '.*')
      .replaceAll(/[-_]/g, '[-_]?'),
  );
  return new RegExp(`^(?:${[...new Set(names)].join('|')})(?:\\.\\w+)?(?: |$)`);
}
