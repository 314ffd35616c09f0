import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { DataPlane } from '../../data-plane.ts';
import { testSource } from '../../listening/testing/source-context.ts';
import type { MetricPoint } from '../../metric-point.ts';
import type { SourceContext } from '../../source.ts';
import { createPrometheusScrape } from './prometheus-scrape.ts';
import { prometheusScrapeSettings } from './settings.ts';

async function target(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function scrape(
  settings: Readonly<Record<string, unknown>>,
  change: (context: SourceContext) => SourceContext = (context) => context,
) {
  const kept = testSource();
  const context = change({ ...kept.context, random: () => 0 });
  const source = await createPrometheusScrape(
    prometheusScrapeSettings.parse({ type: 'prometheus-scrape', interval: '1s', timeout: '500ms', ...settings }),
    context,
  );
  return { kept, source, [Symbol.asyncDispose]: () => source.close() };
}

const ups = (points: readonly MetricPoint[]) =>
  points.filter(({ name }) => name === 'up').map(({ value }) => ('value' in value ? value.value : -1));

test('a target is asked again and again, from the data plane, with its token, and may compress its answer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-scrape-'));
  try {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'secret\n');
    const seen: unknown[] = [];
    await using exporter = await target((request, response) => {
      seen.push([request.socket.remoteAddress, request.headers.authorization]);
      response.setHeader('content-type', 'text/plain; version=0.0.4').setHeader('content-encoding', 'gzip').end(gzipSync('a 1\n'));
    });
    const bound: DataPlane = { resolve: () => ({ ok: true, local: { kind: 'bound', what: 'the data plane', v4: '127.0.0.7' } }) };
    await using scraper = await scrape({ targets: [{ url: exporter.url }], tokenFile }, (context) => ({ ...context, plane: bound }));
    await scraper.kept.arrivedPoints((points) => ups(points).length >= 2);
    assert.deepEqual(
      seen.slice(0, 2),
      [1, 2].map(() => ['127.0.0.7', 'Bearer secret']),
    );
    assert.ok(scraper.kept.points.filter(({ name }) => name === 'a').length >= 2);
    assert.equal(scraper.source.problem(), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('targets that are slow, too large, bombs, cut off or wrong are down, with the reason', async () => {
  const large = gzipSync(Buffer.alloc(64 << 20, '#'));
  const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
    slow: () => {},
    large: (response) => response.end(Buffer.alloc(200_000, '#')),
    bomb: (response) => response.setHeader('content-encoding', 'gzip').end(large),
    cut: (response) => {
      response.setHeader('content-length', 100).write('a 1\n');
      setImmediate(() => response.destroy());
    },
    wrong: (response) => response.writeHead(500).end(),
    nonsense: (response) => response.end('<html>'),
  };
  for (const [name, answer] of Object.entries(answers)) {
    await using exporter = await target((_, response) => void answer(response));
    await using scraper = await scrape({ targets: [{ url: exporter.url }], maxBody: '100kB' });
    await scraper.kept.arrivedPoints((points) => ups(points).length > 0);
    assert.deepEqual(ups(scraper.kept.points), [0], name);
    assert.match(scraper.source.problem() ?? '', /none of 1 targets can be scraped/, name);
    assert.deepEqual(scraper.kept.said, ['pipeline.source.scrape-failed'], name);
  }
});

test('targets of a file come and go while it changes, and a broken file changes nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-scrape-'));
  try {
    await using exporter = await target((request, response) => response.end(`asked{path="${request.url}"} 1\n`));
    const address = new URL(exporter.url).host;
    const targetsFile = join(folder, 'targets.json');
    const list = (...paths: readonly string[]) =>
      writeFileSync(targetsFile, JSON.stringify(paths.map((path) => ({ targets: [address], labels: { __metrics_path__: path, path } }))));
    const paths = (points: readonly MetricPoint[]) =>
      new Set(points.filter(({ name }) => name === 'asked').map(({ labels }) => labels.path));
    list('/one');
    await using scraper = await scrape({ targetsFile });
    await scraper.kept.arrivedPoints((points) => paths(points).has('/one'));
    writeFileSync(targetsFile, 'broken');
    while (scraper.source.problem() === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(scraper.source.files?.(), 1);
    list('/two');
    await scraper.kept.arrivedPoints((points) => paths(points).has('/two'));
    assert.equal(scraper.source.files?.(), 1);
    assert.equal(scraper.source.problem(), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
