/** Zod's issues as sentences of ours: what is wrong, with the value, and what to write instead. */
import type * as z from 'zod';
import { didYouMean } from '../core/nearest.ts';
import { knownKeys, schemasAt, unlazy } from './schema-walk.ts';

/** One thing that is wrong. `key`: the key itself is, not the value behind it. */
export interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly key?: string;
  readonly message: string;
  readonly hint: string;
}

type Issue = z.core.$ZodIssue;

/** `valueAt` gives what was written at a path; undefined where nothing was. */
export function complaints(
  schema: z.ZodType,
  issues: readonly Issue[],
  valueAt: (path: readonly PropertyKey[]) => unknown,
): readonly Complaint[] {
  return issues.flatMap((issue) => complaintsOf(schema, issue, valueAt));
}

function complaintsOf(schema: z.ZodType, issue: Issue, valueAt: (path: readonly PropertyKey[]) => unknown): readonly Complaint[] {
  const { path } = issue;
  const name = pathText(path);
  const value = valueAt(path);
  const plain = (message: string, hint: string): readonly Complaint[] => [{ path, message, hint }];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(schema, path, value);
      return issue.keys.map((key) => ({
        path,
        key,
        message: `unknown key "${key}"${name === '' ? '' : ` in ${name}`}`,
        hint: didYouMean(key, known, known.length === 0 ? 'take it out' : `known keys: ${known.slice(0, 40).join(', ')}`),
      }));
    }
    case 'invalid_type':
      if (value === undefined || value === null) return plain(`${name} is missing`, exampleHint(schema, path, `add ${name}`));
      return plain(
        `${name || 'the whole'} must be ${typeWords[issue.expected] ?? issue.expected}, not ${shown(value)}`,
        exampleHint(schema, path),
      );
    case 'invalid_value': {
      const choices = issue.values.map(String);
      return plain(
        `${name}: ${shown(value)} is not one of ${choices.join(', ')}`,
        didYouMean(String(value), choices, `write one of ${choices.join(', ')}`),
      );
    }
    case 'too_small':
    case 'too_big': {
      const least = issue.code === 'too_small';
      const bound = String(least ? issue.minimum : issue.maximum);
      const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' || issue.origin === 'set' ? ' entries' : '';
      return plain(`${name}: ${shown(value)} is too ${least ? 'small' : 'large'}`, `${least ? 'at least' : 'at most'} ${bound}${unit}`);
    }
    case 'invalid_union':
      return unionComplaints(schema, issue, valueAt) ?? plain(`${name}: ${shown(value)} fits none of the forms`, exampleHint(schema, path));
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues.flatMap((inner) => complaintsOf(schema, { ...inner, path: [...path, ...inner.path] }, valueAt));
    case 'custom':
      return plain(name === '' ? issue.message : `${name}: ${issue.message}`, hintOf(issue.params) ?? exampleHint(schema, path));
    case 'invalid_format':
    case 'not_multiple_of':
      return plain(`${name}: ${shown(value)} is not as it must be (${issue.message})`, exampleHint(schema, path));
    default:
      return issue satisfies never;
  }
}

/** The form that went furthest: the one whose first mistake is deepest, or the only one of the right kind. */
function unionComplaints(
  schema: z.ZodType,
  issue: Extract<Issue, { code: 'invalid_union' }>,
  valueAt: (path: readonly PropertyKey[]) => unknown,
) {
  const discriminator = 'discriminator' in issue && typeof issue.discriminator === 'string' ? issue.discriminator : undefined;
  if (discriminator !== undefined && issue.errors.length === 0) return [wrongKind(schema, issue.path, discriminator, valueAt)];
  const furthest = issue.errors
    .filter((errors) => errors.length > 0)
    .sort((a, b) => Math.max(...b.map((one) => one.path.length)) - Math.max(...a.map((one) => one.path.length)) || a.length - b.length)[0];
  if (furthest === undefined || !furthest.some((one) => one.path.length > 0 || one.code === 'unrecognized_keys')) return undefined;
  return furthest.flatMap((inner) => complaintsOf(schema, { ...inner, path: [...issue.path, ...inner.path] }, valueAt));
}

/** Zod's path of such an issue ends with the discriminator. */
function wrongKind(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  discriminator: string,
  valueAt: (path: readonly PropertyKey[]) => unknown,
): Complaint {
  const around = path.at(-1) === discriminator ? path.slice(0, -1) : path;
  const at = [...around, discriminator];
  const choices = schemasAt(schema, around).flatMap(({ _zod: { def } }) => {
    const inner = def.type === 'object' ? def.shape[discriminator] : undefined;
    return inner === undefined ? [] : [...(inner._zod.values ?? [])].map(String);
  });
  const value = valueAt(at);
  const one = `write one of ${choices.join(', ')}`;
  if (value === undefined) return { path: around, message: `${pathText(at)} is missing`, hint: one };
  return {
    path: at,
    message: `${pathText(at)}: ${shown(value)} is not one of ${choices.join(', ')}`,
    hint: didYouMean(String(value), choices, one),
  };
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map of names to values',
  record: 'a map of names to values',
  array: 'a list',
};

/** A value as it stands in a message: short, and never a secret that was put into the wrong place whole. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

function hintOf(params: unknown): string | undefined {
  return typeof params === 'object' && params !== null && 'hint' in params && typeof params.hint === 'string' ? params.hint : undefined;
}

function exampleHint(schema: z.ZodType, path: readonly PropertyKey[], otherwise = 'see the reference of settings'): string {
  const example = exampleAt(schema, path);
  return example === undefined
    ? otherwise
    : `for example ${String(path.at(-1) ?? '')}: ${typeof example === 'string' ? example : JSON.stringify(example)}`;
}

/** The first example of the field at `path`, looked for in the wrappers too. */
function exampleAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown {
  const key = path.at(-1);
  if (typeof key !== 'string') return undefined;
  for (const { _zod } of schemasAt(schema, path.slice(0, -1))) {
    const field = _zod.def.type === 'object' ? _zod.def.shape[key] : undefined;
    // Every schema that the classic API makes has `meta()`; one that is built lazily has it inside.
    const examples = (field && (unlazy(field) as z.ZodType))?.meta()?.examples;
    if (Array.isArray(examples) && examples.length > 0) return examples[0];
  }
  return undefined;
}

/** `agents.tokens[2].name` */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
}
