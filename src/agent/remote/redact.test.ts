import assert from 'node:assert/strict';
import test from 'node:test';
import { isSecretKey, redact, redacted, redactText } from './redact.ts';

test('keys that hold secrets are known however they are spelled', () => {
  const secret = [
    ...['password', 'dbPassword', 'PASSWORD', 'passwd', 'passphrase', 'token', 'bootstrapToken', 'access_token', 'tokens'],
    ...['key', 'apiKey', 'api-key', 'apikey', 'private_key', 'secret', 'clientSecret', 'secretAccessKey', 'auth', 'authorization'],
    ...[
      'Authorization',
      'basic_auth',
      'authHeader',
      'certificate',
      'clientCertificate',
      'credential',
      'credentials',
      'set-cookie',
      'SENTRY_DSN',
    ],
  ];
  const plain = [
    'name',
    'to',
    'every',
    'keyword',
    'monkeys',
    'keepAlive',
    'tokenFile',
    'keyPath',
    'certificateFile',
    'caFingerprint',
    'secretName',
    'labels',
  ];
  for (const key of secret) assert.equal(isSecretKey(key), true, key);
  for (const key of plain) assert.equal(isSecretKey(key), false, key);
});

test('no secret of a configuration survives, wherever it stands', () => {
  const secrets = ['hunter2', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln', 'flt_ab12_Zm9vYmFyYmF6', 'c3VwZXJzZWNyZXQ='];
  const [plain = '', jwt = '', enrolment = '', basic = ''] = secrets;
  const configuration = {
    output: {
      url: `https://agent:${plain}@logs.example.org/x`,
      password: plain,
      headers: [{ name: 'Authorization', value: `Basic ${basic}` }],
    },
    list: [
      `postgres://agent:${plain}@db.example.org/app`,
      `Server=db;Password=${plain};Database=x`,
      `https://logs.example.org/push?token=${plain}&a=1`,
    ],
    nested: { deep: [{ apiKey: { value: plain } }, { note: `sent with Bearer ${jwt}` }, { note: `enrol with ${enrolment}` }] },
    env: [{ name: 'DB_PASSWORD', value: plain }],
    token: 12_345,
    pem: `-----BEGIN EC PRIVATE KEY-----\n${basic}\n-----END EC PRIVATE KEY-----\n`,
  };
  const text = JSON.stringify(redact(configuration));
  for (const secret of [...secrets, '12345']) assert.equal(text.includes(secret), false, secret);
});

test('what is no secret stays as it is', () => {
  const configuration = {
    links: [{ name: 'orders', to: 'kafka-1.example.org:9092', every: '15s', caFile: '/etc/fairlead/ca.pem', required: true }],
    url: 'https://logs.example.org/push?tenant=a',
    password: '',
    count: 3,
  };
  assert.deepEqual(redact(configuration), configuration);
  assert.equal(redactText('https://agent:x@logs.example.org/'), `https://${redacted}@logs.example.org/`);
});
