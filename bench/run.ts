/** `npm run bench [-- check|fleet|store|liveness|pipeline …]`: what is measured; `check` when nothing is named. */
const [first = ''] = process.argv.slice(2);
const name = first === '' || first.startsWith('-') ? 'check' : first;
const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  check: () => import('./check.ts'),
  fleet: () => import('./fleet/run.ts'),
  store: () => import('./store.ts'),
  liveness: () => import('./liveness.ts'),
  pipeline: () => import('./pipeline/run.ts'),
};
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
  process.stderr.write(`no bench ${name}; there are ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
} else {
  if (first === name) process.argv.splice(2, 1);
  await bench();
}
