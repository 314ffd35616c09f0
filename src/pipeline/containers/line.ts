/** What is found in one line of a container's log file. One object is used again and again: nothing is made for a line. */
export interface Line {
  channel: Channel;
  /** The record goes on in the next line of this channel. */
  partial: boolean;
  /** The message is bytes[start, end) of what was read. */
  start: number;
  end: number;
  /** By Docker's json-file driver. */
  docker: boolean;
  /** NaN: none. */
  timeMs: number;
}

/** `unknown`: a line that no engine has written; it travels as it is. */
export const stdout = 0;
export const stderr = 1;
export const unknown = 2;
export type Channel = typeof stdout | typeof stderr | typeof unknown;

export const newLine = (): Line => ({ channel: unknown, partial: false, start: 0, end: 0, docker: false, timeMs: Number.NaN });

/** 0 or 1 when bytes[at, end) is `stdout` or `stderr`, otherwise `unknown`. */
export function channelOf(bytes: Uint8Array, at: number, end: number): Channel {
  // s t d
  if (end - at !== 6 || bytes[at] !== 0x73 || bytes[at + 1] !== 0x74 || bytes[at + 2] !== 0x64) return unknown;
  if (bytes[at + 3] === 0x6f && bytes[at + 4] === 0x75 && bytes[at + 5] === 0x74) return stdout;
  return bytes[at + 3] === 0x65 && bytes[at + 4] === 0x72 && bytes[at + 5] === 0x72 ? stderr : unknown;
}
