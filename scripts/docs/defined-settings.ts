/** The reference page and the JSON Schema of settings that are defined with Zod (src/config/fields.ts). */
import type * as z from 'zod';
import { inputSchema } from '../../src/config/json-schema.ts';
import { code, fenced, generatedFrom, page, table } from './markdown.ts';

/** What of JSON Schema the definitions of ours use. */
interface Node {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly additionalProperties?: Node | boolean;
}

export function settingsSchema(schema: z.ZodType, title: string): string {
  return `${JSON.stringify({ title, ...jsonSchema(schema) }, undefined, 2)}\n`;
}

export function definedSettingsPage(
  schema: z.ZodType,
  options: { readonly from: string; readonly title: string; readonly intro: string },
): string {
  const root = jsonSchema(schema);
  const [plain, sections] = split(root.properties ?? {});
  return page(
    generatedFrom(options.from),
    `# ${options.title}`,
    options.intro,
    ...(plain.length > 0 ? [settingTable(plain.flatMap(([key, node]) => rows(key, node)))] : []),
    ...sections.map(([key, node]) =>
      page(
        `## ${key}`,
        node.description ?? '',
        settingTable(
          Object.entries(node.properties ?? node.items?.properties ?? {}).flatMap(([name, inner]) =>
            rows(node.items === undefined ? `${key}.${name}` : `${key}[].${name}`, inner),
          ),
        ),
        ...(exampleOf(key, node) === undefined ? [] : [fenced('yaml', exampleOf(key, node) ?? '')]),
      ).trimEnd(),
    ),
  );
}

function jsonSchema(schema: z.ZodType): Node {
  // Zod's own type for JSON Schema is wider than what the definitions of ours use.
  return inputSchema(schema) as Node;
}

type Entry = readonly [string, Node];

function split(properties: Readonly<Record<string, Node>>): readonly [readonly Entry[], readonly Entry[]] {
  const isSection = ([, node]: Entry) => node.properties !== undefined || node.items?.properties !== undefined;
  const entries = Object.entries(properties);
  return [entries.filter((one) => !isSection(one)), entries.filter(isSection)];
}

type Row = readonly [string, string, string, string];

/** A setting is a row; a map or a list of maps is one, and below it those of its own. */
function rows(key: string, node: Node): readonly Row[] {
  const inner = node.properties ?? node.items?.properties;
  const own: Row = [
    code(key),
    typeText(node),
    node.default === undefined || inner !== undefined ? '' : code(JSON.stringify(node.default)),
    `${node.description ?? ''}${example(node)}`,
  ];
  if (inner === undefined) return [own];
  const prefix = node.items === undefined ? key : `${key}[]`;
  return [own, ...Object.entries(inner).flatMap(([name, one]) => rows(`${prefix}.${name}`, one))];
}

function settingTable(all: readonly Row[]): string {
  return table(['key', 'type', 'default', 'meaning'], all);
}

function typeText(node: Node): string {
  // How a text begins or ends is said by its description.
  if (node.format !== undefined && !/^(starts|ends)_with$/.test(node.format)) return node.format;
  if (node.enum !== undefined) return node.enum.map((one) => code(String(one))).join(', ');
  if (node.const !== undefined) return code(String(node.const));
  if (node.anyOf !== undefined || node.oneOf !== undefined)
    return [...new Set((node.anyOf ?? node.oneOf ?? []).map(typeText))].join(' or ');
  if (node.type === 'array') return `list of ${node.items === undefined ? 'values' : typeText(node.items)}`;
  if (node.type === 'object') return 'map';
  if (node.type === 'integer') return 'whole number';
  return node.type ?? 'value';
}

function example(node: Node): string {
  const [first] = node.examples ?? [];
  return first === undefined ? '' : ` Example: ${code(typeof first === 'string' ? first : JSON.stringify(first))}`;
}

/** The examples of a section's own settings, as a file would have them. */
function exampleOf(key: string, node: Node): string | undefined {
  const entries = Object.entries(node.properties ?? {}).flatMap(([name, one]) =>
    one.examples?.[0] === undefined ? [] : [`  ${name}: ${JSON.stringify(one.examples[0])}`],
  );
  return entries.length === 0 ? undefined : [`${key}:`, ...entries].join('\n');
}

/** The page of settings of which the field `type` decides what else may be set: one section for each kind of each group. */
export function componentSettingsPage(
  groups: readonly { readonly title: string; readonly kind: string; readonly schema: z.ZodType }[],
  options: { readonly from: string; readonly title: string; readonly intro: string },
): string {
  return page(
    generatedFrom(options.from),
    `# ${options.title}`,
    options.intro,
    ...groups.flatMap(({ title, kind, schema }) => {
      const { oneOf, anyOf } = jsonSchema(schema);
      const variants = oneOf ?? anyOf ?? [];
      const nameOf = (node: Node) => String(node.properties?.type?.const ?? '');
      const common = Object.keys(variants[0]?.properties ?? {}).filter(
        (key) =>
          key !== 'type' &&
          variants.every((node) => JSON.stringify(node.properties?.[key]) === JSON.stringify(variants[0]?.properties?.[key])),
      );
      const own = (node: Node) => Object.entries(node.properties ?? {}).filter(([key]) => key !== 'type' && !common.includes(key));
      return [
        `# ${title}`,
        ...variants.map((node) =>
          page(
            `## ${kind} ${code(nameOf(node))}`,
            node.description ?? '',
            settingTable(own(node).flatMap(([key, one]) => rows(key, one))),
          ).trimEnd(),
        ),
        ...(common.length === 0
          ? []
          : [
              page(
                `## every ${kind}`,
                settingTable(
                  Object.entries(variants[0]?.properties ?? {})
                    .filter(([key]) => common.includes(key))
                    .flatMap(([key, one]) => rows(key, one)),
                ),
              ).trimEnd(),
            ]),
      ];
    }),
  );
}
