/** Whether this is a container, and which: from the cgroup, the files that engines mount, and what Kubernetes is told to pass. */
import type { HostContainer } from '../../protocol/host-report.ts';
import type { Tree } from './tree.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export async function readContainer(tree: Tree, environment: Environment, hostname: string): Promise<HostContainer | undefined> {
  const [cgroup, mountinfo, dockerenv, containerenv] = await Promise.all([
    tree.readOptional('/proc/self/cgroup'),
    tree.readOptional('/proc/self/mountinfo'),
    tree.readOptional('/.dockerenv'),
    tree.readOptional('/run/.containerenv'),
  ]);
  const marks = { ...fromMounts(mountinfo ?? ''), ...fromCgroup(cgroup ?? '') };
  const pod = podOf(marks, environment, hostname);
  if (marks.runtime === undefined && pod === undefined && dockerenv === undefined && containerenv === undefined) return undefined;
  const podman = fromContainerenv(containerenv ?? '');
  const runtime = marks.runtime ?? (containerenv !== undefined ? 'podman' : dockerenv !== undefined ? 'docker' : 'unknown');
  // An engine that hides the id still calls the container by its first 12 digits, unless somebody gave it a name.
  const id = marks.id ?? podman.id ?? (dockerenv !== undefined && /^[0-9a-f]{12}$/.test(hostname) ? hostname : undefined);
  return {
    runtime,
    ...(id === undefined ? {} : { id }),
    ...(podman.name === undefined ? {} : { name: podman.name }),
    ...(podman.image === undefined ? {} : { image: podman.image }),
    ...(pod === undefined ? {} : { pod }),
  };
}

interface Marks {
  readonly runtime?: string;
  readonly id?: string;
  readonly podUid?: string;
}

const hexId = '[0-9a-f]{64}';
/** How runtimes name the control group of a container: systemd scopes, and plain folders below a known one. */
const scopes: readonly (readonly [pattern: RegExp, runtime: string])[] = [
  [new RegExp(`docker-(${hexId})\\.scope`), 'docker'],
  [new RegExp(`/docker/(${hexId})`), 'docker'],
  [new RegExp(`cri-containerd[-:](${hexId})`), 'containerd'],
  [new RegExp(`crio-(${hexId})`), 'cri-o'],
  [new RegExp(`libpod-(${hexId})`), 'podman'],
  [new RegExp(`kubepods.*/(${hexId})`), 'containerd'],
  [/\/lxc(?:\.payload)?[./]([^/\n]+)/, 'lxc'],
  [/\/machine\.slice\/(?:machine-|systemd-nspawn@)([^/\n]+?)\.(?:scope|service)/, 'systemd-nspawn'],
];

/** Version 1 has a line for each controller, version 2 one line; with a namespace of its own a container sees only `/`. */
export function fromCgroup(text: string): Marks {
  const podUid = /kubepods[^\n]*pod([0-9a-f]{8}[_-][0-9a-f]{4}[_-][0-9a-f]{4}[_-][0-9a-f]{4}[_-][0-9a-f]{12})/
    .exec(text)?.[1]
    ?.replaceAll('_', '-');
  for (const [pattern, runtime] of scopes) {
    const id = pattern.exec(text)?.[1];
    if (id !== undefined) return { runtime, id, ...(podUid === undefined ? {} : { podUid }) };
  }
  return podUid === undefined ? {} : { podUid };
}

/**
 * The sources of what is mounted on /etc/hostname, /etc/hosts and /etc/resolv.conf. Other mount points are not looked at: on
 * an engine's host all of its containers have mounts.
 */
export function fromMounts(text: string): Marks {
  let marks: Marks = {};
  for (const line of text.split('\n')) {
    // proc(5): id parent major:minor root mount-point …
    const [, , , source = '', point = ''] = line.split(' ');
    if (!/^\/etc\/(hostname|hosts|resolv\.conf)$/.test(point)) continue;
    const docker = new RegExp(`/containers/(${hexId})/(?:hostname|hosts|resolv\\.conf)$`).exec(source)?.[1];
    const podman = new RegExp(`/overlay-containers/(${hexId})/userdata/`).exec(source)?.[1];
    const podUid = /\/kubelet\/pods\/([0-9a-f-]{36})\/etc-hosts$/.exec(source)?.[1];
    if (podman !== undefined) marks = { ...marks, runtime: 'podman', id: podman };
    else if (docker !== undefined) marks = { ...marks, runtime: 'docker', id: docker };
    // Here the id is that of the pod's sandbox, not of this container.
    else if (/\/io\.containerd\.[^/]+\/sandboxes\//.test(source)) marks = { runtime: 'containerd', ...marks };
    if (podUid !== undefined) marks = { ...marks, podUid };
  }
  return marks;
}

/** Podman writes `name="agent"` and the like when it runs with --privileged, and an empty file else. */
function fromContainerenv(text: string): { readonly id?: string; readonly name?: string; readonly image?: string } {
  const found = Object.fromEntries([...text.matchAll(/^(id|name|image)="([^"\n]{1,256})"$/gm)].map(([, key, value]) => [key, value]));
  return found;
}

/** The names are those that everybody gives to the downward API's fields; only these variables are looked at. */
function podOf({ podUid }: Marks, environment: Environment, hostname: string): HostContainer['pod'] {
  if (podUid === undefined && environment.KUBERNETES_SERVICE_HOST === undefined) return undefined;
  const namespace = environment.POD_NAMESPACE;
  const uid = podUid ?? environment.POD_UID;
  const node = environment.NODE_NAME;
  return {
    // A pod's host name is its name, unless its specification says otherwise.
    name: (environment.POD_NAME ?? hostname).slice(0, 256),
    ...(namespace === undefined ? {} : { namespace: namespace.slice(0, 256) }),
    ...(uid === undefined ? {} : { uid: uid.slice(0, 256) }),
    ...(node === undefined ? {} : { node: node.slice(0, 256) }),
  };
}
