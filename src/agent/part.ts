/** What the parts of an agent have in common: how they are configured while they run, and how they say how they are. */

/**
 * A part that a configuration can change while it runs. `name` is the section of the settings that it understands, and its
 * component in the health tree.
 */
export interface Part {
  readonly name: string;
  /**
   * Makes `next`, the parsed section, what runs; only what differs is touched. Rejects when that is impossible, and must then
   * have left things so that `apply` with the section before works. Calls never overlap. `sections` are all that are to run, for a part
   * whose sections have to change together.
   */
  apply(next: unknown, sections: Readonly<Record<string, unknown>>): Promise<void>;
}

/** How one component is. `pending`: it was started and has not yet shown whether it works; it counts as healthy. */
export interface ComponentState {
  readonly healthy: boolean;
  readonly pending?: boolean;
  /** One or two words: `up`, `down`, `running`. */
  readonly status: string;
  readonly lastError?: string;
}

/** Where components say how they are: `links/orders-kafka`, at most 4 names deep. */
export interface HealthSink {
  set(path: string, state: ComponentState): void;
  remove(path: string): void;
}
