import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { must } from './command.ts';
import type { DockerApi } from './docker-api.ts';
import { withLock } from './setup/lock.ts';

/** Loaded by getaddrinfo at run time, so that ldd does not show them. */
const resolverLibraries = ['libresolv.so.2', 'libnss_dns.so.2', 'libnss_files.so.2'];

/** Puts an image of this machine's own files (Node, its libraries, busybox) into the engine: no registry is needed. */
export async function labImage(api: DockerApi, cacheDir: string, tag: string): Promise<void> {
  const tar = await imageTar(cacheDir);
  const [repo = '', version = ''] = tag.split(':');
  const changes = ['ENV PATH=/usr/local/bin:/bin', 'WORKDIR /', 'CMD ["node"]']
    .map((change) => `&changes=${encodeURIComponent(change)}`)
    .join('');
  const response = await api.upload(`/images/create?fromSrc=-&repo=${repo}&tag=${version}${changes}`, createReadStream(tar));
  if (response.status !== 200 || response.message.includes('errorDetail'))
    throw new Error(`import of ${tar}: ${response.status} ${response.message}`);
}

/** The root file system as a tar, made once per Node binary. */
async function imageTar(cacheDir: string): Promise<string> {
  const node = process.execPath;
  const { size, mtimeMs } = statSync(node);
  const key = createHash('sha256').update(`${process.version} ${size} ${mtimeMs}`).digest('hex').slice(0, 12);
  const tar = join(cacheDir, `image-${process.version}-${key}.tar`);
  if (existsSync(tar)) return tar;
  await withLock(`${tar}.lock`, async () => {
    if (!existsSync(tar)) await makeTar(node, tar);
  });
  return tar;
}

async function makeTar(node: string, tar: string): Promise<void> {
  const root = `${tar}.root-${process.pid}`;
  try {
    for (const dir of ['bin', 'usr/local/bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'peer']) mkdirSync(join(root, dir), { recursive: true });
    place(node, join(root, 'usr/local/bin/node'));
    for (const library of await librariesOf(node)) place(library, join(root, library));
    place('/bin/busybox', join(root, 'bin/busybox'));
    const applets = (await must('/bin/busybox', ['--list'])).trim().split('\n');
    for (const applet of applets) if (applet !== 'busybox') symlinkSync('/bin/busybox', join(root, 'bin', applet));
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
    writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
    await must('tar', ['-C', root, '--owner=0', '--group=0', '-cf', `${tar}.new`, '.']);
    renameSync(`${tar}.new`, tar);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** ldd(1) prints `name => path (address)`, and the loader as a bare path. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const paths = [...(await must('ldd', [program])).matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
  const folder = dirname(paths.find((path) => basename(path) === 'libc.so.6') ?? '/lib/x86_64-linux-gnu/libc.so.6');
  return [...paths, ...resolverLibraries.map((name) => join(folder, name)).filter((path) => existsSync(path))];
}

function place(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, 0o755);
}
