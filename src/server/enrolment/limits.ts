/** How often enrolment may be asked: by address first, so that one address cannot use up what is there for all. */
import { formatAddress, parseAddress } from '../../core/address.ts';
import { keyedBuckets, tokenBucket } from '../../core/token-bucket.ts';
import { addressOf } from '../http/exchange.ts';
import type { EnrolmentSettings } from './settings.ts';

export interface Limits {
  /** 0: go on; otherwise the milliseconds after which to come again. */
  take(remote: string, nowMs: number): number;
}

/** `times`: so many times what the settings say. */
export function createLimits(settings: EnrolmentSettings, times = 1): Limits {
  const perAddress = keyedBuckets(settings.ratePerAddress * times, settings.burstPerAddress * times);
  const all = tokenBucket(settings.rate * times, settings.burst * times);
  return {
    take(remote, nowMs) {
      const waitMs = perAddress.take(networkOf(remote), nowMs);
      return waitMs > 0 ? waitMs : all.take(nowMs);
    },
  };
}

/** An IPv4 address; of IPv6 the /64, because that is what one host has to choose from (RFC 4291 §2.5.4). */
export function networkOf(remote: string): string {
  const text = addressOf(remote).replace(/%.*$/, '');
  const address = parseAddress(text);
  if (address?.family !== 6) return text;
  return `${formatAddress({ family: 6, bits: (address.bits >> 64n) << 64n })}/64`;
}
