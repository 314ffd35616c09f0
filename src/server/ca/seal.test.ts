import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FairleadError } from '../../core/errors.ts';
import { readSealingKey, seal, unseal } from './seal.ts';

const secret = randomBytes(32);
const key = randomBytes(138);
const sealed = (error: unknown) => error instanceof FairleadError && error.code === 'FAIRLEAD_CA_KEY_SEALED' && error.exitCode === 2;

test('a sealed key opens with the same key file, and holds nothing of the key in the open', () => {
  const stored = seal(key, 'root a', secret);
  assert.equal(JSON.stringify(stored).includes(key.toString('base64').slice(0, 20)), false);
  assert.deepEqual(Buffer.from(unseal(stored, 'root a', secret)), key);
});

test('another key file, none, another root and a changed byte are told apart from the right one', () => {
  const stored = seal(key, 'root a', secret);
  assert.throws(() => unseal(stored, 'root a', randomBytes(32)), sealed);
  assert.throws(() => unseal(stored, 'root a', undefined), sealed);
  assert.throws(() => unseal(stored, 'root b', secret), sealed);
  const changed = stored.kind === 'plain' ? stored : { ...stored, sealed: Buffer.alloc(138).toString('base64') };
  assert.throws(() => unseal(changed, 'root a', secret), sealed);
});

test('the key file holds 64 hexadecimal digits; anything else is one sentence with the path', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-seal-'));
  const path = join(folder, 'key');
  await writeFile(path, `${secret.toString('hex')}\n`);
  assert.deepEqual(Buffer.from(await readSealingKey(path)), secret);
  await writeFile(path, 'changeme');
  await assert.rejects(readSealingKey(path), /key: the key file of the certificate authority cannot be used: it does not hold 64/);
  await assert.rejects(readSealingKey(join(folder, 'none')), /ENOENT/);
});
