/** A case → what the product says to it, in the words of the expectation. */
import assert from 'node:assert/strict';
import { join, relative, resolve } from 'node:path';
import { check } from '../../src/doctor/check.ts';
import { parseHostListener } from '../../src/doctor/host-listener.ts';
import { profileFields } from '../../src/doctor/profile.ts';
import { rules } from '../../src/doctor/rules/index.ts';
import { noSettings } from '../../src/doctor/settings-fields.ts';
import type { Finding, Fix, Verdict } from '../../src/network/answer.ts';
import type { Environment } from '../../src/network/environment.ts';
import type { Listener } from '../../src/network/model.ts';
import { createReach } from '../../src/reach/index.ts';
import type { Input } from '../../src/readers/discover.ts';
import { type Files, withOverlay } from '../../src/readers/files.ts';
import type { EverydayCase, ExpectedAnswer, ExpectedFinding } from './cases.ts';

/** Compose takes the folder's name for the project's. */
const FOLDER = 'example';

export type Said = Pick<EverydayCase, 'findings' | 'links' | 'asked'>;

const noFiles: Files = { read: () => ({ ok: false, reason: 'missing', message: 'no such file' }), exists: () => false };

export function ask(one: EverydayCase): Said {
  const files = withOverlay(noFiles, new Map(Object.entries(one.files).map(([name, text]) => [resolve(FOLDER, name), text])));
  const read = {
    inputs: Object.keys(one.files).map((name) => inputOf(join(FOLDER, name))),
    environment: environmentOf(one),
    hostListeners: listenersOf(one),
    sameHost: true,
  };
  const result = check({ files, read, rules, settings: noSettings });
  assert.deepEqual(
    result.problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  const [model] = result.models;
  assert.ok(model !== undefined && result.models.length === 1);
  const reach = createReach(model);
  return {
    findings: result.findings.filter(({ severity }) => severity !== 'info').map((finding) => findingWords(finding, one)),
    links: result.links.flatMap(({ link, verdict }) => (verdict === undefined ? [] : [answerWords(link.raw, verdict)])),
    asked: one.asked.map(({ from, to }) => {
      const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(to) ?? [];
      return { from, ...answerWords(to, reach.ask({ from, host, port: Number(port), transport: 'tcp' })) };
    }),
  };
}

function inputOf(name: string): Input {
  if (name.endsWith('.sh')) return { kind: 'commands', path: name, syntax: 'shell' };
  return name.endsWith('.json') ? { kind: 'json', path: name } : { kind: 'compose', paths: [name] };
}

const origin = { kind: 'default', text: 'the case' } as const;

function environmentOf({ flags }: EverydayCase): Partial<Environment> {
  const stated = flags.flatMap((flag) => {
    const [name, value = ''] = flag.split('=');
    const field = profileFields.find((one) => one.flag === name);
    const parsed = field?.parse(value, origin);
    return parsed?.ok ? [parsed.value] : [];
  });
  return Object.assign({}, ...stated);
}

function listenersOf({ flags }: EverydayCase): readonly Listener[] {
  return flags.flatMap((flag) => {
    const parsed = flag.startsWith('host-listener=') ? parseHostListener(flag.slice('host-listener='.length), origin) : undefined;
    return parsed?.ok ? [parsed.value] : [];
  });
}

function findingWords({ ruleId, severity, evidence: [{ origin: place }], message, fixes }: Finding, one: EverydayCase): ExpectedFinding {
  const at = place.kind === 'file' ? `${nameOf(place.file)}:${place.span.line}:${place.span.column}` : place.kind;
  return { rule: ruleId, severity, at, message, fixes: fixes.map((fix) => fixWords(fix, one)) };
}

/** What it is called, and what it writes: corrected command lines, or the lines of the file that it changes. */
function fixWords({ applicability, title, edits, commands }: Fix, { files }: EverydayCase): string {
  const lines =
    commands.length > 0
      ? commands
      : edits.map(({ file, start, end, text }) => `${nameOf(file)}: "${files[nameOf(file)]?.slice(start, end) ?? ''}" → "${text}"`);
  return [`${applicability}: ${title}`, ...lines].join('\n');
}

function answerWords(to: string, { kind, symptom, missing }: Verdict): ExpectedAnswer {
  return { to, verdict: kind, symptom, ...(missing.length === 0 ? {} : { missing }) };
}

const nameOf = (file: string): string => relative(FOLDER, file);
