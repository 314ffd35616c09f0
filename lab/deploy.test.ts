/** deploy/ on a real engine, in the order in which deploy/README.md has the steps: the image is built, the Compose file is started, the agent joins. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { must } from './command.ts';
import { type LabEngine, startEngine } from './engine.ts';
import { imageTag } from './names.ts';
import { availableEngines, ensureLab } from './setup.ts';

const root = join(import.meta.dirname, '..');
const lab = await ensureLab((line) => process.stderr.write(`lab: ${line}\n`));
const version = availableEngines(lab).at(-1);
const skip = version !== undefined ? false : lab.system.available ? 'no engine is available' : lab.system.reason;

/** A copy of deploy/compose, as an operator would have one, with its .env. */
class Project implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'fairlead-deploy-'));
  readonly #engine: LabEngine;

  constructor(engine: LabEngine) {
    this.#engine = engine;
    cpSync(join(root, 'deploy/compose'), this.folder, { recursive: true });
  }

  env(values: Readonly<Record<string, string>>): void {
    writeFileSync(
      join(this.folder, '.env'),
      Object.entries(values)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
  }

  async compose(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#engine.compose(args, { cwd: this.folder });
    if (code === 0) return stdout;
    const logs = await this.#engine.compose(['--profile', 'agent', 'logs', '--no-color', '--tail', '20'], { cwd: this.folder });
    return assert.fail(`docker compose ${args.join(' ')}: ${stdout}${stderr}${logs.stdout}`);
  }

  /** The program in the container of the server, as `docker compose exec` runs it. */
  async fairlead(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.compose('exec', '-T', 'server', 'fairlead', ...args, '--json'));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Agent {
  readonly uid: string;
  readonly name: string;
  readonly liveness: { readonly state: string };
}

test(`on Docker ${version}, the image is built, and the Compose file brings up a server and an agent that joins and keeps its identity`, {
  skip,
}, async () => {
  await using engine = await startEngine({ version: version ?? '' });
  await must(process.execPath, [join(root, 'scripts/build.mjs')]);
  const built = await engine.docker(
    ['build', '--tag', 'fairlead', '--build-arg', `BASE=${imageTag}`, '--file', 'deploy/image/Dockerfile', 'dist'].map((arg) =>
      /^(deploy|dist)/.test(arg) ? join(root, arg) : arg,
    ),
  );
  assert.equal(built.code, 0, `${built.stdout}${built.stderr}`);

  using project = new Project(engine);
  project.env({});
  await project.compose('up', '--detach', '--wait', 'server');
  // The shape of the API: docs/reference/openapi.json.
  const token = (await project.fairlead('tokens', 'create', '--label', 'site=edge')) as {
    readonly token: string;
    readonly caFingerprint: string;
  };
  project.env({ FAIRLEAD_CA_FINGERPRINT: token.caFingerprint, FAIRLEAD_TOKEN: token.token });
  await project.compose('--profile', 'agent', 'up', '--detach', '--wait');
  const joined = await online(project);
  assert.deepEqual(
    joined.map(({ name, liveness }) => ({ name, state: liveness.state })),
    [{ name: 'edge-1', state: 'online' }],
  );

  // The token is used up; the identity lies in the volume.
  project.env({ FAIRLEAD_CA_FINGERPRINT: token.caFingerprint });
  await project.compose('--profile', 'agent', 'up', '--detach', '--wait', '--force-recreate');
  const again = await online(project);
  assert.deepEqual(
    again.map(({ uid }) => uid),
    joined.map(({ uid }) => uid),
  );
  await project.compose('--profile', 'agent', 'down');
});

/** Healthy means that the agent runs; that it has connected is told by the server, a moment later. */
async function online(project: Project): Promise<readonly Agent[]> {
  for (let attempt = 0; ; attempt++) {
    const agents = (await project.fairlead('agents', 'list')) as readonly Agent[];
    if (attempt === 60 || (agents.length > 0 && agents.every(({ liveness }) => liveness.state === 'online'))) return agents;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
