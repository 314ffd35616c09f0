import { ensureLab } from '../lab/setup.ts';

/** Gets what the lab needs and says what it got; always succeeds, because tests skip what is not available and print why. */
const started = performance.now();
const lab = await ensureLab((line) => process.stderr.write(`lab: ${line}\n`));
const capabilities = { system: lab.system, ...lab.engines };
for (const [name, capability] of Object.entries(capabilities)) print(`engine ${name}`.replace('engine system', 'system'), capability);
for (const [name, capability] of Object.entries(lab.compose)) print(`compose ${name}`, capability);
process.stderr.write(`lab: ready in ${Math.round(performance.now() - started)} ms, cache ${lab.cacheDir}\n`);

function print(name: string, capability: { readonly available: boolean; readonly reason?: string; readonly exact?: string }): void {
  process.stdout.write(
    `${name}: ${capability.available ? `available ${capability.exact ?? ''}`.trim() : `not available: ${capability.reason}`}\n`,
  );
}
