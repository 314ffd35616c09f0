/**
 * What the server remembers of its exchange with one agent, and what follows for the next answer. Pure: a message's facts and a
 * time in, the next standing and the decisions out. It lives as long as this server runs; what must survive is in the record.
 *
 * opamp-spec, "Agent Status Compression": an agent leaves out what did not change, which is right only as long as the server has
 * got every message before; `sequence_num` tells.
 */
export interface Standing {
  /** Of the last message; undefined: none came since this server started. */
  readonly sequence: bigint | undefined;
  /** The series that the last gap left. A message that continues it shows that two agents speak with one identity. */
  readonly parked: bigint | undefined;
  /** How often the two series crossed, and when last. */
  readonly crossings: number;
  readonly crossedAtMs: number;
  /** Nothing was missed since a full state: what we hold is what the agent has. */
  readonly complete: boolean;
  /** The full state was asked for and has not come yet. */
  readonly asked: boolean;
  readonly askedAtMs: number;
  /** The hash of its configuration in our record is what the agent has, not what it had before something was missed. */
  readonly configKnown: boolean;
  readonly offered: Offered | undefined;
  readonly settingsOffered: (Offered & { readonly heartbeatIntervalMs: number }) | undefined;
}

/** What was sent last, and on which connection: over a new one it may have been lost. */
export interface Offered {
  readonly hash: string;
  readonly atMs: number;
  readonly connection: number;
}

export const fresh: Standing = {
  sequence: undefined,
  parked: undefined,
  crossings: 0,
  crossedAtMs: 0,
  complete: false,
  asked: false,
  askedAtMs: 0,
  configKnown: false,
  offered: undefined,
  settingsOffered: undefined,
};

/** What of a message matters here. */
export interface MessageFacts {
  readonly sequence: bigint;
  readonly description: boolean;
  readonly configStatus: boolean;
}

export interface Heard {
  readonly standing: Standing;
  /** Set the flag ReportFullState in the answer. */
  readonly askFullState: boolean;
  /** The message is the agent's full state, so that a part that is missing is one that it does not have. */
  readonly full: boolean;
  /** The message continues the series that was parked. */
  readonly crossed: boolean;
}

/** Asking again while the answer may be on its way would make an agent that reports no description answer in a tight loop. */
export const askAgainMs = 5_000;

export function hear(before: Standing, message: MessageFacts, nowMs: number): Heard {
  const gap = before.sequence === undefined || message.sequence !== before.sequence + 1n;
  const crossed = gap && before.parked !== undefined && message.sequence === before.parked + 1n;
  // A client that begins counts from 0 or 1 and reports everything at once.
  const beginning = message.sequence <= 1n;
  const full = message.description && (before.asked || beginning);
  const complete = full || (before.complete && !gap);
  const askFullState = !complete && (gap || nowMs - before.askedAtMs >= askAgainMs);
  return {
    askFullState,
    full,
    crossed,
    standing: {
      ...before,
      sequence: message.sequence,
      parked: gap ? before.sequence : before.parked,
      crossings: crossed ? before.crossings + 1 : before.crossings,
      crossedAtMs: crossed ? nowMs : before.crossedAtMs,
      complete,
      asked: !complete && (before.asked || askFullState),
      askedAtMs: askFullState ? nowMs : before.askedAtMs,
      configKnown: full || message.configStatus || (before.configKnown && !gap),
    },
  };
}

/** Crossings that are no accident: a proxy that delivers late or a client that resends makes one, hardly three. */
export const conflictCrossings = 3;

/** Two speak with this identity. Over when they did not cross for a while. */
export function inConflict(standing: Standing, nowMs: number, lastsMs: number): boolean {
  return standing.crossings >= conflictCrossings && nowMs - standing.crossedAtMs <= lastsMs;
}

export type ConfigStep = 'nothing' | 'offer' | 'ask-first';

/** The same configuration is not sent again on one connection before this: an agent that is applying it may say other things meanwhile. */
export const offerAgainMs = 15_000;

/**
 * Whether the configuration is to be sent. The hash alone decides, whatever the status: an agent that failed to apply this very
 * configuration has its hash, and gets it again only as another version (opamp-spec, "Configuration"; servers that compared the
 * status looped).
 */
export function configStep(
  standing: Standing,
  agent: { readonly accepts: boolean; readonly reports: boolean; readonly hash: string },
  desired: string | undefined,
  connection: number,
  nowMs: number,
): ConfigStep {
  if (!agent.accepts || desired === undefined) return 'nothing';
  if (agent.reports && !standing.configKnown) return agent.hash === desired ? 'nothing' : 'ask-first';
  if (agent.hash === desired) return 'nothing';
  return justOffered(standing.offered, desired, connection, nowMs) ? 'nothing' : 'offer';
}

function justOffered(offered: Offered | undefined, hash: string, connection: number, nowMs: number): boolean {
  return offered !== undefined && offered.hash === hash && offered.connection === connection && nowMs - offered.atMs < offerAgainMs;
}

/** A connection offer that failed is not repeated before this: nothing has changed, and every try costs the agent a connection. */
export const settingsAgainMs = 3_600_000;

/** Whether the agent is to be told another heartbeat interval. */
export function settingsDue(
  standing: Standing,
  agent: { readonly accepts: boolean; readonly told: number | undefined },
  wantedMs: number,
  nowMs: number,
): boolean {
  if (!agent.accepts || agent.told === undefined || agent.told === wantedMs) return false;
  const last = standing.settingsOffered;
  return last === undefined || last.heartbeatIntervalMs !== wantedMs || nowMs - last.atMs >= settingsAgainMs;
}
