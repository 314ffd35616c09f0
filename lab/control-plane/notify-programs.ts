/** systemd's own sender as Debian has it, unpacked into the lab's cache and never installed; and a receiver for it. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianSite, unpack, whyNotDebian } from '../setup/debian.ts';
import { withLock } from '../setup/lock.ts';
import { type Capability, labCacheDir } from '../setup.ts';

export interface NotifyPrograms {
  /** A folder for PATH with `systemd-notify` in it. */
  readonly path: string;
}

/**
 * `perl -e … PATH`: prints what each datagram holds as lines. Perl is on every Debian and has Unix datagram sockets, which Node
 * lacks. Like systemd it lets go of the descriptor that comes with BARRIER=1, or the sender would wait for that (sd_notify(3)).
 */
export const receiverScript = `
use Socket;
my ($path) = @ARGV;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($socket, sockaddr_un($path)) or die $!;
$| = 1;
while (defined recv($socket, my $datagram, 65536, 0)) { print "$datagram\n"; }
`;

/** With the libraries that a minimal Debian lacks. */
const wanted = {
  suite: 'bookworm',
  packages: ['systemd', 'libsystemd-shared', 'libkmod2', 'libip4tc2', 'libseccomp2', 'libapparmor1', 'libssl3'],
};

/** Gets them once; later calls only look whether they are there. Never throws for what a machine lacks. */
export async function notifyPrograms(): Promise<Capability<{ readonly programs: NotifyPrograms }>> {
  const missing = whyNotDebian();
  if (missing !== undefined) return { available: false, reason: missing };
  const cacheDir = labCacheDir();
  mkdirSync(cacheDir, { recursive: true });
  const record = join(cacheDir, 'notify-programs.json');
  const known = recorded(record);
  if (known !== undefined) return { available: true, programs: known };
  return withLock(join(cacheDir, 'notify.lock'), async () => {
    const made = recorded(record); // another process was faster
    if (made !== undefined) return { available: true, programs: made };
    const unpacked = await unpack(cacheDir, await debianSite(), wanted);
    if ('reason' in unpacked) return { available: false, reason: unpacked.reason };
    const programs = wrap(unpacked.root);
    writeFileSync(`${record}.new`, JSON.stringify(programs));
    renameSync(`${record}.new`, record);
    return { available: true, programs };
  });
}

function recorded(record: string): NotifyPrograms | undefined {
  if (!existsSync(record)) return undefined;
  // Written above; files that are gone make it worthless.
  const programs = JSON.parse(readFileSync(record, 'utf8')) as NotifyPrograms;
  return Object.values(programs).every((path) => typeof path === 'string' && existsSync(path)) ? programs : undefined;
}

/** The libraries lie beside the program; the agent gives its child no more than PATH and the socket, so a script names them. */
function wrap(root: string): NotifyPrograms {
  const path = join(root, 'wrapped');
  mkdirSync(path, { recursive: true });
  const libraries = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu/systemd'].map((one) => join(root, one));
  const program = [join(root, 'usr/bin/systemd-notify'), join(root, 'bin/systemd-notify')].find((one) => existsSync(one)) ?? '';
  writeFileSync(join(path, 'systemd-notify'), `#!/bin/sh\nLD_LIBRARY_PATH=${libraries.join(':')} exec ${program} "$@"\n`);
  chmodSync(join(path, 'systemd-notify'), 0o755);
  return { path };
}
