/**
 * A way into a network namespace from outside: listens on a Unix socket, which every namespace of this machine sees. Who connects
 * says `HOST PORT` and a line feed, and is connected with that.
 */
import { connect, createServer } from 'node:net';

const [path = ''] = process.argv.slice(2);

const server = createServer((client) => {
  let head = '';
  client.on('error', () => client.destroy());
  client.on('readable', function read() {
    for (let chunk = client.read(1); chunk !== null; chunk = client.read(1)) {
      if (chunk.toString('latin1') !== '\n') {
        head += chunk.toString('latin1');
        continue;
      }
      client.off('readable', read);
      const [host = '', port = ''] = head.split(' ');
      const target = connect({ host, port: Number(port) });
      target.on('error', () => client.destroy());
      target.on('close', () => client.destroy());
      client.on('close', () => target.destroy());
      target.pipe(client);
      client.pipe(target);
      return;
    }
  });
});
server.listen(path, () => process.stderr.write(`${JSON.stringify({ event: 'relay.ready' })}\n`));
