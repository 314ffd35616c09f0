import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

function run(program: string, args: readonly string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], { cwd: root, encoding: 'utf8' });
  return { stdout, stderr, status };
}

/** A build of its own: dist/ may be older than the source, and somebody may be using it. */
function build(folder: string): string {
  for (const path of ['src', 'scripts', 'examples', 'package.json', 'package-lock.json'])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  // The bundler and its inputs are found where they are.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const done = spawnSync(process.execPath, [join(folder, 'scripts/build.mjs')], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return join(folder, 'dist');
}

test('the bundle does what the source does, with its code cache, with a torn one and without', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bundle-'));
  try {
    const dist = build(folder);
    const cache = readdirSync(dist).find((name) => name.endsWith('.cache')) ?? assert.fail('no code cache was made');
    const commands = [
      ['--version'],
      ['check', 'examples'],
      ['explain', 'R01'],
      ['check', '--format', 'sarif', 'examples/docker-run'],
      ['nonsense'],
    ];
    const expected = commands.map((args) => run(join(root, 'src/cli.ts'), args));
    assert.deepEqual(
      expected.map(({ status }) => status),
      [0, 1, 0, 1, 2],
    );
    const same = (state: string) => {
      for (const [index, args] of commands.entries())
        assert.deepEqual(run(join(dist, 'cli.js'), args), expected[index], `${args.join(' ')} ${state}`);
    };
    same('with its cache');
    truncateSync(join(dist, cache), 1000);
    same('with a torn cache');
    rmSync(join(dist, cache));
    same('without a cache');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
