import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { FairleadError } from '../../core/errors.ts';
import { temporaryFolder } from '../testing/connected.ts';
import { listeningLog } from '../testing/log.ts';
import { newKey } from './csr.ts';
import { openDataDir } from './data-dir.ts';
import type { Identity } from './identity.ts';

const made: Identity = { format: 1, uid: '0192aaaa-0000-7000-8000-0123456789ab', name: 'edge-1', servers: [], machine: '' };

test('a folder that is open to all is closed, and so is a key that was', async () => {
  await using stack = new AsyncDisposableStack();
  const path = await temporaryFolder(stack);
  await chmod(path, 0o755);
  const log = listeningLog();
  const dataDir = stack.use(await openDataDir(path, log));
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  await dataDir.save(made);
  await chmod(join(path, 'identity.json'), 0o644);
  assert.equal((await dataDir.load())?.uid, made.uid);
  assert.equal((await stat(join(path, 'identity.json'))).mode & 0o777, 0o600);
  assert.equal(log.count('agent.identity.key-was-readable'), 1);
});

test('an interrupted write leaves the old identity', async () => {
  await using stack = new AsyncDisposableStack();
  const path = await temporaryFolder(stack);
  const dataDir = stack.use(await openDataDir(path, listeningLog()));
  await dataDir.save(made);
  await writeFile(join(path, 'identity.json.new'), 'half of a new o');
  assert.equal((await dataDir.load())?.name, 'edge-1');
  await dataDir.save({ ...made, name: 'edge-2' });
  assert.equal((await dataDir.load())?.name, 'edge-2');
});

test('the key of an enrolment is the same until it is enrolled', async () => {
  await using stack = new AsyncDisposableStack();
  const path = await temporaryFolder(stack);
  const dataDir = stack.use(await openDataDir(path, listeningLog()));
  const key = await dataDir.pendingKey(newKey);
  assert.equal(await dataDir.pendingKey(newKey), key);
  assert.equal((await stat(join(path, 'pending-key.pem'))).mode & 0o777, 0o600);
  await writeFile(join(path, 'pending-key.pem'), key.slice(0, 60));
  const other = await dataDir.pendingKey(newKey);
  assert.notEqual(other, key, 'a torn one was never used');
  await dataDir.forgetPendingKey();
  assert.notEqual(await dataDir.pendingKey(newKey), other);
});

test('the lock is seen by another process and ends with a killed one', async () => {
  await using stack = new AsyncDisposableStack();
  const path = await temporaryFolder(stack);
  const program = `
    import { openDataDir } from ${JSON.stringify(new URL('./data-dir.ts', import.meta.url).href)};
    await openDataDir(${JSON.stringify(path)}, { event() {}, with() { return this; } });
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  stack.defer(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  await assert.rejects(openDataDir(path, listeningLog()), (error) => {
    assert.ok(error instanceof FairleadError);
    assert.equal(error.code, 'FAIRLEAD_AGENT_DATA_DIR_IN_USE');
    assert.match(error.message, new RegExp(`process ${holder.pid} on `));
    return true;
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  stack.use(await openDataDir(path, listeningLog()));
  assert.match(await readFile(join(path, 'lock.holder'), 'utf8'), new RegExp(`process ${process.pid} on `));
});

test('a folder that cannot be one is a sentence', async () => {
  await using stack = new AsyncDisposableStack();
  const path = join(await temporaryFolder(stack), 'file');
  await writeFile(path, '');
  await assert.rejects(
    openDataDir(path, listeningLog()),
    (error) => error instanceof FairleadError && error.code === 'FAIRLEAD_AGENT_DATA_DIR' && /is not a folder/.test(error.message),
  );
});
