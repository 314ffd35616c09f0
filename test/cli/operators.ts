/** A server's API on loopback, and the program as an operator runs it against that. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualClock } from '../../src/core/manual-clock.ts';
import type { Role } from '../../src/server/api/route.ts';
import { type ApiDesk, openApiDesk } from '../../src/server/api/testing/desk.ts';
import { type Folder, fairlead, folderWith, type Outcome } from './fairlead.ts';

export interface Office extends AsyncDisposable {
  readonly desk: ApiDesk;
  readonly folder: Folder;
  /** As an administrator unless a role is given. Words are split at spaces; a word with spaces comes as an element of its own. */
  run(
    line: string | readonly string[],
    options?: { readonly role?: Role; readonly env?: Readonly<Record<string, string>>; readonly input?: string },
  ): Promise<Outcome>;
  contextOf(role: Role): string;
}

export async function openOffice(files: Readonly<Record<string, string>> = {}): Promise<Office> {
  // Begins now, because the program tells ages by its own clock.
  const desk = await openApiDesk({ clock: manualClock(Date.now()), limits: { burst: 10_000 } });
  const folder = folderWith(files);
  const contextOf = (role: Role): string => {
    const path = join(folder.path, `${role}.json`);
    writeFileSync(path, JSON.stringify({ api: desk.url, token: desk.tokens[role] }), { mode: 0o600 });
    return path;
  };
  return {
    ...{ desk, folder, contextOf },
    run: (line, { role = 'admin', env = {}, input = '' } = {}) =>
      fairlead(typeof line === 'string' ? line.split(' ') : line, {
        cwd: folder.path,
        env: { HOME: folder.path, FAIRLEAD_CONTEXT: contextOf(role), ...env },
        input,
      }),
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]();
      await desk[Symbol.asyncDispose]();
    },
  };
}
