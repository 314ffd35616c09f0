import type { Origin } from '../core/origin.ts';
import type { Stage, Step, Symptom } from '../network/answer.ts';

/** Stable ids of what can stand in a packet's way; rules and tests refer to them. */
export const reasons = [
  'name-not-shared',
  'name-unknown',
  'name-on-default-bridge',
  'name-in-host-mode',
  'name-external-on-internal',
  'host-gateway-missing',
  'localhost-is-self',
  'no-route-none',
  'no-route-internal',
  'no-route-address-family',
  'isolated-bridges',
  'icc-disabled',
  'internal-no-publish',
  'not-published',
  'host-mode-discards-ports',
  'publish-loopback-only',
  'publish-other-address',
  'publish-wrong-transport',
  'userland-proxy-off-other-network',
  'udp-published-other-network',
  'udp-reply-source',
  'ipv6-missing',
  'direct-routing-blocked',
  'host-firewall-drop',
  'host-firewall-reject',
  'no-listener',
  'listener-on-loopback',
  'listener-on-other-address',
  'listener-wrong-family',
  'listener-unknown',
  'host-listener-unknown',
  'host-port-is-not-container-port',
  'macvlan-host',
  'rootless-host-loopback',
  'rootless-no-route',
  'desktop-no-route',
  'gateway-isolated',
  'stopped',
  'paused',
  'unknown-address',
  'external-destination',
] as const;
export type Reason = (typeof reasons)[number];

/** The steps of one packet in one world. */
export class Trace {
  readonly steps: Step[] = [];
  readonly missing: string[] = [];
  readonly assumptions: string[] = [];
  answeredBy: string | undefined;
  translated: string | undefined;
  destination: string | undefined;

  pass(stage: Stage, text: string, origins: readonly Origin[] = []): void {
    this.steps.push({ stage, outcome: 'pass', text, origins });
  }

  block(stage: Stage, reason: Reason, symptom: Symptom, text: string, origins: readonly Origin[] = []): void {
    this.steps.push({ stage, outcome: 'block', reason, symptom, text, origins });
  }

  /** A step that cannot be decided; `missing` names the fact, `symptom` is what the client sees if it fails. */
  unknown(stage: Stage, reason: Reason, symptom: Symptom, text: string, missing: string, origins: readonly Origin[] = []): void {
    this.steps.push({ stage, outcome: 'unknown', reason, symptom, text, origins });
    this.missing.push(missing);
  }

  get blocked(): boolean {
    return this.steps.some((step) => step.outcome === 'block');
  }

  get reachable(): boolean | undefined {
    if (this.blocked) return false;
    return this.steps.some((step) => step.outcome === 'unknown') ? undefined : true;
  }

  /** What the client sees: the first obstacle decides. */
  get symptom(): Symptom {
    return (
      this.steps.find((step) => step.outcome === 'block')?.symptom ?? this.steps.find((step) => step.outcome === 'unknown')?.symptom ?? 'ok'
    );
  }

  /** A trace that goes on from here on its own. */
  fork(): Trace {
    const fork = new Trace();
    fork.steps.push(...this.steps);
    fork.missing.push(...this.missing);
    fork.assumptions.push(...this.assumptions);
    fork.answeredBy = this.answeredBy;
    return fork;
  }
}
