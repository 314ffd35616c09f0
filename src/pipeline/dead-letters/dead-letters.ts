/** Records that a receiver will never take, kept with the reason. */
export interface DeadLetter {
  readonly sink: string;
  /** What the receiver said, as a sentence. */
  readonly reason: string;
  readonly source: string;
  /** Identity of the record. */
  readonly generation: string;
  readonly position: number;
  readonly bytes: Uint8Array;
}

export interface DeadLetters {
  /** Copies the bytes before it returns. Resolves when it is synced to disk; waits while the disk is full. Never rejects. */
  put(letters: readonly DeadLetter[]): Promise<void>;
}
