/** An HTTP server that answers 200 to everything and logs who asked for what: for data links and for traces. */
import { createServer } from 'node:http';

const [host = '', port = ''] = process.argv.slice(2);

const say = (event: string, fields: Readonly<Record<string, unknown>>) =>
  void process.stderr.write(`${JSON.stringify({ event, time: new Date().toISOString(), message: event, ...fields })}\n`);

createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  const { method, url, headers } = request;
  say('receiver.request', { remote: request.socket.remoteAddress, method, path: url, contentType: headers['content-type'], body });
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
}).listen(Number(port), host, () => say('receiver.ready', {}));
