import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fairlead } from './fairlead.ts';

interface Case {
  readonly args: string;
  readonly code: number;
  readonly out?: RegExp;
  readonly err?: RegExp;
}

const cases: readonly Case[] = [
  { args: '--help', code: 0, out: /^fairlead \d+\.\d+\.\d+: .*\n\nUSAGE\n/ },
  { args: '', code: 0, out: /DOCTOR\n {2}check/ },
  { args: '--version', code: 0, out: /^fairlead \d+\.\d+\.\d+\n$/ },
  { args: 'help check', code: 0, out: /--host-listener/ },
  { args: 'reach --help', code: 0, out: /EXIT CODES\n {2}0 {2}reachable/ },
  { args: 'chekc', code: 2, err: /did you mean "check"\?/ },
  { args: '--verison', code: 2, err: /did you mean "--version"\?/ },
  { args: 'check --formt json', code: 2, err: /no option --formt\n {2}did you mean "--format"\?/ },
  { args: 'check --format', code: 2, err: /--format needs a value/ },
  { args: 'check --format --fix', code: 2, err: /--format needs a value/ },
  { args: 'check --fix=yes', code: 2, err: /--fix takes no value/ },
  { args: 'check --fix --diff', code: 2, err: /exclude each other/ },
  { args: 'check --format xml', code: 2, err: /"xml" is not one of text, json, sarif, markdown/ },
  { args: 'check --severity eror', code: 2, err: /did you mean "error"\?/ },
  { args: 'check --rule localhost-in-contaner', code: 2, err: /did you mean "localhost-in-container"\?/ },
  { args: 'check --docker 19.03', code: 2, err: /older than 20\.10/ },
  { args: 'check --platform windows', code: 2, err: /write one of linux, desktop/ },
  { args: 'check --host-mtu 9', code: 2, err: /between 68 and 65535/ },
  { args: 'check --host-listener 127.0.0.1', code: 2, err: /for example 9090/ },
  { args: 'check --timeout soon', code: 2, err: /write 500ms, 30s/ },
  { args: 'check --timeout 1ms broken-telemetry', code: 3, err: /the run \(at: reading.*\) took longer than 1ms/ },
  { args: 'check --config missing.yaml', code: 2, err: /missing\.yaml: no such file/ },
  { args: 'check --engine=/nowhere/docker.sock', code: 3, err: /\/nowhere\/docker\.sock does not answer/ },
  { args: 'check nothing-here', code: 2, out: /error\[input-not-found\] nothing-here: no such file/ },
  { args: 'check working-telemetry', code: 0, out: /√ no findings · 6 links: 6 reachable/ },
  { args: 'check broken-telemetry', code: 1, out: /4 errors/ },
  { args: 'check nothing-here broken-telemetry', code: 2, out: /1 error in the input · 4 errors/ },
  { args: 'check broken-telemetry --rule R31 --severity error', code: 0, out: /no findings/ },
  { args: 'check broken-telemetry/prometheus.yml', code: 2, out: /a Prometheus configuration, not a Compose file/ },
  { args: 'reach collector prometheus:9090 broken-telemetry', code: 0, out: /^√ reachable {2}collector → prometheus:9090\/tcp/ },
  { args: 'reach collector prometheus:9091 broken-telemetry', code: 1, out: /^× unreachable/ },
  { args: 'reach colector prometheus:9090 broken-telemetry', code: 2, err: /did you mean "collector"\?/ },
  { args: 'reach collector promtheus:9090 broken-telemetry', code: 2, err: /did you mean "prometheus"\?/ },
  { args: 'reach collector', code: 2, err: /reach needs FROM and TO/ },
  { args: 'reach collector prometheus:99999 broken-telemetry', code: 2, err: /outside of 1 to 65535/ },
  { args: 'diff broken-telemetry broken-telemetry', code: 0, out: /no answer changes/ },
  { args: 'diff broken-telemetry working-telemetry', code: 1, out: /links that change/ },
  { args: 'diff broken-telemetry', code: 2, err: /diff needs OLD and NEW/ },
  { args: 'diff --docker 27.. broken-telemetry', code: 2, err: /write OLD\.\.NEW/ },
  { args: 'explain R01', code: 0, out: /^# R01 localhost-in-container/ },
  { args: 'explain fairlead_timeout', code: 0, out: /exit code 3/ },
  { args: 'explain R77', code: 2, err: /no rule or code "R77"/ },
  { args: 'rules', code: 0, out: /^R01 {2}error/ },
];

for (const { args, code, out, err } of cases) {
  test(`fairlead ${args} ends with ${code}`, async () => {
    const outcome = await fairlead(args.split(' ').filter((word) => word !== ''));
    assert.equal(outcome.code, code, outcome.stderr || outcome.stdout);
    assert.match(outcome.stdout, out ?? /(?:)/);
    assert.match(outcome.stderr, err ?? /^$/);
    assert.doesNotMatch(outcome.stdout + outcome.stderr, /\n {4}at |internal error, /, 'no stack trace');
  });
}
