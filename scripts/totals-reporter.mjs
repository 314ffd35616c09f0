// A node:test reporter beside the readable one: writes what scripts/test.mjs adds up, as one JSON line.

export default async function* totals(events) {
  const skipped = [];
  const failed = [];
  let counts;
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.skip !== undefined && data.details?.type !== 'suite')
      skipped.push({ name: data.name, reason: data.skip });
    // A parent fails with its children; only the innermost says something.
    if (type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed') failed.push(data.name);
    if (type === 'test:summary' && data.file === undefined) counts = data.counts;
  }
  yield `${JSON.stringify({ counts, skipped, failed })}\n`;
}
