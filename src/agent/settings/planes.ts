/** From which of the host's addresses the agent speaks: to its server (control), and to where it ships data (data). */
import * as z from 'zod';
import { lazily } from '../../config/lazily.ts';
import { parseAddress } from '../../core/address.ts';

const plane = (what: string) =>
  z
    .strictObject({
      localAddress: z
        .string()
        .refine((text) => parseAddress(text) !== undefined, 'write an IPv4 or IPv6 address')
        .optional()
        .describe('The local address that connections are bound to; left out, `interface` or the routing table decides.')
        .meta({ examples: ['192.0.2.10'] }),
      interface: z
        .string()
        .min(1)
        .max(15)
        .optional()
        .describe('The interface whose first address of the right family connections are bound to, looked up at every connect.')
        .meta({ examples: ['eth1'] }),
    })
    .refine((one) => one.localAddress === undefined || one.interface === undefined, {
      path: ['interface'],
      message: 'set localAddress or interface, not both',
    })
    .prefault({})
    .describe(what);

export const planesSettings = lazily(() =>
  z
    .strictObject({
      control: plane('The plane of the connection to the server.'),
      data: plane('The plane of everything that is shipped, and of the links that are watched.'),
    })
    .prefault({})
    .describe('Control plane and data plane apart, each bound to an address of its own.'),
);

export type PlaneSettings = z.output<typeof planesSettings>['control'];
