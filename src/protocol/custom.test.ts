import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CustomKind, customMessage, decodeCustom, encodeCustomData } from './custom.ts';
import { customCapabilities } from './custom-kinds.ts';
import { hostReportKind } from './host-report.ts';
import { outageReportKind } from './outages.ts';
import { servicesReportKind } from './services.ts';
import { sampleHostReport, sampleOutage, sampleService } from './testing/samples.ts';

function carried<T>(kind: CustomKind<T>, value: unknown): ReturnType<typeof decodeCustom<T>> {
  return decodeCustom(kind, customMessage(kind.capability, kind.type, new TextEncoder().encode(JSON.stringify(value))));
}

const outages = { outages: [sampleOutage], dropped: 3 };
const services = { full: true, services: [sampleService], removed: [] };

test('capabilities are a reverse domain name and a version, as the specification asks', () => {
  assert.deepEqual(customCapabilities, ['io.fairlead.host/v1', 'io.fairlead.outages/v1', 'io.fairlead.services/v1']);
});

test('each payload survives the way there and back', () => {
  assert.deepEqual(carried(hostReportKind, sampleHostReport), { ok: true, value: sampleHostReport });
  assert.deepEqual(carried(outageReportKind, outages), { ok: true, value: outages });
  assert.deepEqual(carried(servicesReportKind, services), { ok: true, value: services });
});

test('what a newer peer adds is left out, but the cause of an outage is kept as it came', () => {
  assert.deepEqual(carried(hostReportKind, { ...sampleHostReport, weather: 'fine' }), { ok: true, value: sampleHostReport });
  const explained = carried(outageReportKind, outages);
  assert.equal(explained.ok && explained.value.outages[0]?.cause?.step, 'connect');
});

test('an encoded payload is what the other side decodes; one that it would refuse is refused here', () => {
  const encoded = encodeCustomData(servicesReportKind, services);
  assert.ok(encoded.ok);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(encoded.data)), services);
  assert.deepEqual(encodeCustomData(servicesReportKind, { ...services, services: [{ ...sampleService, port: 0 }] }), {
    ok: false,
    sentence: 'io.fairlead.services/v1 services: services[0].port: Too small: expected number to be >=1',
  });
});

test('each way to be wrong has its code and says where', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const kind = { ...servicesReportKind, maxBytes: 100 };
  const asServices = (data: Uint8Array) => decodeCustom(kind, customMessage(kind.capability, kind.type, data));
  assert.deepEqual(decodeCustom(kind, customMessage('org.example.other/v1', 'x', bytes('{}'))), {
    ok: false,
    code: 'other-kind',
    sentence: 'the message is of the kind "org.example.other/v1 x" and not io.fairlead.services/v1 services',
  });
  assert.deepEqual(asServices(new Uint8Array(101)), {
    ok: false,
    code: 'too-large',
    sentence: 'io.fairlead.services/v1 services: 101 bytes; at most 100 are accepted',
  });
  for (const data of [bytes('{'), Uint8Array.of(0x22, 0xff, 0x22), bytes('')])
    assert.deepEqual(asServices(data), {
      ok: false,
      code: 'bad-json',
      sentence: 'io.fairlead.services/v1 services: the data is no JSON in UTF-8',
    });
  for (const data of [bytes('null'), bytes('[]'), bytes('{"full":1}')]) {
    const read = asServices(data);
    assert.equal(!read.ok && read.code, 'bad-payload');
  }
});

test('addresses, ports, names and lists are bounded', () => {
  const host = (over: object) => carried(hostReportKind, { ...sampleHostReport, ...over }).ok;
  const [nic] = sampleHostReport.interfaces;
  const listener = { address: '::', port: 1, transport: 'tcp' };
  assert.equal(host({ listeners: Array(4_096).fill(listener) }), true);
  assert.equal(host({ listeners: Array(4_097).fill(listener) }), false);
  assert.equal(host({ listeners: [{ ...listener, address: '::1%lo' }] }), false);
  assert.equal(host({ listeners: [{ ...listener, port: 65_536 }] }), false);
  assert.equal(host({ interfaces: [{ ...nic, mac: '02-42-c0-00-02-0a' }] }), false);
  assert.equal(host({ hostname: 'x'.repeat(257) }), false);
  assert.equal(host({ collectedAtMs: Number.NaN }), false);
  assert.equal(carried(outageReportKind, { outages: [{ ...sampleOutage, id: 'one' }], dropped: 0 }).ok, false);
  assert.equal(carried(servicesReportKind, { ...services, services: [{ ...sampleService, name: 'a.b' }] }).ok, false);
});

test('deeply nested JSON is refused and harms nobody', () => {
  const data = new TextEncoder().encode('['.repeat(400_000));
  const closed = new TextEncoder().encode(`{"outages":${'['.repeat(200_000)}${']'.repeat(200_000)},"dropped":0}`);
  for (const one of [data, closed])
    assert.equal(decodeCustom(outageReportKind, customMessage(outageReportKind.capability, 'outages', one)).ok, false);
});
