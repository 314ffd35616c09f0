/** One agent in memory. A class, not an object with closures: there are ten thousand, and their methods are shared. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AgentLive, AgentRecord, ComponentHealth, Conflict, ConnectionFacts } from './agent.ts';

const nothing: readonly never[] = Object.freeze([]);
const noFiles: Readonly<Record<string, string>> = Object.freeze({});

export class LiveAgent implements AgentLive {
  record: AgentRecord;
  lastHeardMs: number | undefined = undefined;
  lastHeardWallMs: number | undefined = undefined;
  connection: ConnectionFacts | undefined = undefined;
  conflict: Conflict | undefined = undefined;
  health: readonly ComponentHealth[] = nothing;
  effectiveConfig: Readonly<Record<string, string>> = noFiles;
  /** Raw deflate of JSON: a report of 10 KiB costs 2 KiB this way and some 50 KiB as objects. */
  packedHostReport: Buffer | undefined = undefined;
  /** While its removal is being stored: what it still says must not bring it back. */
  leaving = false;

  constructor(record: AgentRecord) {
    this.record = record;
  }

  get hostReport(): unknown {
    return this.packedHostReport === undefined ? undefined : JSON.parse(inflateRawSync(this.packedHostReport).toString());
  }

  keepHostReport(json: string): void {
    this.packedHostReport = deflateRawSync(json, { level: 3 });
  }
}
