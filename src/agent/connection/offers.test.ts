import assert from 'node:assert/strict';
import test from 'node:test';
import { create } from '@bufbuild/protobuf';
import { manualClock } from '../../core/manual-clock.ts';
import type { ConnectionSettingsOffers } from '../../protocol/opamp.ts';
import { ConnectionSettingsOffersSchema } from '../../protocol/opamp.ts';
import { testAuthority } from '../../server/ca/testing/authority.ts';
import { memoryStore } from '../../server/discovery/testing.ts';
import { certificateRequest, newKey } from '../identity/csr.ts';
import type { Reply } from '../testing/opamp-server.ts';
import type { Present } from './offers.ts';
import { planOffer } from './offers.ts';

const uid = '0192aaaa-0000-7000-8000-0123456789ab';
const otherUid = '0192bbbb-0000-7000-8000-0123456789ab';
const url = 'wss://a.example.org:8443/v1/opamp';

type Opamp = NonNullable<NonNullable<Reply['connectionSettings']>['opamp']>;
const offer = (opamp?: Opamp): ConnectionSettingsOffers => create(ConnectionSettingsOffersSchema, opamp === undefined ? {} : { opamp });

/** Two authorities, and what an agent has of the first. */
async function setUp(stack: AsyncDisposableStack) {
  const clock = manualClock(Date.now());
  const authorities = [
    await testAuthority(stack.use(await memoryStore(clock)), clock),
    await testAuthority(stack.use(await memoryStore(clock)), clock),
  ];
  for (const authority of authorities) stack.use(authority);
  const [first, second] = authorities;
  const issue = async (keyPem: string, to = uid, by = first) => {
    const signed = await by?.sign(certificateRequest(keyPem, 'a', to), to, {});
    if (signed?.ok !== true) throw new Error('not signed');
    return { cert: Buffer.from(signed.issued.chainPem), caCert: Buffer.from(signed.issued.bundlePem) };
  };
  const [keyPem, asked, foreign] = [await newKey(), await newKey(), await newKey()];
  const own = await issue(keyPem);
  const present: Present = {
    ...{ url, headers: [], uid, keys: [keyPem, asked], mounted: false },
    credentials: { keyPem, chainPem: own.cert.toString(), bundlePem: own.caCert.toString() },
  };
  return { present, own, asked, foreign, issue, second };
}

test('what an offer means', async (t) => {
  await using stack = new AsyncDisposableStack();
  const { present, own, asked, foreign, issue, second } = await setUp(stack);
  const base = { destinationEndpoint: url, heartbeatIntervalSeconds: 30n };
  const next = await issue(asked);
  const elsewhere = await issue(asked, uid, second);
  const leafOnly = Buffer.from(own.cert.toString().slice(0, own.cert.toString().indexOf('-----END CERTIFICATE-----') + 26));
  const cases: readonly (readonly [string, Opamp | undefined, Partial<Present>, string])[] = [
    ['nothing but the interval', base, {}, 'now: a heartbeat every 30000 ms'],
    ['no interval', { destinationEndpoint: url }, {}, 'now: no heartbeats'],
    ['the certificate that is in use', { ...base, certificate: own }, {}, 'now: a heartbeat every 30000 ms'],
    [
      'the certificate that is in use, without what leads to its authority',
      { ...base, certificate: { ...own, cert: leafOnly } },
      {},
      'now: a heartbeat every 30000 ms',
    ],
    ['the certificate that was asked for', { ...base, certificate: next }, {}, 'try: certificate, a heartbeat every 30000 ms'],
    [
      'a certificate of another authority',
      { ...base, certificate: elsewhere },
      {},
      'try: certificate, authorities, a heartbeat every 30000 ms',
    ],
    [
      'authorities of which one is known',
      { ...base, certificate: { ...own, caCert: Buffer.concat([elsewhere.caCert, own.caCert]) } },
      {},
      'now: a heartbeat every 30000 ms',
    ],
    [
      'a certificate for the key that comes along',
      { ...base, certificate: { ...(await issue(foreign)), privateKey: Buffer.from(foreign) } },
      {},
      'try: certificate, a heartbeat every 30000 ms',
    ],
    [
      'the same server by another scheme',
      { ...base, destinationEndpoint: 'https://a.example.org:8443/v1/opamp' },
      {},
      'now: a heartbeat every 30000 ms',
    ],
    [
      'another server',
      { ...base, destinationEndpoint: 'wss://b.example.org/v1/opamp' },
      {},
      'try: endpoint wss://b.example.org/v1/opamp, a heartbeat every 30000 ms',
    ],
    ['a header', { ...base, headers: { headers: [{ key: 'A', value: 'b' }] } }, {}, 'try: headers, a heartbeat every 30000 ms'],
    [
      'a certificate for a key of somebody else',
      { ...base, certificate: await issue(foreign) },
      {},
      'no: the offered certificate is for a key that this agent does not have',
    ],
    [
      'a certificate for another agent',
      { ...base, certificate: await issue(asked, otherUid) },
      {},
      `no: the offered certificate is for ${otherUid}, and this agent is ${uid}`,
    ],
    [
      'a key that does not belong to the certificate',
      { ...base, certificate: { ...next, privateKey: Buffer.from(foreign) } },
      {},
      'no: the offered pair cannot be used: its certificate is for another key',
    ],
    [
      'authorities that cannot be read',
      { ...base, certificate: { ...next, caCert: Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') } },
      {},
      'no: the offered authorities cannot be read',
    ],
    [
      'a certificate, where it is mounted',
      { ...base, certificate: next },
      { mounted: true },
      'no: the certificate of this agent is mounted, and renewed by whoever mounts it',
    ],
    [
      'a way out of TLS',
      { ...base, destinationEndpoint: 'ws://a.example.org/v1/opamp' },
      {},
      'no: ws://a.example.org/v1/opamp is without TLS, and the present connection is not',
    ],
    ['no OpAMP at all', undefined, {}, 'no: the offer holds no OpAMP connection, and nothing else is taken'],
  ];
  for (const [what, opamp, differs, expected] of cases) {
    await t.test(what, () => {
      const plan = planOffer({ ...present, ...differs }, offer(opamp));
      const said = plan.kind === 'refuse' ? `no: ${plan.sentence}` : `${plan.reconnect ? 'try' : 'now'}: ${plan.what}`;
      assert.equal(said, expected);
    });
  }
  await t.test('a certificate left out does not take the identity away', () => {
    const plan = planOffer(present, offer(base));
    assert.equal(plan.kind === 'use' && plan.wanted.credentials, present.credentials);
  });
});
