/**
 * The process in each container, on the host and on the remote host: answers on the listeners it was told to open with a line that says
 * who it is, and probes for us from where it stands. Imports nothing but Node, because it is copied into containers as one file.
 */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { readFileSync, rmSync } from 'node:fs';
import { connect, createServer, isIP } from 'node:net';
import { createInterface } from 'node:readline';
import type { Attempt, Listener, Outcome, PeerConfig, PeerHello, PeerRequest, Probe, ProbeResult } from './probe.ts';

const outcomeOfCode: Readonly<Record<string, Outcome>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  ENETUNREACH: 'network-unreachable',
  EHOSTUNREACH: 'host-unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EOF: 'reset',
  ENOTFOUND: 'nxdomain',
  EAI_AGAIN: 'dns-failure',
};

// Written by the lab next to this file.
const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as PeerConfig;
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0)); // PID 1 has no default handlers
const opened: { close(): void }[] = [];
const failed = await openAll(config.listeners);
serve();

async function openAll(listeners: readonly Listener[]): Promise<PeerHello['failed']> {
  for (const one of opened.splice(0)) one.close();
  return (await Promise.all(listeners.map(open))).filter((failure) => failure !== undefined);
}

function open(listener: Listener): Promise<PeerHello['failed'][number] | undefined> {
  return listener.transport === 'tcp' ? openTcp(listener) : openUdp(listener);
}

function line(seenAs: string | undefined): string {
  return `fairlead-peer ${config.name} ${seenAs ?? ''}\n`;
}

function openTcp(listener: Listener): Promise<PeerHello['failed'][number] | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined); // the client went away: its own report says why
      socket.end(line(socket.remoteAddress));
    });
    opened.push(server);
    server.once('error', (error) => resolve({ ...listener, code: codeOf(error) }));
    server.listen({ host: listener.address, port: listener.port }, () => resolve(undefined));
  });
}

function openUdp(listener: Listener): Promise<PeerHello['failed'][number] | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(listener.address.includes(':') ? 'udp6' : 'udp4');
    opened.push(socket);
    socket.on('message', (_, from) => socket.send(line(from.address), from.port, from.address, () => undefined));
    socket.once('error', (error) => {
      opened.splice(opened.indexOf(socket), 1); // never bound, so there is nothing to close later
      socket.close();
      resolve({ ...listener, code: codeOf(error) });
    });
    socket.bind({ address: listener.address, port: listener.port }, () => resolve(undefined));
  });
}

function serve(): void {
  rmSync(config.socket, { force: true }); // a restarted container finds the socket of its former life
  const hello: PeerHello = { name: config.name, failed };
  const server = createServer((client) => {
    client.on('error', () => undefined);
    client.write(`${JSON.stringify(hello)}\n`);
    createInterface({ input: client }).on('line', async (text) => {
      // Requests come from the lab's own client.
      const request = JSON.parse(text) as PeerRequest;
      const result = 'probe' in request ? await probe(request.probe) : await openAll(request.listen);
      if (client.writable) client.write(`${JSON.stringify({ id: request.id, result })}\n`);
    });
  });
  server.listen(config.socket);
}

async function probe(wanted: Probe): Promise<ProbeResult> {
  const started = performance.now();
  let addresses: readonly { address: string }[];
  try {
    addresses = isIP(wanted.host) ? [{ address: wanted.host }] : await resolve(wanted.host, wanted.resolveTimeoutMs ?? 30_000);
  } catch (error) {
    return { ...conclude('', 'resolve', codeOf(error), started), attempts: [] };
  }
  const attempts: Attempt[] = [];
  for (const { address } of addresses) {
    const attempt = await (wanted.transport === 'tcp' ? tryTcp : wanted.transport === 'udp' ? tryUdp : ping)(address, wanted);
    attempts.push(attempt);
    if (attempt.outcome === 'ok') return { ...attempt, attempts };
  }
  // What Go, curl with one address and most clients report: the failure of the address that was preferred.
  return { ...(attempts[0] ?? conclude('', 'resolve', 'ENOTFOUND', started)), attempts };
}

/** getaddrinfo(3) cannot be cancelled: late answers are dropped. */
async function resolve(name: string, timeoutMs: number): Promise<readonly { address: string }[]> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(Object.assign(new Error('resolver'), { code: 'EAI_AGAIN' })), timeoutMs);
  try {
    return await Promise.race([lookup(name, { all: true, order: 'verbatim' }), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function conclude(address: string, phase: Attempt['phase'], code: string, started: number, text = ''): Attempt {
  const [, answeredBy = '', seenAs = ''] = /^fairlead-peer (\S+) (\S*)\n/.exec(text) ?? [];
  const outcome = answeredBy === '' ? (outcomeOfCode[code] ?? 'error') : 'ok';
  return { address, outcome, phase, code, answeredBy, seenAs, ms: Math.round(performance.now() - started) };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** One literal address: happy eyeballs (autoSelectFamily) would mix the outcomes of several. */
function tryTcp(address: string, { port, timeoutMs }: Probe): Promise<Attempt> {
  const started = performance.now();
  return new Promise((resolve) => {
    let phase: Attempt['phase'] = 'connect';
    let text = '';
    const socket = connect({ host: address, port, autoSelectFamily: false });
    const done = (code: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(conclude(address, phase, code, started, text));
    };
    const timer = setTimeout(() => done('ETIMEDOUT'), timeoutMs);
    socket.on('connect', () => {
      phase = 'response';
    });
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes('\n')) done('');
    });
    socket.on('error', (error) => done(codeOf(error)));
    socket.on('end', () => done('EOF'));
  });
}

/** Asks three times: datagrams may be lost, and silence is told from an answer only by the time limit. */
function tryUdp(address: string, { port, timeoutMs }: Probe): Promise<Attempt> {
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    const done = (code: string, text = '') => {
      clearTimeout(timer);
      clearInterval(again);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.close();
      resolve(conclude(address, text === '' ? 'connect' : 'response', code, started, text));
    };
    const ask = () =>
      socket.send('who\n', (error) => {
        if (error) done(codeOf(error));
      });
    const timer = setTimeout(() => done('ETIMEDOUT'), timeoutMs);
    const again = setInterval(() => ask(), timeoutMs / 3);
    socket.on('message', (message) => done('', message.toString()));
    socket.on('error', (error) => done(codeOf(error)));
    socket.connect(port, address, (error?: Error) => {
      if (error) done(codeOf(error));
      else ask();
    });
  });
}

function ping(address: string, { timeoutMs }: Probe): Promise<Attempt> {
  const started = performance.now();
  return new Promise((resolve) => {
    const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
    execFile('/bin/busybox', ['ping', '-c', '1', '-W', String(seconds), '-w', String(seconds), address], (error, stdout, stderr) => {
      if (error === null) resolve(conclude(address, 'response', '', started, 'fairlead-peer icmp \n'));
      else if (/Network is unreachable/.test(stderr)) resolve(conclude(address, 'connect', 'ENETUNREACH', started));
      else if (/Host is unreachable|No route/i.test(stdout + stderr)) resolve(conclude(address, 'connect', 'EHOSTUNREACH', started));
      else resolve(conclude(address, 'connect', /packet loss/.test(stdout) ? 'ETIMEDOUT' : stderr.trim(), started));
    });
  });
}
