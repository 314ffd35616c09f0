/** The receiver: librdkafka's mock cluster of three brokers, anew for every run. */
import { type MockCluster, missingForMock, startMock } from '../../lab/kafka/mock.ts';

export interface Cluster extends AsyncDisposable {
  readonly brokers: string;
}

export async function startCluster(topic: string, partitions: number): Promise<Cluster> {
  const missing = missingForMock();
  if (missing !== undefined) throw new Error(`no mock cluster: ${missing}`);
  const mock: MockCluster = await startMock(3);
  await mock.topic(topic, partitions, 3);
  return { brokers: mock.bootstrap, [Symbol.asyncDispose]: () => mock[Symbol.asyncDispose]() };
}
