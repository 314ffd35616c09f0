/** Bounds of the catalog: nobody who may register can fill the memory or the disk. */
export const limits = {
  nodes: 50_000,
  services: 100_000,
  servicesPerNode: 5_000,
  checksPerService: 32,
  checksPerNode: 64,
  tags: 64,
  nameChars: 128,
  idChars: 256,
  tagChars: 256,
  addressChars: 255,
  notesChars: 1_024,
  /** Consul's own bounds of metadata: 64 pairs, keys of 128 and values of 512 characters. */
  metaPairs: 64,
  metaKeyChars: 128,
  metaValueChars: 512,
  /** Consul cuts outputs here too (check_output_max_size). */
  outputChars: 4_096,
  bodyBytes: 512 * 1024,
} as const;

export const boundedOutput = (text: string): string => (text.length > limits.outputChars ? text.slice(0, limits.outputChars) : text);
