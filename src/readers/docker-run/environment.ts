import { join } from 'node:path/posix';
import type { Hop } from '../../core/origin.ts';
import type { SourceText } from '../../core/text.ts';
import type { EnvironmentVariable, Setting } from '../../network/model.ts';
import { settingOf } from './container.ts';
import type { GivenFlags } from './given.ts';
import type { Call } from './interpreter.ts';
import type { ReadContext } from './read-context.ts';
import type { Text } from './word.ts';

/**
 * `--env-file` and `-e`, in the order in which docker lets them win: the files first, then the flags, a later one over an earlier one.
 * `-e NAME` passes the variable of the shell on; a shell that does not export it passes nothing.
 */
export function readEnvironment(given: GivenFlags, call: Call, context: ReadContext): readonly EnvironmentVariable[] {
  const found = new Map<string, EnvironmentVariable>();
  const put = (variable: EnvironmentVariable) => {
    found.delete(variable.name);
    found.set(variable.name, variable);
  };
  for (const file of given.all('env-file')) for (const variable of readFile(file, call, context)) put(variable);
  for (const text of given.all('env')) {
    const variable = readVariable(text, call, context);
    if (variable !== undefined) put(variable);
  }
  return [...found.values()];
}

function readVariable(text: Text, call: Call, context: ReadContext): EnvironmentVariable | undefined {
  const { before, after } = text.cut('=');
  if (before.value === '' || (after === undefined && !text.known)) {
    if (text.known)
      context.remarks.error(
        'docker-invalid-env',
        `docker refuses \`-e ${text.value}\`: the variable has no name`,
        'write NAME=VALUE',
        text.origin,
      );
    else context.remarks.unknown(text, 'an environment variable');
    return undefined;
  }
  if (after === undefined) return passedOn(before.value, text.origin, call);
  return { name: before.value, value: after.value, origin: after.value === '' ? text.origin : after.origin };
}

function passedOn(name: string, origin: EnvironmentVariable['origin'], call: Call): EnvironmentVariable {
  const exported = call.exported(name);
  return { name, value: exported?.known === true ? exported.value : undefined, origin };
}

/** Docker's env files are raw lines: no quotes, no escapes, no interpolation, `#` only at a line's beginning (docker/cli opts/file.go). */
function readFile(path: Text, call: Call, context: ReadContext): readonly EnvironmentVariable[] {
  const source = openBeside(path, 'the file of environment variables', context);
  if (source === undefined) return [];
  const via = hopTo(path);
  const found: EnvironmentVariable[] = [];
  eachLine(source, (line, start) => {
    const content = line.trimStart();
    const from = start + line.length - content.length;
    if (content === '' || content.startsWith('#')) return;
    const equals = content.indexOf('=');
    const name = equals === -1 ? content.trim() : content.slice(0, equals);
    const origin = source.origin(from, from + content.length, { exact: equals === -1, via });
    if (name === '' || /\s/.test(name)) {
      const why = name === '' ? 'the variable has no name' : `the name "${name}" holds a space`;
      context.remarks.error(
        'docker-invalid-env',
        `docker refuses this line of an env file: ${why}`,
        'write NAME=VALUE, without `export` and without spaces around the name',
        origin,
      );
    } else if (equals === -1) found.push(passedOn(name, origin, call));
    else {
      const value = content.slice(equals + 1);
      found.push({
        name,
        value,
        origin: value === '' ? origin : source.origin(from + equals + 1, from + content.length, { exact: true, via }),
      });
    }
  });
  return found;
}

/** `--label-file` and `--label`; a label without a value has an empty one. */
export function readLabels(given: GivenFlags, context: ReadContext): readonly Setting[] {
  const fromFiles = given.all('label-file').flatMap((path) => {
    const source = openBeside(path, 'the file of labels', context);
    const labels: Setting[] = [];
    if (source !== undefined)
      eachLine(source, (line, start) => {
        const content = line.trim();
        if (content === '' || content.startsWith('#')) return;
        const [name = '', ...rest] = content.split('=');
        labels.push({ name, value: rest.join('='), origin: source.origin(start, start + line.length, { via: hopTo(path) }) });
      });
    return labels;
  });
  return [...fromFiles, ...given.all('label').map(settingOf)];
}

const hopTo = (path: Text): readonly Hop[] => {
  const { file, span } = path.origin;
  return [{ kind: 'env-file', text: path.value, file, line: span.line, column: span.column }];
};

function openBeside(path: Text, what: string, { files, folder, remarks }: ReadContext): SourceText | undefined {
  if (!path.known || (folder === undefined && !path.value.startsWith('/'))) {
    if (path.known)
      remarks.gap(
        'docker-value-unknown',
        `${what} "${path.value}" is looked for in a folder that is not known`,
        'write `cd` with a fixed folder, or an absolute path',
        path.origin,
      );
    else remarks.unknown(path, what);
    return undefined;
  }
  const read = files.read(path.value.startsWith('/') ? path.value : join(folder ?? '.', path.value));
  if (read.ok) return read.source;
  const missing = read.reason === 'missing';
  const say = missing ? remarks.gap.bind(remarks) : remarks.error.bind(remarks);
  say(
    'docker-env-file-unreadable',
    `${what} "${path.value}" cannot be read: ${read.message}`,
    missing ? 'the variables in it are not known; put it beside the script, where docker needs it too' : 'check the file',
    path.origin,
  );
  return undefined;
}

function eachLine(source: SourceText, visit: (line: string, start: number) => void): void {
  const { text } = source;
  let start = text.startsWith('\ufeff') ? 1 : 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    visit(text.slice(start, end).replace(/\r$/, ''), start);
    start = end + 1;
  }
}
