/**
 * What an agent sees of the host or container that it runs in: enough for the server to hold it in the same model as the doctor
 * (src/network/model.ts): a namespace, its attachments to networks, its listeners, and the links out of it.
 *
 * It never holds command lines or environments. Everything that could not be read is a gap with a reason, so that "there is
 * none" and "I could not see" differ.
 */
import * as z from 'zod';
import type { CustomKind } from './custom.ts';
import { ipAddress, milliseconds, plane, portNumber, shortText } from './fields.ts';

const interfaceAddress = z.object({
  address: ipAddress,
  prefixLength: z.int().min(0).max(128),
});

const networkInterface = z.object({
  name: shortText,
  index: z.int().nonnegative(),
  /** Lower case with colons; absent where there is none (tunnels). */
  mac: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'is no MAC address')
    .optional(),
  mtu: z.int().nonnegative().optional(),
  state: z.enum(['up', 'down', 'unknown']),
  loopback: z.boolean(),
  addresses: z.array(interfaceAddress).max(256),
});

const route = z.object({
  family: z.union([z.literal(4), z.literal(6)]),
  /** `default`, or a prefix in CIDR form. */
  destination: shortText,
  gateway: ipAddress.optional(),
  interface: shortText,
  source: ipAddress.optional(),
  metric: z.int().nonnegative().optional(),
});

const listener = z.object({
  /** `0.0.0.0`, `::`, or one address. */
  address: ipAddress,
  port: portNumber,
  transport: z.enum(['tcp', 'udp']),
  /** Absent where the socket belongs to a process that the agent may not look at. */
  process: z.object({ name: shortText, pid: z.int().positive() }).optional(),
  /** Only meaningful on `::`; /proc does not tell, so that it is mostly absent. */
  v6Only: z.boolean().optional(),
});

const link = z.object({
  name: shortText,
  /** Absent while the target is still being looked for. */
  host: shortText.optional(),
  port: portNumber.optional(),
  transport: z.enum(['tcp', 'udp']),
  plane,
  /** Part of a sentence: `ships logs to`. */
  purpose: shortText,
  state: z.enum(['up', 'down', 'unknown']),
});

const container = z.object({
  /** `docker`, `containerd`, `cri-o`, `podman`, `lxc`, or what else was found. */
  runtime: shortText,
  id: shortText.optional(),
  name: shortText.optional(),
  image: shortText.optional(),
  pod: z.object({ namespace: shortText.optional(), name: shortText, uid: shortText.optional(), node: shortText.optional() }).optional(),
});

const resolvers = z.object({
  nameservers: z.array(ipAddress).max(16),
  search: z.array(shortText).max(64),
  /** As written: `ndots:5`, `timeout:2`, `use-vc`. */
  options: z.array(shortText).max(64),
});

export const hostReport = z.object({
  collectedAtMs: milliseconds,
  hostname: shortText,
  machineId: shortText.optional(),
  bootId: shortText.optional(),
  os: z.object({ name: shortText, id: shortText.optional(), version: shortText.optional() }),
  kernel: shortText,
  arch: shortText,
  container: container.optional(),
  /** The inode of /proc/self/ns/net: equal for all that share it on one machine and boot. */
  networkNamespace: shortText.optional(),
  interfaces: z.array(networkInterface).max(1_024),
  routes: z.array(route).max(4_096),
  resolvers,
  listeners: z.array(listener).max(4_096),
  /** False: there may be listeners that are not in the list. */
  listenersComplete: z.boolean(),
  /** The local address that each plane is bound to; a plane that is not bound is absent. */
  planes: z.object({ control: ipAddress.optional(), data: ipAddress.optional() }),
  links: z.array(link).max(1_024),
  gaps: z.array(z.object({ what: shortText, reason: z.string().max(1_024) })).max(256),
});
export type HostReport = z.infer<typeof hostReport>;
export type HostInterface = HostReport['interfaces'][number];
export type HostRoute = HostReport['routes'][number];
export type HostListener = HostReport['listeners'][number];
export type HostLink = HostReport['links'][number];
export type HostContainer = z.infer<typeof container>;
export type HostResolvers = z.infer<typeof resolvers>;

/** The whole report every time; it replaces the one before. A host with a thousand listeners has some 100 KiB. */
export const hostReportKind: CustomKind<HostReport> = {
  capability: 'io.fairlead.host/v1',
  type: 'report',
  schema: hostReport,
  maxBytes: 1024 * 1024,
};
