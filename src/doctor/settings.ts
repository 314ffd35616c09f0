/** Reads the settings file. Loaded only when there is one. */
import type { Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { didYouMean } from '../core/nearest.ts';
import type { FileOrigin } from '../core/origin.ts';
import type { Problem } from '../core/problem.ts';
import type { SourceText } from '../core/text.ts';
import type { Severity } from '../network/answer.ts';
import { severities } from '../network/answer.ts';
import type { Environment } from '../network/environment.ts';
import { parseHostListener } from './host-listener.ts';
import type { Parsed } from './profile.ts';
import { profileFields } from './profile.ts';
import type { Settings, Suppression } from './settings-fields.ts';
import { noSettings, settingFields } from './settings-fields.ts';

export { SETTINGS_FILE, settingFields } from './settings-fields.ts';

export interface SettingsResult {
  readonly settings: Settings;
  /** All of severity `error`: nothing is checked until the whole file is valid. */
  readonly problems: readonly Problem[];
}

/** `knownRules`: ids and names; anything else under `rules` or `suppress` is a mistake. */
export function readSettings(source: SourceText, knownRules: readonly string[]): SettingsResult {
  const document = parseDocument(source.text, { lineCounter: new LineCounter(), prettyErrors: false });
  const reader = new Reader(source, knownRules);
  for (const error of document.errors) reader.problem(error.pos[0], error.pos[1], error.message.split('\n')[0] ?? 'not YAML', 'write YAML');
  if (reader.problems.length > 0 || document.contents === null) return { settings: noSettings, problems: reader.problems };
  const settings = reader.settings(document.contents);
  return { settings, problems: reader.problems };
}

class Reader {
  readonly problems: Problem[] = [];
  readonly #source: SourceText;
  readonly #knownRules: readonly string[];

  constructor(source: SourceText, knownRules: readonly string[]) {
    this.#source = source;
    this.#knownRules = knownRules;
  }

  settings(root: Node): Settings {
    const fields = this.#map(
      root,
      settingFields.map((field) => field.key),
      'fairlead.yaml',
    );
    return {
      rules: this.#rules(fields.get('rules')),
      suppress: this.#suppress(fields.get('suppress')),
      environment: this.#environment(fields.get('environment')),
      hostListeners: this.#list(fields.get('hostListeners'), 'hostListeners').flatMap((node) =>
        this.#parsed(node, (text, origin) => parseHostListener(text, origin)),
      ),
    };
  }

  #rules(node: Node | undefined): Settings['rules'] {
    const allowed = ['on', 'off', ...severities] as const;
    const rules = new Map<string, 'on' | 'off' | Severity>();
    for (const [name, value] of this.#map(node, this.#knownRules, 'rules')) {
      const text = this.#text(value);
      const level = allowed.find((one) => one === (text === 'true' ? 'on' : text === 'false' ? 'off' : text));
      if (level === undefined) this.#wrong(value, `"${text}" is not a level of a rule`, `write one of ${allowed.join(', ')}`);
      else rules.set(name, level);
    }
    return rules;
  }

  #suppress(node: Node | undefined): readonly Suppression[] {
    return this.#list(node, 'suppress').flatMap((entry) => {
      const fields = this.#map(entry, ['rule', 'subject', 'file', 'reason'], 'suppress');
      const rule = this.#text(fields.get('rule'));
      const reason = this.#text(fields.get('reason'))?.trim();
      if (rule === undefined) this.#wrong(entry, 'this suppression names no rule', 'add rule: R08');
      else if (!this.#knownRules.includes(rule))
        this.#wrong(fields.get('rule') ?? entry, `there is no rule "${rule}"`, didYouMean(rule, this.#knownRules, 'see fairlead rules'));
      if (!reason) this.#wrong(entry, 'this suppression gives no reason', 'add reason: why this finding is accepted');
      if (rule === undefined || !reason) return [];
      const subject = this.#text(fields.get('subject'));
      const file = this.#text(fields.get('file'));
      const narrowed = { ...(subject === undefined ? {} : { subject }), ...(file === undefined ? {} : { file }) };
      return [{ rule, reason, ...narrowed, origin: this.#origin(entry) }];
    });
  }

  #environment(node: Node | undefined): Partial<Environment> {
    let environment: Partial<Environment> = {};
    for (const [key, value] of this.#map(
      node,
      profileFields.map((field) => field.key),
      'environment',
    )) {
      const field = profileFields.find((one) => one.key === key);
      for (const part of field === undefined ? [] : this.#parsed(value, field.parse)) environment = { ...environment, ...part };
    }
    return environment;
  }

  /** The entries of a map whose keys are all among `known`; what is not is a problem. */
  #map(node: Node | undefined, known: readonly string[], where: string): ReadonlyMap<string, Node> {
    const entries = new Map<string, Node>();
    if (node === undefined || isNull(node)) return entries;
    if (!isMap(node)) {
      this.#wrong(node, `${where} must be a map of names to values`, `see fairlead help check, or docs/reference/settings.md`);
      return entries;
    }
    for (const { key, value } of (node as YAMLMap<Node, Node | null>).items satisfies Pair<Node, Node | null>[]) {
      const name = this.#text(key) ?? '';
      if (!known.includes(name))
        this.#wrong(key, `unknown key "${name}" in ${where}`, didYouMean(name, known, `known keys: ${known.slice(0, 40).join(', ')}`));
      else if (value !== null) entries.set(name, value);
    }
    return entries;
  }

  #list(node: Node | undefined, where: string): readonly Node[] {
    if (node === undefined || isNull(node)) return [];
    // `yaml` types the items of a parsed sequence as unknown; a parsed document holds nodes only.
    if (isSeq(node)) return (node as YAMLSeq<Node>).items;
    this.#wrong(node, `${where} must be a list`, 'start each entry with "- "');
    return [];
  }

  #parsed<T>(node: Node, parse: (text: string, origin: FileOrigin) => Parsed<T>): readonly T[] {
    const result = parse(this.#text(node) ?? '', this.#origin(node));
    if (result.ok) return [result.value];
    this.#wrong(node, result.problem, result.hint);
    return [];
  }

  /** The characters as written: `20.10` must not become the number 20.1. */
  #text(node: Node | undefined): string | undefined {
    if (!isScalar(node)) return undefined;
    const scalar: Scalar = node;
    return scalar.source ?? String(scalar.value);
  }

  #origin(node: Node): FileOrigin {
    const [start, end] = node.range ?? [0, 0];
    return this.#source.origin(start, end);
  }

  #wrong(node: Node, message: string, hint: string): void {
    const [start, end] = node.range ?? [0, 0];
    this.problem(start, end, message, hint);
  }

  problem(start: number, end: number, message: string, hint: string): void {
    const origin = this.#source.origin(start, end);
    this.problems.push({ severity: 'error', code: 'settings-invalid', message, hint, origin });
  }
}

const isNull = (node: Node): boolean => isScalar(node) && node.value === null;
