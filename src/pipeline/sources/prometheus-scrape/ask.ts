/** One GET from the data plane's address, bounded in time and size. */
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { type LocalAddresses, localFor } from '../../../core/local-addresses.ts';
import { readToken } from '../../listening/bearer.ts';
import { decompressed } from '../../listening/body.ts';
import type { SourceContext } from '../../source.ts';
import type { PrometheusScrapeSettings } from './settings.ts';

export type Asked =
  | { readonly ok: true; readonly text: string; readonly contentType: string | undefined }
  | { readonly ok: false; readonly reason: string };

const refuse = (reason: string): Asked => ({ ok: false, reason });

/** Never rejects: what a network does is an answer. */
export async function ask(
  url: URL,
  accept: string,
  settings: PrometheusScrapeSettings,
  context: Pick<SourceContext, 'clock' | 'plane'>,
): Promise<Asked> {
  const abort = new AbortController();
  const timeout = Promise.withResolvers<Asked>();
  const cancel = context.clock.after(settings.timeout, () => {
    abort.abort();
    timeout.resolve(refuse(`no answer within ${settings.timeout} ms`));
  });
  try {
    return await Promise.race([exchange(url, accept, settings, context, abort.signal), timeout.promise]);
  } catch (error) {
    return refuse(error instanceof Error ? error.message || error.name : String(error));
  } finally {
    cancel();
    abort.abort();
  }
}

async function exchange(
  url: URL,
  accept: string,
  settings: PrometheusScrapeSettings,
  { plane }: Pick<SourceContext, 'plane'>,
  signal: AbortSignal,
): Promise<Asked> {
  const resolved = plane.resolve();
  if (!resolved.ok) return refuse(resolved.sentence);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const way = await wayTo(host, resolved.local);
  if (!way.ok) return refuse(way.reason);
  const options = {
    host: way.address,
    port: url.port === '' ? undefined : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      accept,
      'accept-encoding': 'gzip',
      'user-agent': 'fairlead',
      'x-prometheus-scrape-timeout-seconds': String(settings.timeout / 1_000),
      ...(await authorization(settings)),
    },
    agent: false as const,
    signal,
    ...(way.localAddress === undefined ? {} : { localAddress: way.localAddress }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<{
    bytes: Buffer;
    status: number;
    type: string | undefined;
    encoding: string | undefined;
  }>();
  const request = url.protocol === 'https:' ? requestHttps({ ...options, ...(await tlsOptions(host, settings)) }) : requestHttp(options);
  request.on('error', reject).on('response', (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('error', reject).on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > settings.maxBody) response.destroy(new Error(`the answer is larger than ${settings.maxBody} bytes`));
      else chunks.push(chunk);
    });
    response.on('end', () =>
      resolve({
        bytes: Buffer.concat(chunks),
        status: response.statusCode ?? 0,
        type: response.headers['content-type'],
        encoding: response.headers['content-encoding'],
      }),
    );
    response.on('aborted', () => reject(new Error('the answer ended before it was whole')));
  });
  request.end();
  const { bytes, status, type, encoding } = await promise;
  if (status !== 200) return refuse(`HTTP status ${status}`);
  const plain = encoding === undefined || encoding === 'identity' ? bytes : await decompressed(encoding, bytes, settings.maxBody);
  if (plain === undefined) return refuse(`content-encoding ${encoding} was not asked for`);
  return { ok: true, text: plain.toString(), contentType: type };
}

type Way =
  | { readonly ok: true; readonly address: string; readonly localAddress: string | undefined }
  | { readonly ok: false; readonly reason: string };

/** The first address of the target whose family the plane has an address of. */
async function wayTo(host: string, local: LocalAddresses): Promise<Way> {
  const addresses = isIP(host) ? [{ address: host, family: isIP(host) }] : await lookup(host, { all: true, order: 'verbatim' });
  let reason = `${host} has no address`;
  for (const { address, family } of addresses) {
    const from = localFor(local, family === 6 ? 6 : 4);
    if (from.ok) return { ok: true, address, localAddress: from.address };
    reason = from.sentence;
  }
  return { ok: false, reason };
}

async function authorization({ tokenFile, username, passwordFile }: PrometheusScrapeSettings): Promise<Readonly<Record<string, string>>> {
  if (tokenFile !== undefined) return { authorization: `Bearer ${await readToken(tokenFile)}` };
  if (username === undefined || passwordFile === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${await readToken(passwordFile)}`).toString('base64')}` };
}

/** Read at every scrape: certificates are renewed. */
async function tlsOptions(host: string, { caFile, certFile, keyFile }: PrometheusScrapeSettings) {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFile(path));
  const [ca, cert, key] = await Promise.all([read(caFile), read(certFile), read(keyFile)]);
  return {
    ...(isIP(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
