import type { Hop } from '../../core/origin.ts';
import type { Cast } from './casts.ts';
import { cast, casts } from './casts.ts';
import type { Entry, MapNode, Node, ScalarNode } from './node.ts';
import { hopAt, subPlace } from './node.ts';
import type { PathTable } from './pattern.ts';
import { stepInto } from './pattern.ts';
import type { Problems } from './problems.ts';
import { report } from './problems.ts';
import { substitute } from './template.ts';
import type { Variables } from './variables.ts';
import { lookupVariable } from './variables.ts';

interface Context {
  readonly variables: Variables;
  readonly problems: Problems;
}

/** The file with its variables filled in, and with the texts that stand for numbers and booleans made such. Keys stay. */
export function interpolate(file: MapNode, variables: Variables, problems: Problems): MapNode {
  const context = { variables, problems };
  return walk(file, casts, [], context) as MapNode; // a map stays a map
}

function walk(node: Node, table: PathTable<Cast> | undefined, path: readonly string[], context: Context): Node {
  switch (node.kind) {
    case 'null':
      return node;
    case 'scalar':
      return scalar(node, table?.value, path, context);
    case 'list': {
      let changed = false;
      const items = node.items.map((item, index) => {
        const made = walk(item, stepInto(table, '*'), [...path, String(index)], context);
        changed ||= made !== item;
        return made;
      });
      return changed ? { ...node, items } : node;
    }
    case 'map': {
      let entries: Map<string, Entry> | undefined;
      for (const [name, entry] of node.entries) {
        const value = walk(entry.value, stepInto(table, name), [...path, name], context);
        if (value === entry.value) continue;
        entries ??= new Map(node.entries);
        entries.set(name, { key: entry.key, value });
      }
      return entries === undefined ? node : { ...node, entries };
    }
    default:
      return node satisfies never;
  }
}

function scalar(node: ScalarNode, wanted: Cast | undefined, path: readonly string[], context: Context): Node {
  if (typeof node.value !== 'string') return node;
  const filled = node.value.includes('$') ? fill(node, node.value, path, context) : node;
  return wanted === undefined ? filled : castNode(filled, wanted, path, context);
}

function fill(node: ScalarNode, text: string, path: readonly string[], context: Context): ScalarNode {
  const { variables, problems } = context;
  const result = substitute(text, (name) => lookupVariable(variables, name)?.value);
  for (const { name, offset, length } of result.unset) {
    const message = `the variable ${name} is not set, so ${path.join('.')} gets an empty text for it`;
    const hint = `set ${name} in .env or in the shell, or give a default: \${${name}:-value}`;
    report(problems, subPlace(node.place, offset, offset + length), { code: 'compose-variable-unset', message, hint }, 'warning');
  }
  if (result.failure !== undefined) {
    const { kind, offset, text: failed, name } = result.failure;
    const place = subPlace(node.place, offset, Math.min(text.length, offset + Math.max(1, kind === 'invalid' ? failed.length : 1)));
    if (kind === 'required') {
      const reason = failed === '' ? '' : `: ${failed}`;
      const message = `${path.join('.')} requires the variable ${name}, which is not set or empty${reason}`;
      report(problems, place, { code: 'compose-variable-required', message, hint: `set ${name} in .env or in the shell` });
    } else {
      const message = `${path.join('.')}: "${failed}" is not a variable substitution`;
      report(problems, place, {
        code: 'compose-interpolation',
        message,
        hint: 'write ${NAME} or ${NAME:-default}; a dollar sign itself is written $$',
      });
    }
  }
  if (result.text === text) return node;
  const place = { ...node.place, exact: false, via: [...node.place.via, ...result.used.flatMap((use) => hops(use, node, context))] };
  return { ...node, place, value: result.text, text: result.text };
}

function hops(
  use: { readonly expression: string; readonly name: string; readonly offset: number },
  node: ScalarNode,
  context: Context,
): Hop[] {
  const found = lookupVariable(context.variables, use.name);
  const site = hopAt('interpolation', use.expression, subPlace(node.place, use.offset, use.offset + use.expression.length));
  if (found === undefined) return [site];
  return [found.place === undefined ? { kind: 'environment', text: use.name } : hopAt('env-file', use.name, found.place), site];
}

function castNode(node: ScalarNode, wanted: Cast, path: readonly string[], context: Context): ScalarNode {
  if (typeof node.value !== 'string') return node;
  const value = cast(wanted, node.value);
  if (value !== undefined) return { ...node, value, text: String(value) };
  const message = `${path.join('.')}: "${node.value}" is not ${wanted === 'boolean' ? 'true or false' : wanted === 'integer' ? 'a whole number' : 'a number'}`;
  const hint = wanted === 'boolean' ? 'write true or false' : 'write a number without a unit';
  report(context.problems, node.place, { code: 'compose-wrong-type', message, hint });
  return node;
}
