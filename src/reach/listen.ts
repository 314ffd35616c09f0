import { isLoopback, isUnspecified, parseAddress, sameAddress } from '../core/address.ts';
import { formatOrigin } from '../core/origin.ts';
import type { Symptom } from '../network/answer.ts';
import { lookup } from '../network/lookup.ts';
import type { Listener, Model, Transport } from '../network/model.ts';
import { HOST_NAMESPACE } from '../network/model.ts';
import { namespaceLabel, originsOf } from './place.ts';
import type { Trace } from './trace.ts';

/** A packet that has arrived in a namespace. */
export interface Arrival {
  readonly namespaceId: string;
  /** The address that it was sent to: a loopback one, or the endpoint's own (undefined where the engine has yet to assign it). */
  readonly to: 'loopback' | { readonly address: string | undefined };
  readonly family: 4 | 6;
  readonly port: number;
  readonly transport: Transport;
  /** What a closed port looks like from the client: `reset` behind docker-proxy, `refused` otherwise. */
  readonly closed: Symptom;
}

/** The last step: who listens. Returns true when somebody who accepts was found. */
export function arrive(model: Model, trace: Trace, arrival: Arrival): boolean {
  const namespace = lookup(model).namespace.get(arrival.namespaceId);
  const label = namespaceLabel(model, namespace);
  const here = lookup(model).listenersIn.get(arrival.namespaceId) ?? [];
  const onPort = here.filter((listener) => listener.port === arrival.port && listener.transport === arrival.transport);
  const match = onPort.find((listener) => accepts(listener, arrival));
  const port = `${arrival.port}/${arrival.transport}`;
  if (match !== undefined) {
    if (match.knowledge === 'assumed') trace.assumptions.push(assumption(model, match, label));
    trace.answeredBy = match.workloadId;
    const owner = lookup(model).workload.get(match.workloadId ?? '');
    if (owner?.state === 'paused') {
      trace.block('listener', 'paused', 'timeout', `${owner.name} is paused: it accepts and does not answer`, [owner.origin]);
      return false;
    }
    trace.pass('listener', `${ownerLabel(model, match, label)} listens on ${show(match)}/${match.transport}`, [match.origin]);
    return true;
  }
  const [other] = onPort;
  if (other !== undefined) {
    wrongAddress(trace, arrival, other, ownerLabel(model, other, label));
    return false;
  }
  if (namespace?.listenersComplete === true) {
    trace.block(
      'listener',
      'no-listener',
      arrival.closed,
      `nothing in ${label} listens on ${port}`,
      originsOf(lookup(model).workload.get(arrival.namespaceId)),
    );
    return false;
  }
  const reason = arrival.namespaceId === HOST_NAMESPACE ? 'host-listener-unknown' : 'listener-unknown';
  trace.unknown(
    'listener',
    reason,
    arrival.closed,
    `nothing says whether anything in ${label} listens on ${port}`,
    `what listens on port ${port} of ${label}, and on which address`,
    originsOf(lookup(model).workload.get(arrival.namespaceId)),
  );
  return false;
}

function accepts(listener: Listener, arrival: Arrival): boolean {
  const address = parseAddress(listener.address);
  // A name: the container's own, which leads to its own addresses and never to loopback.
  if (address === undefined) return arrival.to !== 'loopback';
  if (isUnspecified(address)) return address.family === arrival.family || (address.family === 6 && listener.v6Only !== true);
  if (isLoopback(address)) return arrival.to === 'loopback' && address.family === arrival.family;
  if (arrival.to === 'loopback' || arrival.to.address === undefined) return false;
  const target = parseAddress(arrival.to.address);
  return target !== undefined && sameAddress(address, target);
}

function wrongAddress(trace: Trace, arrival: Arrival, listener: Listener, label: string): void {
  const address = parseAddress(listener.address);
  const where = show(listener);
  if (address !== undefined && isLoopback(address) && arrival.to !== 'loopback')
    trace.block(
      'listener',
      'listener-on-loopback',
      arrival.closed,
      `${label} listens on ${where} only, which nothing outside of it can reach`,
      [listener.origin],
    );
  else if (address !== undefined && address.family !== arrival.family)
    trace.block(
      'listener',
      'listener-wrong-family',
      arrival.closed,
      `${label} listens on ${where} only, and the client comes by IPv${arrival.family}`,
      [listener.origin],
    );
  else if (arrival.to !== 'loopback' && arrival.to.address === undefined && address !== undefined && !isLoopback(address))
    trace.unknown(
      'listener',
      'listener-on-other-address',
      arrival.closed,
      `${label} listens on ${where} only; whether that is its address is decided at start`,
      `the address that the engine gives to ${label}`,
      [listener.origin],
    );
  else trace.block('listener', 'listener-on-other-address', arrival.closed, `${label} listens on ${where} only`, [listener.origin]);
}

const show = (listener: Listener): string =>
  listener.address.includes(':') ? `[${listener.address}]:${listener.port}` : `${listener.address}:${listener.port}`;

function ownerLabel(model: Model, listener: Listener, label: string): string {
  return lookup(model).workload.get(listener.workloadId ?? '')?.name ?? label;
}

function assumption(model: Model, listener: Listener, label: string): string {
  const why = listener.origin.kind === 'default' ? listener.origin.text : `as ${formatOrigin(listener.origin)} suggests`;
  return `${ownerLabel(model, listener, label)} listens on ${show(listener)}/${listener.transport} (${why})`;
}
