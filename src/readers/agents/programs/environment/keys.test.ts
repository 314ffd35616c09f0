import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyKind } from './keys.ts';
import { conventionOf, isControl, kindOf, portNames } from './keys.ts';

const kinds: Readonly<Record<KeyKind, readonly string[]>> = {
  dial: [
    'SERVER_URL',
    'AGENT_ENDPOINT',
    'DATABASE_URL',
    'spring.datasource.url',
    'KAFKA_BROKERS',
    'BOOTSTRAP_SERVERS',
    'METRICS_ADDR',
    'ES_HOSTS',
    'HTTP_PROXY',
    'https_proxy',
    'SERVER_ADDRESS',
    'SENTRY_DSN',
    'ZOOKEEPER_CONNECT',
    'KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS',
    'KAFKA_CLUSTERS_0_SCHEMAREGISTRY',
    'KAFKA_CLUSTERS_0_ZOOKEEPER',
    'CASSANDRA_SEEDS',
  ],
  host: ['DB_HOST', 'REDIS_HOSTNAME', 'PGHOST', 'PAPERLESS_DBHOST', 'ZBX_SERVER_HOST'],
  browser: [
    'VITE_API_URL',
    'NEXT_PUBLIC_API_ENDPOINT',
    'REACT_APP_BACKEND_URL',
    'APP_URL',
    'GF_SERVER_ROOT_URL',
    'SITE_URL',
    'FRONTEND_URL',
  ],
  outside: ['EXTERNAL_URL', 'AGENT_PUBLIC_ENDPOINT', 'OAUTH_REDIRECT_URI', 'CALLBACK_URL', 'WEBHOOK_URL'],
  'browser-or-dial': ['BASE_URL', 'API_BASE_URL'],
  listen: ['LISTEN', 'BIND', 'LISTEN_ADDRESS', 'HTTP_LISTEN_ADDR', 'APP_BIND_ADDRESS', 'BIND_HOST'],
  none: [
    'HOST',
    'PORT',
    'HOSTNAME',
    'NO_PROXY',
    'ALLOWED_HOSTS',
    'CORS_ORIGINS',
    'DOMAIN',
    'VIRTUAL_HOST',
    'KAFKA_ADVERTISED_LISTENERS',
    'PATH',
    'NODE_ENV',
    'KAFKA_JMX_HOSTNAME',
    'JMX_HOST',
    'MAX_RETRIES',
    'CSRF_TRUSTED_ORIGINS',
  ],
};

for (const [kind, names] of Object.entries(kinds)) {
  test(`${kind}: ${names.join(', ')}`, () => {
    for (const name of names) assert.equal(kindOf(name), kind, name);
  });
}

test('a host finds its port', () => {
  assert.ok(portNames('DB_HOST').includes('DB_PORT'));
  assert.ok(portNames('PGHOST').includes('PGPORT'));
  assert.deepEqual(portNames('AGENT_ENDPOINT'), []);
});

test('names say what is spoken and on which plane', () => {
  assert.equal(conventionOf('REDIS_HOST')?.port, 6379);
  assert.equal(conventionOf('ESCAPE_URL'), undefined);
  assert.ok(isControl('REGISTRY_URL') && isControl('HEARTBEAT_ENDPOINT') && !isControl('METRICS_URL'));
});
