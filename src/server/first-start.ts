/** The data folder, and what the first start puts into it: the context file of an administrator. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FairleadError } from '../core/errors.ts';
import type { ApiTokens } from './api/tokens.ts';

/** Made with mode 0700, the folders above it as usual; one that others may enter is closed to them. */
export async function prepareDataDir(path: string): Promise<void> {
  try {
    await makeFolder(resolve(path));
    await chmod(path, 0o700);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FairleadError('FAIRLEAD_DATA_DIR', { path, reason }, { cause });
  }
}

/** Node's own recursive mkdir never returns where a folder cannot be made below one that is there (/proc). */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

export const contextFile = (dataDir: string): string => join(dataDir, 'context.json');

export interface ContextParts {
  readonly dataDir: string;
  readonly apiUrl: string;
  readonly bundlePem: string;
  readonly tokens: ApiTokens;
}

/**
 * `context.json` in the data folder: how to reach the API, whom to trust, and an administrator's token, readable by the owner only.
 * A file that is there keeps its token; address and authorities in it are brought up to date. Its token is lost with it: take it
 * away and start again for another one.
 */
export async function writeAdminContext({ dataDir, apiUrl, bundlePem, tokens }: ContextParts): Promise<string> {
  const path = contextFile(dataDir);
  const known = existsSync(path) ? await tokenIn(path) : undefined;
  const valid = known !== undefined && (await tokens.identify(known)).ok;
  const token = valid ? known : (await tokens.create({ name: 'first administrator', role: 'admin', createdBy: 'first start' })).token;
  const text = `${JSON.stringify({ api: apiUrl, token, ca: bundlePem }, undefined, 2)}\n`;
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return path;
}

async function tokenIn(path: string): Promise<string | undefined> {
  try {
    const { token }: { readonly token?: unknown } = JSON.parse(await readFile(path, 'utf8'));
    return typeof token === 'string' ? token : undefined;
  } catch {
    return undefined; // torn or foreign: made anew
  }
}
