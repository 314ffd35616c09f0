/** Where the agent's server is, how the server proves that it is the right one, and how the agent proves who it is. */
import * as z from 'zod';
import { duration, port } from '../../config/fields.ts';
import { lazily } from '../../config/lazily.ts';
import { parseFingerprint } from '../../protocol/enrolment.ts';

const endpoint = () =>
  z
    .string()
    .regex(/^(wss?|https?):\/\/[^\s/]+(\/\S*)?$/, 'write a URL, for example "wss://fleet.example.org:8443/v1/opamp"')
    .refine((text) => URL.canParse(text), 'write a URL, for example "wss://fleet.example.org:8443/v1/opamp"');

const httpUrl = (schemes: 'https' | 'http or https') =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && (schemes === 'https' ? /^https:/ : /^https?:/).test(text),
      `write a URL that begins with ${schemes === 'https' ? 'https://' : 'http:// or https://'}`,
    );

const fingerprint = () =>
  z.string().transform((text, context) => {
    const fingerprint = parseFingerprint(text);
    if (fingerprint !== undefined) return fingerprint;
    context.addIssue({
      code: 'custom',
      message: `"${text}" is no fingerprint; write sha256: and 64 hexadecimal digits, as \`fairlead tokens create\` prints it`,
    });
    return z.NEVER;
  });

const secure = () =>
  z
    .boolean()
    .default(true)
    .describe('Whether the servers found are spoken to over TLS.')
    .meta({ examples: [true] });
const path = () =>
  z
    .string()
    .regex(/^\/\S*$/, 'begin the path with a slash')
    .default('/v1/opamp')
    .describe('The path of OpAMP on the servers found.')
    .meta({ examples: ['/v1/opamp'] });

const dnsSettings = () =>
  z
    .strictObject({
      name: z
        .string()
        .min(1)
        .max(253)
        .describe('The name to resolve. No default: only you know it.')
        .meta({ examples: ['_opamp._tcp.example.org', 'fleet.example.org'] }),
      type: z
        .enum(['A', 'SRV'])
        .default('A')
        .describe(
          '`A` asks for addresses (A and AAAA) and takes `port`; `SRV` asks for hosts with their ports, priorities and weights (RFC 2782).',
        )
        .meta({ examples: ['SRV'] }),
      port: port()
        .default(8443)
        .describe('The port, where the type is `A`.')
        .meta({ examples: [8443] }),
      resolvers: z
        .array(z.string())
        .max(8)
        .default([])
        .describe('Name servers to ask, as `ADDRESS` or `ADDRESS:PORT`; none means those of the system.')
        .meta({ examples: [['192.0.2.53']] }),
      secure: secure(),
      path: path(),
    })
    .describe('Finds servers by DNS. Resolved anew at every reconnect; an answer is used again only within its TTL.');

const catalogue = (what: string, defaultService: string) =>
  z
    .strictObject({
      url: httpUrl('http or https')
        .describe(`The address of ${what}. No default: only you know it.`)
        .meta({ examples: ['http://127.0.0.1:8500'] }),
      service: z
        .string()
        .min(1)
        .max(128)
        .default(defaultService)
        .describe('The service under which the servers are registered.')
        .meta({ examples: [defaultService] }),
      tag: z
        .string()
        .max(128)
        .optional()
        .describe('Takes only instances with this tag; left out, all.')
        .meta({ examples: ['eu'] }),
      datacenter: z
        .string()
        .max(128)
        .optional()
        .describe('The datacenter to ask for; left out, that of the one asked.')
        .meta({ examples: ['dc1'] }),
      tokenFile: z
        .string()
        .optional()
        .describe('A file with the token for reading; left out, none is sent.')
        .meta({ examples: ['/etc/fairlead/discovery-token'] }),
      caFile: z
        .string()
        .optional()
        .describe(
          'PEM file with the authorities that `url` is checked against; left out, those of `server.caFile`, else those of the system.',
        )
        .meta({ examples: ['/etc/fairlead/consul-ca.pem'] }),
      secure: secure(),
      path: path(),
    })
    .describe(`Finds servers in ${what}: only instances whose checks pass.`);

export const serverSettings = lazily(() =>
  z
    .strictObject({
      endpoints: z
        .array(endpoint())
        .max(64)
        .default([])
        .describe('Servers by URL. May be empty where they are found in another way, or where enrolment names them.')
        .meta({ examples: [['wss://fleet-1.example.org:8443/v1/opamp', 'wss://fleet-2.example.org:8443/v1/opamp']] }),
      order: z
        .enum(['random', 'listed'])
        .default('random')
        .describe('`random` spreads agents over equal servers; `listed` prefers the first that works.')
        .meta({ examples: ['listed'] }),
      dns: dnsSettings().optional(),
      consul: catalogue('a Consul agent', 'fairlead').optional(),
      registry: catalogue('the registry of a Fairlead server', 'fairlead').optional(),
      transport: z
        .enum(['websocket', 'http'])
        .default('websocket')
        .describe('`websocket` keeps a connection open and learns of changes at once; `http` asks at every heartbeat.')
        .meta({ examples: ['http'] }),
      enrolment: z
        .array(httpUrl('https'))
        .max(16)
        .default([])
        .describe(
          'Where to enrol and to renew, tried in turn. Empty: the agent does not enrol and uses mounted certificates, headers or nothing.',
        )
        .meta({ examples: [['https://fleet.example.org:8444']] }),
      tokenFile: z
        .string()
        .optional()
        .describe(
          'A file with the enrolment token; left out, the environment variable FAIRLEAD_TOKEN. Read only while the agent has no identity.',
        )
        .meta({ examples: ['/run/secrets/fairlead-token'] }),
      caFingerprint: fingerprint()
        .optional()
        .describe('SHA-256 of the root that the server must chain to, printed beside the token. Nothing is sent to a server that does not.')
        .meta({ examples: [`sha256:${'0'.repeat(64)}`] }),
      caFile: z
        .string()
        .optional()
        .describe('PEM file with the authorities to trust. Left out: the one pinned or handed out at enrolment, else those of the system.')
        .meta({ examples: ['/etc/fairlead/ca.pem'] }),
      trustOnFirstUse: z
        .boolean()
        .default(false)
        .describe('Trusts whichever authority the server shows at the first enrolment. Open to a man in the middle: for trying out only.')
        .meta({ examples: [false] }),
      name: z
        .string()
        .max(253)
        .optional()
        .describe("The name that the server's certificate must carry; left out, the host of the URL.")
        .meta({ examples: ['fleet.example.org'] }),
      certificateFile: z
        .string()
        .optional()
        .describe('PEM file with a certificate chain that somebody else mounts and renews. Left out: the one from enrolment.')
        .meta({ examples: ['/etc/fairlead/tls/tls.crt'] }),
      keyFile: z
        .string()
        .optional()
        .describe('PEM file with the private key of `certificateFile`. No default: it belongs to the certificate.')
        .meta({ examples: ['/etc/fairlead/tls/tls.key'] }),
      replaceSecretFile: z
        .string()
        .optional()
        .describe('A file with a secret that lets a re-created container take its identity over. Left out: it enrols as another agent.')
        .meta({ examples: ['/run/secrets/fairlead-replace'] }),
      headersFile: z
        .string()
        .optional()
        .describe('A file with `Name: value` lines that are sent when connecting, for servers that want a bearer token. Left out: none.')
        .meta({ examples: ['/run/secrets/opamp-headers'] }),
      replyTimeout: duration({ minMs: 100 })
        .prefault('30s')
        .describe('A connection on which a message goes unanswered for so long is taken for dead.')
        .meta({ examples: ['30s'] }),
    })
    .superRefine((server, context) => {
      const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
      if (!namesServers(server)) wrong('endpoints', 'no server is named: set endpoints, dns, consul, registry or enrolment');
      const proven = server.caFingerprint !== undefined || server.caFile !== undefined || server.trustOnFirstUse;
      if (server.enrolment.length > 0 && !proven)
        wrong('enrolment', 'nothing says which server to believe: set caFingerprint (printed beside the token) or caFile');
      if ((server.certificateFile === undefined) !== (server.keyFile === undefined))
        wrong(
          server.certificateFile === undefined ? 'keyFile' : 'certificateFile',
          'certificateFile and keyFile belong together: set both',
        );
      if (server.certificateFile !== undefined && server.enrolment.length > 0)
        wrong('certificateFile', 'a mounted certificate and enrolment exclude each other: leave one of them out');
    })
    .describe('The server of this agent.'),
);

function namesServers(server: {
  endpoints: readonly string[];
  enrolment: readonly string[];
  dns?: unknown;
  consul?: unknown;
  registry?: unknown;
}): boolean {
  return (
    server.endpoints.length > 0 ||
    server.enrolment.length > 0 ||
    server.dns !== undefined ||
    server.consul !== undefined ||
    server.registry !== undefined
  );
}

export type ServerSettings = z.output<typeof serverSettings>;
export type DnsSettings = z.output<ReturnType<typeof dnsSettings>>;
export type CatalogueSettings = NonNullable<ServerSettings['consul']>;
