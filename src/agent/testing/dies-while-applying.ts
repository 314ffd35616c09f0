/** Takes an offered configuration and dies of it, as a crash would: `node dies-while-applying.ts DATADIR`. Prints what it reported at the start. */
import type { Part } from '../part.ts';
import { testParts } from './parts.ts';

const deadly: Part = {
  name: 'heartbeat',
  apply: async () => process.kill(process.pid, 'SIGKILL') as never, // does not return
};
const agent = await testParts({ dataDir: process.argv[2] ?? '.', others: [deadly] });
const { connection } = agent;
process.stdout.write(`${JSON.stringify(connection.statuses.map(({ hash, status }) => `${hash[0]} ${status}`))}\n`);
const before = connection.statuses.length;
agent.offer(9, 'heartbeat: {interval: 7s}');
while (connection.statuses.length === before || connection.statuses.at(-1)?.status === 'applying')
  await new Promise((resolve) => setTimeout(resolve, 5));
process.stdout.write(`${connection.statuses.at(-1)?.error}\n`);
await agent[Symbol.asyncDispose]();
