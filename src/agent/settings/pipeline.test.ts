import assert from 'node:assert/strict';
import test from 'node:test';
import { readSettings } from '../../config/read.ts';
import { SourceText } from '../../core/text.ts';
import { agentSettings } from './index.ts';
import { wholePipeline } from './pipeline.ts';

const read = (text: string) => readSettings(agentSettings, new SourceText('agent.json', text));

test('the short form as people have it is a whole configuration', () => {
  const settings = read(
    '{"log_sources":[{"path":"/var/log/app/*.log","format":"json","tags":["frontend","http"]}],"output":{"type":"kafka","brokers":["kafka-prod-01:9092"],"topic":"raw-logs"}}',
  );
  if (!settings.ok) throw new Error(JSON.stringify(settings.problems));
  const whole = wholePipeline(settings.value, '/var/lib/fairlead-agent');
  assert.partialDeepStrictEqual(whole, {
    sources: { 'log_sources.0': { type: 'file', path: ['/var/log/app/*.log'], format: 'json', tags: ['frontend', 'http'] } },
    sinks: { output: { type: 'kafka', brokers: [{ host: 'kafka-prod-01', port: 9092 }], topic: 'raw-logs' } },
    routes: [{ from: ['log_sources.0'], through: [], to: ['output'] }],
  });
});

test('without an output records go to an archive, which is not read again', () => {
  const settings = read('{"log_sources":[{"path":"/var/lib/fairlead-agent/**/*.log"}]}');
  if (!settings.ok) throw new Error(JSON.stringify(settings.problems));
  const whole = wholePipeline(settings.value, '/var/lib/fairlead-agent');
  assert.partialDeepStrictEqual(whole, { sinks: { output: { type: 'file', path: '/var/lib/fairlead-agent/archive/{source}.log' } } });
  const [source] = Object.values(whole?.sources ?? {});
  assert.ok(source?.type === 'file' && source.exclude.includes('/var/lib/fairlead-agent/archive/*'));
});

const wrong: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  ['nothing to do', '{}', /there is nothing to do: set server, or log_sources, or pipeline/],
  ['an unknown sink', '{"log_sources":[{"path":"/a"}],"output":{"type":"kafak"}}', /kafak/],
  ['a pattern without its format', '{"log_sources":[{"path":"/a","pattern":"x"}]}', /pattern is for format regex, not text/],
  [
    'a route to nowhere',
    '{"pipeline":{"sources":{"a":{"type":"file","path":"/a"}},"sinks":{"b":{"type":"stdout"}},"routes":[{"from":"a","to":"c"}]}}',
    /there is no sink "c"; there are b/,
  ],
  [
    'a condition that cannot be read',
    '{"pipeline":{"sources":{"a":{"type":"file","path":"/a"}},"transforms":{"t":{"type":"filter","drop":"level == "}},"sinks":{"b":{"type":"stdout"}}}}',
    /drop: 1:10 expected a value, found the end/,
  ],
];

for (const [what, text, message] of wrong)
  test(`${what} is an error with its place`, () => {
    const settings = read(text);
    assert.ok(!settings.ok);
    assert.match(settings.problems.map((problem) => problem.message).join('\n'), message);
    for (const { origin } of settings.problems) assert.equal(origin.kind, 'file');
  });
