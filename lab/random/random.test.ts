import assert from 'node:assert/strict';
import test from 'node:test';
import type { Question, Topology } from '../topology.ts';
import { generate } from './generate.ts';
import { ownerOf, questionsOf } from './questions.ts';
import { choicesFrom } from './seeded.ts';
import { reductions, shrink } from './shrink.ts';

const seeds = Array.from({ length: 300 }, (_, index) => `unit/${index}`);

test('a seed decides its topology, and another seed another one', () => {
  assert.deepEqual(generate('a/1'), generate('a/1'));
  assert.notDeepEqual(generate('a/1').topology, generate('a/2').topology);
});

test('choices cover their range and nothing else', () => {
  const choices = choicesFrom('range');
  const seen = new Set(Array.from({ length: 500 }, () => choices.between(2, 5)));
  assert.deepEqual([...seen].sort(), [2, 3, 4, 5]);
  assert.deepEqual([...choices.shuffle([1, 2, 3])].sort(), [1, 2, 3]);
});

test('every generated topology refers only to what it has, and to containers that start earlier', () => {
  for (const { topology } of seeds.map(generate)) assertValid(topology);
});

test('no two processes of a generated topology ask for the same port of the host or of a container', () => {
  for (const { topology } of seeds.map(generate)) {
    const ports = [...topology.host.listeners, ...topology.containers.flatMap((one) => one.listeners)].map((one) => one.port);
    assert.equal(new Set(ports).size, ports.length);
    const published = topology.containers.flatMap((one) => one.publish ?? []).map((one) => one.hostPort);
    assert.equal(new Set(published).size, published.length);
  }
});

test('the generator makes every mode, flag and kind of publication', () => {
  const all = seeds.map(generate);
  const containers = all.flatMap((one) => one.topology.containers);
  const networks = all.flatMap((one) => one.topology.networks);
  assert.deepEqual(new Set(containers.map((one) => one.mode.kind)), new Set(['default', 'networks', 'host', 'none', 'container']));
  assert.ok(networks.some((one) => one.internal) && networks.some((one) => one.icc === false));
  assert.ok(containers.some((one) => one.mode.kind === 'networks' && one.mode.attachments.length > 1));
  const hostIps = new Set(containers.flatMap((one) => one.publish ?? []).map((one) => one.hostIp));
  assert.deepEqual(hostIps, new Set([undefined, '127.0.0.1', '10.99.0.1']));
  assert.deepEqual(new Set(all.map((one) => one.userlandProxy)), new Set([true, false]));
});

test('questions ask each container by name and address, and never an alias that two containers hold', () => {
  const { topology } = generate('unit/3');
  const questions = questionsOf(topology);
  for (const server of topology.containers) {
    assert.ok(questions.some((one) => one.to.kind === 'literal' && one.to.host === server.name));
  }
  const shared: Topology = {
    ...topology,
    containers: topology.containers.map((one) =>
      one.mode.kind === 'networks'
        ? { ...one, mode: { ...one.mode, attachments: [{ ...one.mode.attachments[0], aliases: ['twice'] }] } }
        : one,
    ),
  };
  assert.ok(shared.containers.filter((one) => one.mode.kind === 'networks').length > 1);
  assert.ok(!questionsOf(shared).some((one) => one.to.kind === 'literal' && one.to.host === 'twice'));
});

test('what is left out of a topology leaves a valid one with the question still in it', () => {
  for (const { topology } of seeds.slice(0, 60).map(generate)) {
    const question = questionsOf(topology)[0];
    assert.ok(question);
    for (const smaller of reductions(topology, question)) {
      assertValid(smaller);
      assert.ok(!('container' in question.from) || names(smaller).has(question.from.container));
    }
  }
});

test('shrinking ends with nothing that could be left out', async () => {
  const culprit = { ...generate('unit/5').topology, networks: [...generate('unit/5').topology.networks] };
  const question: Question = { from: { place: 'remote' }, to: { kind: 'place', place: 'host' }, port: 18010, transport: 'tcp' };
  const fails = async (one: Topology) => one.containers.some((container) => container.listeners.length > 0) && one.networks.length > 0;
  const smallest = await shrink(culprit, question, fails, 500);
  assert.ok(await fails(smallest));
  assert.equal(smallest.containers.length, 1);
  assert.equal(smallest.networks.length, 1);
  assert.equal(smallest.containers[0]?.listeners.length, 1);
});

function names(topology: Topology): ReadonlySet<string> {
  return new Set(topology.containers.map((one) => one.name));
}

function assertValid(topology: Topology): void {
  const networks = new Set(topology.networks.map((one) => one.name));
  const started = new Set<string>();
  for (const one of topology.containers) {
    if (one.mode.kind === 'networks')
      for (const { network } of one.mode.attachments) assert.ok(networks.has(network), `${one.name} on ${network}`);
    if (one.mode.kind === 'container') assert.ok(started.has(one.mode.of), `${one.name} joins ${one.mode.of}`);
    assert.notEqual(ownerOf(topology, one).mode.kind, 'container');
    started.add(one.name);
  }
}
