/** A process and a folder that end with their scope. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../command.ts';

export interface RunningSender extends AsyncDisposable {
  /** What it said so far, for messages of failed tests. */
  output(): string;
  readonly pid: number | undefined;
}

export function startSender(program: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>): RunningSender {
  const child: ChildProcess = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const take = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-20_000);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const ended = once(child, 'exit');
  return {
    output: () => text,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL'); // its files go as well
      await ended;
    },
  };
}

export interface Folder extends Disposable {
  readonly path: string;
  at(name: string): string;
  write(name: string, text: string): string;
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-sources-'));
  return {
    path,
    at: (name) => join(path, name),
    write(name, text) {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A certificate for localhost and 127.0.0.1 that is its own authority. */
export async function selfSigned(folder: Folder): Promise<{ readonly certFile: string; readonly keyFile: string }> {
  const [certFile, keyFile] = [folder.at('source.pem'), folder.at('source.key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  await must('openssl', ['req', '-x509', '-days', '2', ...key, '-out', certFile, ...subject]);
  return { certFile, keyFile };
}

/** Rejects with what the sender said when `wanted` takes too long. */
export async function inTime<T>(wanted: Promise<T>, what: string, sender: RunningSender, limitMs = 60_000): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what}: not within ${limitMs / 1_000} s\n${sender.output()}`)), limitMs);
  try {
    return await Promise.race([wanted, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
