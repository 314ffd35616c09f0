import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkServerFinal, clientFinal, clientFirst } from './scram.ts';

/** RFC 7677, section 3. */
const nonce = 'rOprNGfwEbeRWgbNEkqO';
const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
const final = 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const serverFinal = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

test('the exchange of RFC 7677 is the same, byte for byte, and its server is believed', async () => {
  assert.equal(clientFirst('user', nonce), `n,,n=user,r=${nonce}`);
  const step = await clientFinal('sha256', 'user', 'pencil', nonce, serverFirst);
  assert.equal(step.ok && step.message, final);
  assert.equal(step.ok ? checkServerFinal(serverFinal, step.serverSignature) : 'failed', undefined);
});

test('comma and equals sign in a name are written as RFC 5802 says', () => assert.equal(clientFirst('a=b,c', 'x'), 'n,,n=a=3Db=2Cc,r=x'));

test('a server that does not know the password, or refuses, is told apart', async () => {
  const step = await clientFinal('sha256', 'user', 'other', nonce, serverFirst);
  assert.match(step.ok ? (checkServerFinal(serverFinal, step.serverSignature) ?? '') : '', /may not be the one it pretends to be/);
  assert.match(step.ok ? (checkServerFinal('e=invalid-proof', step.serverSignature) ?? '') : '', /refuses the login: invalid-proof/);
});

const refused: readonly (readonly [string, string])[] = [
  ['another nonce', serverFirst.replace('rOpr', 'xOpr')],
  ['only our own nonce', `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
  ['too few iterations', serverFirst.replace('4096', '100')],
  ['iterations that would keep us busy for hours', serverFirst.replace('4096', '99999999999')],
  ['no salt', serverFirst.replace('s=', 'q=')],
  ['nothing', ''],
];
for (const [what, message] of refused)
  test(`a server's first message with ${what} ends the login`, async () =>
    assert.equal((await clientFinal('sha512', 'user', 'pencil', nonce, message)).ok, false));
