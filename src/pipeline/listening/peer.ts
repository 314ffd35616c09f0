/** The address of a peer as a JSON string, IPv4 as IPv4 when it came through a socket for both. */
export const peerJson = (address: string | undefined): Buffer =>
  Buffer.from(JSON.stringify((address ?? '').replace(/^::ffff:(?=\d+\.)/, '')));

/** Datagrams come from few senders: their texts are kept. As many as senders that an agent has, and then begun anew. */
const maxKept = 10_000;

export function peerTexts(): (address: string) => Buffer {
  const known = new Map<string, Buffer>();
  return (address) => {
    const text = known.get(address);
    if (text !== undefined) return text;
    if (known.size >= maxKept) known.clear();
    const made = peerJson(address);
    known.set(address, made);
    return made;
  };
}
