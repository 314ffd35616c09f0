import { hintFor } from './did-you-mean.ts';
import type { Entry, MapNode, Node, Place, ScalarNode } from './node.ts';
import { plain } from './node.ts';
import type { Problems } from './problems.ts';
import { report } from './problems.ts';
import { composeFile } from './schema.ts';
import type { Shape } from './shape.ts';
import { describe } from './shape.ts';

/**
 * Compares a file with the table of keys, and gives the file without what does not fit: later steps may trust the
 * kinds of the nodes that they meet.
 */
export function validate(file: MapNode, problems: Problems): MapNode {
  const kept = check(file, composeFile, '', problems);
  return kept?.kind === 'map' ? kept : { ...file, entries: new Map() };
}

function check(node: Node, shape: Shape, path: string, problems: Problems): Node | undefined {
  if (node.tag === '!reset') return node;
  switch (shape.kind) {
    case 'any':
      return node;
    case 'null':
      return node.kind === 'null' ? node : wrongKind(node, shape, path, problems);
    case 'scalar':
      return node.kind === 'scalar' ? checkScalar(node, shape, path, problems) : wrongKind(node, shape, path, problems);
    case 'list':
      return node.kind === 'list' ? checkList(node, shape, path, problems) : wrongKind(node, shape, path, problems);
    case 'map':
      return node.kind === 'map' ? checkMap(node, shape, path, problems) : wrongKind(node, shape, path, problems);
    case 'either': {
      const fitting = shape.shapes.find((part) => accepts(node, part));
      return fitting === undefined ? wrongKind(node, shape, path, problems) : check(node, fitting, path, problems);
    }
    default:
      return shape satisfies never;
  }
}

const accepts = (node: Node, shape: Shape): boolean =>
  shape.kind === 'any' || shape.kind === node.kind || (shape.kind === 'either' && shape.shapes.some((part) => accepts(node, part)));

function wrongKind(node: Node, shape: Shape, path: string, problems: Problems): undefined {
  const message = `${path === '' ? 'the file' : path} must be ${describe(shape)}, not ${kindOf(node)}`;
  report(problems, node.place, { code: 'compose-wrong-type', message, hint: hintForKind(node, shape, path) });
  return undefined;
}

function hintForKind(node: Node, shape: Shape, path: string): string {
  const key = path.split('.').at(-1) ?? '';
  if (node.kind === 'null') return `give ${key} a value, or remove the key`;
  if (shape.kind === 'list' && node.kind === 'scalar') return `write it as a list: ${key}: ["${node.text}"]`;
  if (shape.kind === 'scalar' && shape.types.includes('string') && node.kind === 'scalar') return `put it into quotes: "${node.text}"`;
  if (shape.kind === 'map' && node.kind === 'list') return 'write names as keys, without dashes';
  return `expected ${describe(shape)}`;
}

function kindOf(node: Node): string {
  if (node.kind === 'null') return 'empty';
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  return typeof node.value === 'string'
    ? `the text "${short(node.text)}"`
    : typeof node.value === 'number'
      ? `the number ${node.text}`
      : node.text;
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 37)}...` : text);

function checkScalar(node: ScalarNode, shape: Extract<Shape, { kind: 'scalar' }>, path: string, problems: Problems): Node | undefined {
  const { value } = node;
  const fits = shape.types.some((type) => {
    if (type === 'integer') return typeof value === 'number' && Number.isInteger(value);
    return typeof value === type;
  });
  if (!fits) return wrongKind(node, shape, path, problems);
  if (shape.oneOf !== undefined && !shape.oneOf.includes(node.text)) {
    const message = `${path} "${short(node.text)}" is none of ${shape.oneOf.join(', ')}`;
    report(problems, node.place, { code: 'compose-unknown-value', message, hint: hintFor(node.text, shape.oneOf) });
    return undefined;
  }
  if (typeof value === 'number' && ((shape.min !== undefined && value < shape.min) || (shape.max !== undefined && value > shape.max))) {
    const message = `${path} is ${node.text}`;
    report(problems, node.place, { code: 'compose-out-of-range', message, hint: `it must be between ${shape.min} and ${shape.max}` });
    return undefined;
  }
  return node;
}

function checkList(node: Extract<Node, { kind: 'list' }>, shape: Extract<Shape, { kind: 'list' }>, path: string, problems: Problems): Node {
  const items: Node[] = [];
  const seen = new Set<string>();
  for (const [index, item] of node.items.entries()) {
    const kept = check(item, shape.item, `${path}[${index}]`, problems);
    if (kept === undefined) continue;
    const key = shape.unique ? JSON.stringify(plain(kept)) : String(index);
    if (seen.has(key) && !dedupedByMerging(path)) {
      const message = `${path} holds ${kept.kind === 'scalar' ? `"${short(kept.text)}"` : 'the same entry'} twice`;
      report(problems, kept.place, { code: 'compose-duplicate-item', message, hint: 'keep one of them' });
      continue;
    }
    seen.add(key);
    items.push(kept);
  }
  return items.length === node.items.length && items.every((item, index) => item === node.items[index]) ? node : { ...node, items };
}

/** Lists in which Compose itself drops what is there twice before it validates (see unique.ts). */
const deduped =
  /(?:^services\.[^.]+|^networks\.[^.]+)(?:\.build|\.deploy|\.networks\.[^.]+|\.ipam)?\.(?:annotations|aliases|args|additional_contexts|cap_add|cap_drop|configs|devices|dns|dns_opt|dns_search|environment|env_file|expose|labels|link_local_ips|links|platforms|ports|profiles|secrets|sysctls|tags|tmpfs|volumes|options)$/;
const dedupedByMerging = (path: string): boolean => deduped.test(path);

function checkMap(node: MapNode, shape: Extract<Shape, { kind: 'map' }>, path: string, problems: Problems): Node {
  const entries = new Map<string, Entry>();
  let changed = false;
  for (const [name, entry] of node.entries) {
    const inner = shapeOf(name, shape);
    const innerPath = path === '' ? name : `${path}.${name}`;
    const kept = inner === undefined ? unknownKey(name, entry.key, shape, path, problems) : check(entry.value, inner, innerPath, problems);
    changed ||= kept !== entry.value;
    if (kept !== undefined) entries.set(name, { key: entry.key, value: kept });
  }
  for (const name of shape.required) if (!node.entries.has(name)) missingKey(name, shape.keys[name], node, path, problems);
  return changed ? { ...node, entries } : node;
}

function shapeOf(name: string, shape: Extract<Shape, { kind: 'map' }>): Shape | undefined {
  if (Object.hasOwn(shape.keys, name)) return shape.keys[name];
  if (shape.extensions && name.startsWith('x-')) return { kind: 'any' };
  return shape.each !== undefined && (shape.names === undefined || shape.names.test(name)) ? shape.each : undefined;
}

function unknownKey(name: string, key: Place, shape: Extract<Shape, { kind: 'map' }>, path: string, problems: Problems): undefined {
  const where = path === '' ? 'at the top of the file' : `in ${path}`;
  if (shape.names !== undefined) {
    const message = `"${name}" cannot be a name ${where}`;
    report(problems, key, { code: 'compose-invalid-name', message, hint: 'names hold letters, digits, ".", "_" and "-" only' });
    return undefined;
  }
  const hint = serviceAtTop(name, path) ?? hintFor(name, Object.keys(shape.keys));
  report(problems, key, { code: 'compose-unknown-key', message: `there is no key "${name}" ${where}`, hint });
  return undefined;
}

/** Files of Compose v1 had no `services:` around the services; Compose v2 refuses them. */
const serviceAtTop = (name: string, path: string): string | undefined =>
  path === '' && hintFor(name, Object.keys(topKeys)).startsWith('expected')
    ? 'services stand under "services:"; your own keys begin with x-'
    : undefined;

const topKeys = composeFile.kind === 'map' ? composeFile.keys : {};

function missingKey(name: string, shape: Shape | undefined, node: MapNode, path: string, problems: Problems): void {
  const values = shape?.kind === 'scalar' ? shape.oneOf : undefined;
  const hint = values === undefined ? `add ${name}:` : `add ${name}: ${values[0]} (or ${values.slice(1).join(', ')})`;
  report(problems, node.place, { code: 'compose-missing-key', message: `${path} needs the key "${name}"`, hint });
}
