/** What transports tell the fleet, as it changes what we hold. */
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Detector } from '../liveness/detector.ts';
import { applyReport } from './apply-report.ts';
import type { FleetIntake } from './intake.ts';
import type { Interner } from './intern.ts';
import type { Roster } from './roster.ts';
import type { Writer } from './writer.ts';

export interface IntakeParts {
  readonly roster: Roster;
  readonly writer: Writer;
  readonly detector: Detector;
  readonly intern: Interner;
  readonly clock: Clock;
  readonly log: Log;
  readonly soon: () => void;
}

export function createIntake({ roster, writer, detector, intern, clock, log, soon }: IntakeParts): FleetIntake {
  return {
    heard(uid) {
      const agent = roster.present(uid);
      if (agent === undefined) return;
      agent.lastHeardMs = clock.monotonicMs();
      agent.lastHeardWallMs = clock.now();
      detector.beat(uid, agent.lastHeardMs);
      if (agent.record.liveness.state !== 'online') soon();
    },
    stopped(uid) {
      if (roster.present(uid) === undefined) return;
      detector.stopped(uid, clock.monotonicMs());
      soon();
    },
    report(uid, report) {
      const agent = roster.present(uid);
      if (agent === undefined) return;
      const said = applyReport(agent, report, intern);
      if (said.stored) writer.touch(uid);
      if (said.labels) detector.setPolicy(uid, roster.policy(agent.record));
      for (const kind of said.kinds) roster.emit({ kind, uid });
    },
    hostReport(uid, json) {
      const agent = roster.present(uid);
      if (agent === undefined) return;
      agent.keepHostReport(json);
      roster.emit({ kind: 'host', uid });
    },
    connected(uid, connection) {
      const agent = roster.present(uid);
      if (agent === undefined) return;
      agent.connection = connection;
      roster.emit({ kind: 'connection', uid });
    },
    disconnected(uid, connection) {
      const agent = roster.present(uid);
      if (agent === undefined || agent.connection !== connection) return;
      agent.connection = undefined;
      roster.emit({ kind: 'connection', uid });
    },
    conflict(uid, conflict) {
      const agent = roster.present(uid);
      if (agent === undefined || agent.conflict === conflict) return;
      agent.conflict = conflict;
      if (conflict !== undefined) log.event('fleet.conflict', { uid, name: agent.record.name, sentence: conflict.sentence });
      roster.emit({ kind: 'conflict', uid });
    },
    outages: (uid) => roster.emit({ kind: 'outages', uid }),
  };
}
