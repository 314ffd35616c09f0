// Makes the generated code beside our .proto files: `node scripts/protocol.mjs`. With `--check` nothing is written, and a difference
// is an error. Works without a network: buf and its plugin are npm packages, and the proto files import nothing from outside.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { bin, ensureInstalled, node24, root } from './install.mjs';

/** Each folder holds .proto files, and gets a folder `generated`. OpAMP's file is one, so its generated files go without `_pb`. */
const folders = [
  { folder: 'src/protocol', nameOf: (name) => name.replace('_pb.', '.') },
  { folder: 'src/pipeline/proto', nameOf: (name) => name },
];

ensureInstalled();
const scratch = mkdtempSync(join(tmpdir(), 'fairlead-protocol-'));
try {
  const fresh = Object.assign({}, ...folders.map(generate));
  if (process.argv.includes('--check')) {
    const problems = Object.keys(fresh).filter((path) => read(join(root, path)) !== fresh[path]);
    for (const path of problems) process.stderr.write(`${path} is not what its .proto file says; run node scripts/protocol.mjs\n`);
    process.exitCode = problems.length > 0 ? 1 : 0;
  } else {
    for (const [path, text] of Object.entries(fresh)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/**
 * The generated files by path, formatted like all others. `ts` as target would emit enums, which do not survive type
 * stripping; plain JavaScript with declarations runs as it is.
 */
function generate({ folder, nameOf }, index) {
  const out = join(scratch, `generated-${index}`);
  const template = {
    version: 'v2',
    plugins: [{ local: [node24, bin('protoc-gen-es')], out, opt: ['target=js+dts', 'import_extension=js'] }],
  };
  run([bin('buf'), 'generate', join(root, folder), '--template', JSON.stringify(template)]);
  return Object.fromEntries(
    globSync('**/*.{js,d.ts}', { cwd: out })
      .sort()
      .map((name) => {
        const path = `${folder}/generated/${nameOf(name)}`;
        const text = readFileSync(join(out, name), 'utf8');
        return [path, run([bin('biome'), 'check', '--write', `--stdin-file-path=${path}`], text)];
      }),
  );
}

function run([command, ...args], input = '') {
  // Without a folder of its own buf writes its cache to the user's.
  const env = { ...process.env, BUF_CACHE_DIR: join(scratch, 'cache'), PATH: `${dirname(node24)}${delimiter}${process.env.PATH}` };
  const { status, error, stdout } = spawnSync(command, args, {
    cwd: root,
    env,
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${status}\n${stdout}`);
  return stdout;
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
