// A node:test reporter beside the readable one: what scripts/test.mjs adds up, one JSON line per test. Line by line, so that a run
// that is cut off has still told what it did.

export default async function* totals(events) {
  for await (const { type, data } of events) {
    const line = lineOf(type, data);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}

function lineOf(type, data) {
  // Only whole files and the run as a whole have a summary; the run's has no file.
  if (type === 'test:summary' && data.file === undefined) return { summary: data.counts };
  if (data.details?.type === 'suite') return undefined;
  if (type === 'test:pass') {
    if (data.skip !== undefined || data.todo !== undefined) return { skipped: data.name, reason: String(data.skip ?? data.todo) };
    return { passed: data.name };
  }
  // A parent fails with its children, which say why; alone it would be counted twice.
  if (type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed')
    return { failed: data.name, reason: firstLines(data.details?.error) };
  return undefined;
}

function firstLines(error) {
  const text = String(error?.cause?.message ?? error?.message ?? '');
  return text.split('\n').slice(0, 12).join('\n');
}
