/** Services beside an agent, with what its checks say: the server's discovery holds them as long as the agent is heard. */
import * as z from 'zod';
import type { CustomKind } from './custom.ts';
import { ipAddress, longText, milliseconds, portNumber, shortText } from './fields.ts';

const check = z.object({
  status: z.enum(['passing', 'warning', 'critical']),
  /** What the check saw, for people. */
  output: longText,
  /** Wall clock of the last change of status. */
  sinceMs: milliseconds,
});

const serviceId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, 'is no service id: letters, digits and _ . : -, at most 128');

export const serviceReport = z.object({
  /** Unique on its agent. */
  id: serviceId,
  /** A DNS label (RFC 1035 section 2.3.1): DNS answers for it. */
  name: z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/, 'is no service name: letters, digits and -, at most 63'),
  address: ipAddress,
  port: portNumber,
  tags: z.array(z.string().min(1).max(128)).max(64),
  meta: z.record(shortText, z.string().max(512)).refine((meta) => Object.keys(meta).length <= 64, { message: 'has more than 64 entries' }),
  check,
});
export type ServiceReport = z.infer<typeof serviceReport>;
export type ServiceStatus = ServiceReport['check']['status'];

export const servicesReport = z.object({
  /** True: these are all; whatever else the server holds of this agent is gone. False: only what changed. */
  full: z.boolean(),
  services: z.array(serviceReport).max(500),
  /** Ids that are gone; empty in a full report. */
  removed: z.array(serviceId).max(500),
});
export type ServicesReport = z.infer<typeof servicesReport>;

/** Full at every connection, then differences. */
export const servicesReportKind: CustomKind<ServicesReport> = {
  capability: 'io.fairlead.services/v1',
  type: 'services',
  schema: servicesReport,
  maxBytes: 512 * 1024,
};
