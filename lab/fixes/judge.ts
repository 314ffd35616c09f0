import { resolve } from 'node:path';
import { proveFixes } from '../../src/doctor/fixes/index.ts';
import { patchedTexts } from '../../src/doctor/fixes/prove.ts';
import { parseHostListener } from '../../src/doctor/host-listener.ts';
import { profileFields } from '../../src/doctor/profile.ts';
import type { FixPlan } from '../../src/doctor/rule.ts';
import { rules } from '../../src/doctor/rules/index.ts';
import { ruleContext, runRules } from '../../src/doctor/rules/run.ts';
import type { Finding, Fix, Question } from '../../src/network/answer.ts';
import { type Environment, engineVersions } from '../../src/network/environment.ts';
import { declared } from '../../src/network/fact.ts';
import { HOST_NAMESPACE, type Listener, type Model } from '../../src/network/model.ts';
import { createReach, type Reach } from '../../src/reach/index.ts';
import { findWorkload } from '../../src/reach/names.ts';
import { type Files, withOverlay } from '../../src/readers/files.ts';
import { readAll } from '../../src/readers/index.ts';
import { emptyPart, type ModelPart } from '../../src/readers/reader.ts';
import { factsPart } from '../facts.ts';
import { lan } from '../lan.ts';
import { emptyTopology } from '../topology.ts';
import { type FaultyFiles, inputsOf, PROJECT, textsAt } from './cases.ts';

/** What the product makes of the files: the model that it reads, and its answers. */
export interface Reading {
  readonly files: FaultyFiles;
  readonly model: Model;
  readonly reach: Reach;
}

/** A fix that can be tried: edits of the files, and who is asked before and after. */
export interface Offer {
  readonly finding: Finding;
  readonly fix: Fix;
  readonly plan: FixPlan | undefined;
}

const origin = { kind: 'default', text: 'the lab' } as const;
const noFiles: Files = { read: () => ({ ok: false, reason: 'missing', message: 'no such file' }), exists: () => false };

/** What `host` words mean for the model; undefined where this engine is not such a one. */
export function environmentOf({ host }: FaultyFiles, version: string, model?: Model): Partial<Environment> | undefined {
  const stated: Partial<Environment> = Object.assign(
    {},
    ...profileFields.flatMap((field) =>
      (host.get(field.flag) ?? []).map((text) => {
        const parsed = field.parse(text, origin);
        if (!parsed.ok) throw new Error(parsed.problem);
        return parsed.value;
      }),
    ),
  );
  const engine = engineVersions.find((one) => one === version || one === version.split('.')[0]);
  if (engine === undefined) return undefined;
  const facts = {
    engine: declared(engine, origin),
    platform: declared('linux' as const, origin),
    rootless: declared(false, origin),
    userlandProxy: declared(true, origin),
    iptables: declared(true, origin),
    ip6tables: declared(engineVersions.indexOf(engine) >= engineVersions.indexOf('27'), origin),
    hostFirewall: declared('open' as const, origin),
    hostMtu: declared(1500, origin),
  };
  for (const key of ['engine', 'platform', 'rootless', 'userlandProxy'] as const) {
    const said = stated[key];
    if (said !== undefined && said.knowledge !== 'unknown' && said.value !== facts[key].value) return undefined;
  }
  return { ...facts, ...stated, hostAddresses: [...Object.values(lan.host), ...(model === undefined ? [] : addressesOfHost(model))] };
}

/** Literal addresses that the files take for the host's: where they publish, and what they registered. */
export function addressesOfHost(model: Model): readonly string[] {
  const containers = new Set(model.endpoints.flatMap(({ ipv4 }) => (ipv4 === undefined ? [] : [ipv4.value.split('/')[0]])));
  const named = [
    ...model.publications.flatMap(({ hostIp }) => (hostIp === undefined ? [] : [hostIp])),
    ...model.registrations.map((one) => one.address),
  ];
  return [...new Set(named)].filter((one) => one.startsWith('192.0.2.') && !containers.has(one));
}

export function listenersOfHost({ host }: FaultyFiles): readonly Listener[] {
  return (host.get('host-listener') ?? []).map((text) => {
    const parsed = parseHostListener(text, origin);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.value;
  });
}

/** The default bridge of the lab's engines; who listens is not told here. */
function bridgePart(version: string): ModelPart {
  const all = factsPart({ topology: emptyTopology, version, userlandProxy: true, daemonArgs: [] });
  return { ...emptyPart, networks: all.networks };
}

export function read(files: FaultyFiles, version: string, observed: readonly ModelPart[] = []): Reading | undefined {
  const known = environmentOf(files, version);
  if (known === undefined) return undefined;
  const request = {
    inputs: inputsOf(files, PROJECT),
    observed: [bridgePart(version), ...observed],
    hostListeners: listenersOfHost(files),
    sameHost: true,
  };
  const from = withOverlay(noFiles, textsAt(files, PROJECT));
  const first = readAll(from, { ...request, environment: known });
  const environment = environmentOf(files, version, first) ?? known;
  const model = addressesOfHost(first).length === 0 ? first : readAll(from, { ...request, environment });
  return { files, model, reach: createReach(model) };
}

/**
 * The same files, and every fact that they leave open: what listens is all that listens. The answers of this model are the
 * ones to compare with the engine, for here the model has no excuse.
 */
export function readKnowingAll(reading: Reading, version: string, all: readonly Listener[]): Reading {
  const { model } = reading;
  const listeners = all.map((one) => ({ ...one, knowledge: 'observed' as const }));
  const namespaces = [
    ...model.namespaces.map((one) => ({ ...one, listenersComplete: true })),
    { id: 'remote', kind: 'machine' as const, listenersComplete: true, addresses: Object.values(lan.remote) },
  ];
  return read(reading.files, version, [{ ...emptyPart, namespaces, listeners }]) ?? reading;
}

/** What the model knows to listen, and what is meant to; one socket cannot be opened twice. */
export function everyListener(model: Model, meant: readonly Listener[]): readonly Listener[] {
  const key = ({ namespaceId, address, port, transport }: Listener): string => `${namespaceId} ${address} ${port} ${transport}`;
  return [...new Map([...meant, ...model.listeners].map((one) => [key(one), one])).values()];
}

/** Findings of the rule that the fault was planted for, with their fixes. */
export function offersOf(
  { files, model, reach }: Reading,
  version: string,
): { readonly findings: readonly Finding[]; readonly offers: readonly Offer[] } {
  const ruleSet = rules.filter((rule) => rule.onByDefault || rule.id === files.ruleId);
  const drafts = runRules(ruleContext(model, reach), ruleSet);
  const overlay = withOverlay(noFiles, textsAt(files, PROJECT));
  const reread = (changed: Files): Model => readThrough(changed, files, version, model);
  const all = proveFixes({ drafts, model, reach, files: overlay, reread, ruleSet });
  const findings = all.filter((finding) => finding.ruleId === files.ruleId);
  const offers = findings.flatMap((finding) => {
    const draft = drafts.find(({ rule, draft: one }) => rule.id === finding.ruleId && one.message === finding.message);
    return finding.fixes.map((fix) => ({ finding, fix, plan: draft?.draft.fixes?.find(({ title }) => fix.title.startsWith(title)) }));
  });
  return { findings, offers };
}

function readThrough(from: Files, files: FaultyFiles, version: string, model: Model): Model {
  const environment = environmentOf(files, version, model) ?? {};
  return readAll(from, {
    inputs: inputsOf(files, PROJECT),
    observed: [bridgePart(version)],
    hostListeners: listenersOfHost(files),
    environment,
    sameHost: true,
  });
}

/** The files with the fix's edits, by the product's own code. */
export function applyFix(files: FaultyFiles, fix: Fix): FaultyFiles {
  const patched = patchedTexts(withOverlay(noFiles, textsAt(files, PROJECT)), fix.edits);
  if (patched === undefined) throw new Error(`the edits of "${fix.title}" do not fit their files`);
  return { ...files, files: new Map([...files.files].map(([name, text]) => [name, patched.get(resolve(PROJECT, name)) ?? text])) };
}

/** Listeners that nobody told the files of, without which no fix of a route could be seen to work. */
export function listenersMeant({ model, reach }: Reading, question: Question): readonly Listener[] {
  const { port, transport } = question;
  const verdict = reach.ask(question);
  const reasons = new Set([...verdict.steps, ...verdict.worlds.flatMap((world) => world.steps)].map((step) => step.reason));
  const on = (namespaceId: string, workloadId?: string): Listener => ({
    namespaceId,
    address: '0.0.0.0',
    port,
    transport,
    knowledge: 'declared',
    origin,
    ...(workloadId === undefined ? {} : { workloadId }),
  });
  if (reasons.has('host-listener-unknown')) return [on(HOST_NAMESPACE)];
  if (reasons.has('external-destination')) return [on('remote')];
  if (!reasons.has('listener-unknown')) return [];
  const from =
    question.from.kind === 'workload'
      ? model.workloads.find(({ id }) => question.from.kind === 'workload' && id === question.from.workloadId)
      : undefined;
  const target =
    model.workloads.find(({ id }) => id === (verdict.answeredBy ?? question.intended)) ?? findWorkload(model, from, question.host);
  return target === undefined ? [] : [on(target.namespaceId, target.id)];
}
