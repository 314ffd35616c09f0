import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProcNet } from './proc-net.ts';

const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41011 1 0000000000000000 100 0 0 10 0
   1: 0100007F:238C 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41012 1 0000000000000000 100 0 0 10 0
   2: 0B00007F:8C3D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 40007 1 0000000000000000 100 0 0 10 0
   3: 0200A8C0:0050 0900A8C0:C350 01 00000000:00000000 00:00000000 00000000     0        0 41019 1 0000000000000000 20 4 30 10 -1
`;
const tcp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5001 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5002 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5003 1 0000000000000000 100 0 0 10 0
   3: B80D0120000000000000000001000000:1F93 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5004 1 0000000000000000 100 0 0 10 0
`;
const udp = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  324: 00000000:1FBD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 6001 2 0000000000000000 0
  325: 0200A8C0:A001 0100A8C0:0035 01 00000000:00000000 00:00000000 00000000     0        0 6002 2 0000000000000000 0
`;

const shown = (sockets: ReturnType<typeof parseProcNet>) =>
  sockets.map((one) => `${one.address} ${one.port}/${one.transport} ${one.inode} ${one.line}`);

test('only sockets in state LISTEN are TCP listeners', () => {
  assert.deepEqual(shown(parseProcNet(tcp, 4, 'tcp')), [
    '0.0.0.0 80/tcp 41011 2',
    '127.0.0.1 9100/tcp 41012 3',
    '127.0.0.11 35901/tcp 40007 4',
  ]);
});

test('IPv6 addresses are four words of the machine, and IPv4-mapped ones are IPv4', () => {
  assert.deepEqual(shown(parseProcNet(tcp6, 6, 'tcp')), [
    ':: 8080/tcp 5001 2',
    '::1 8081/tcp 5002 3',
    '127.0.0.1 8082/tcp 5003 4',
    '2001:db8::1 8083/tcp 5004 5',
  ]);
});

test('UDP sockets that are not connected accept', () => {
  assert.deepEqual(shown(parseProcNet(udp, 4, 'udp')), ['0.0.0.0 8125/udp 6001 2']);
});

test('a big-endian machine writes the words the other way round', () => {
  const text = tcp.replace('0100007F', '7F000001');
  assert.deepEqual(shown(parseProcNet(text, 4, 'tcp', 'BE'))[1], '127.0.0.1 9100/tcp 41012 3');
});

test('what is no table has no sockets', () => {
  for (const text of ['', 'x', tcp.slice(0, 150), tcp6]) assert.deepEqual(parseProcNet(text, 4, 'tcp'), []);
});
