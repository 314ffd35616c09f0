import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPeer, type Peer, writePeerProgram } from '../peer-client.ts';

/**
 * An OCI runtime that starts the lab's peer instead of the container's program and leaves everything else to runc. The files
 * and command lines under test stay as they are, entry points and arguments included, and no image has to hold a real program.
 */
export interface PeerRuntime extends Disposable {
  /** For `startEngine`. */
  readonly daemonArgs: readonly string[];
  /** The peer in a container, as soon as it takes requests; it answers under the container's short id. */
  connect(containerId: string): Promise<Peer>;
}

/** As docker shows it; sun_path (108 bytes, unix(7)) has no room for the 64 digits of a whole one. */
export const shortId = (containerId: string): string => containerId.slice(0, 12);

/** `runc … create --bundle DIR … ID`: only then is there a configuration to change (runtime-spec, config.md). */
const wrapper = (node: string, rewrite: string): string => `#!/bin/sh
previous= bundle= create=
for word in "$@"; do
  [ "$previous" = --bundle ] && bundle=$word
  [ "$word" = create ] && create=yes
  previous=$word
done
if [ -n "$create" ]; then NODE_OPTIONS= ${node} ${rewrite} "$bundle" "$previous" || exit 1; fi
exec runc "$@"
`;

const rewrite = (folder: string): string => `import { readFileSync, writeFileSync } from 'node:fs';
const [bundle, container] = process.argv.slice(2);
const id = container.slice(0, 12);
writeFileSync(\`${folder}/\${id}.json\`, JSON.stringify({ name: id, socket: \`/peer/\${id}.sock\`, listeners: [] }));
const path = \`\${bundle}/config.json\`;
const config = JSON.parse(readFileSync(path, 'utf8'));
config.process.args = ['/usr/local/bin/node', '/peer/peer.mjs', \`/peer/\${id}.json\`];
config.process.cwd = '/';
config.process.user = { uid: 0, gid: 0 };
config.process.env = [...config.process.env.filter((entry) => !entry.startsWith('NODE_OPTIONS=')), 'UV_THREADPOOL_SIZE=64'];
config.mounts.push({ destination: '/peer', type: 'bind', source: '${folder}', options: ['rbind', 'rw'] });
writeFileSync(path, JSON.stringify(config));
`;

const peerWithinMs = 20_000;

export async function makePeerRuntime(): Promise<PeerRuntime> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-peers-'));
  await writePeerProgram(folder);
  writeFileSync(join(folder, 'rewrite.mjs'), rewrite(folder));
  writeFileSync(join(folder, 'runtime'), wrapper(process.execPath, join(folder, 'rewrite.mjs')));
  chmodSync(join(folder, 'runtime'), 0o755);
  return {
    daemonArgs: [`--add-runtime=peer=${join(folder, 'runtime')}`, '--default-runtime=peer'],
    connect: (containerId) => connectPeer(join(folder, `${shortId(containerId)}.sock`), peerWithinMs),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
