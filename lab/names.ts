/** Subnets of the engine's own choice; topologies name theirs elsewhere in 172.16.0.0/12. */
export const defaultBridge = { subnet: '172.30.0.0/16', gateway: '172.30.0.1' } as const;

/** The image that is in every engine of the lab. */
export const imageTag = 'fairlead-lab:1';
