import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { readContainer } from './container.ts';
import { createTree } from './tree.ts';

const id = 'c4e1'.repeat(16);
const podUid = '0c2d3a64-9d3e-4b6e-8f6a-2f1f3f6a7b8c';

const container = (files: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}, hostname = 'edge-7') => {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-container-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readContainer(createTree(root), environment, hostname);
};
const cgroup = (text: string) => ({ '/proc/self/cgroup': text });
const mount = (source: string, point: string) => ({
  '/proc/self/mountinfo': `612 599 254:1 ${source} ${point} rw,relatime - ext4 /dev/vda1 rw\n`,
});

test('a container is known by its control group, whatever made it', async () => {
  const rows: readonly (readonly [text: string, runtime: string])[] = [
    [`12:pids:/docker/${id}\n0::/\n`, 'docker'],
    [`0::/system.slice/docker-${id}.scope\n`, 'docker'],
    [`0::/machine.slice/libpod-${id}.scope\n`, 'podman'],
    [
      `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${podUid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope\n`,
      'containerd',
    ],
    [`5:memory:/kubepods/besteffort/pod${podUid}/${id}\n`, 'containerd'],
    [`0::/kubepods.slice/kubepods-pod${podUid.replaceAll('-', '_')}.slice/crio-${id}.scope\n`, 'cri-o'],
  ];
  for (const [text, runtime] of rows) {
    const found = await container(cgroup(text), { POD_NAME: 'edge-x' });
    assert.deepEqual([found?.runtime, found?.id], [runtime, id], text);
    assert.equal(found?.pod?.uid, text.includes('kubepods') ? podUid : undefined, text);
  }
});

test('a control group of its own leaves the files that the engine mounts', async () => {
  const docker = { ...cgroup('0::/\n'), ...mount(`/var/lib/docker/containers/${id}/hostname`, '/etc/hostname') };
  assert.deepEqual(await container(docker), { runtime: 'docker', id });
  const podman = mount(`/var/lib/containers/storage/overlay-containers/${id}/userdata/hosts`, '/etc/hosts');
  assert.deepEqual(await container(podman), { runtime: 'podman', id });
});

test('the host of an engine is no container, although containers are mounted on it', async () => {
  const mounts = mount(`/var/lib/docker/containers/${id}/hostname`, `/var/lib/docker/overlay2/${id}/merged/etc/hostname`);
  assert.equal(await container({ ...cgroup('0::/init.scope\n'), ...mounts }), undefined);
});

test('a pod is named by the downward API, else by its host name', async () => {
  const mounts = mount(`/var/lib/kubelet/pods/${podUid}/etc-hosts`, '/etc/hosts');
  const environment = { KUBERNETES_SERVICE_HOST: '10.96.0.1', POD_NAME: 'edge-x', POD_NAMESPACE: 'telemetry', NODE_NAME: 'n1' };
  assert.deepEqual((await container(mounts, environment))?.pod, { name: 'edge-x', namespace: 'telemetry', uid: podUid, node: 'n1' });
  assert.deepEqual((await container(mounts, {}, 'edge-7d9f'))?.pod, { name: 'edge-7d9f', uid: podUid });
});

test('a docker container that hides everything is still called by its id', async () => {
  assert.deepEqual(await container({ '/.dockerenv': '' }, {}, id.slice(0, 12)), { runtime: 'docker', id: id.slice(0, 12) });
  assert.deepEqual(await container({ '/.dockerenv': '' }), { runtime: 'docker' });
});
