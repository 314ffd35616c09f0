/** An address that swallows SYNs as a firewall does: a listener that never accepts, and whose short queue is full. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const script = `
import socket, sys
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(0)
filling = []
for _ in range(4):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(listener.getsockname())
    filling.append(one)
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
`;

export interface BlackHole extends AsyncDisposable {
  readonly address: string;
}

export async function startBlackHole(): Promise<BlackHole> {
  const child = spawn('/usr/bin/python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return {
    address: `127.0.0.1:${String(port).trim()}`,
    async [Symbol.asyncDispose]() {
      const closed = once(child, 'close');
      child.stdin.end();
      await closed;
    },
  };
}
